"""Files of models: weights and metadata."""
