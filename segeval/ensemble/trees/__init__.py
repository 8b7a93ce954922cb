"""Trees of models: operators on operators."""
