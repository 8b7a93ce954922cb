"""Files of models: weights, and what they say about the model."""
