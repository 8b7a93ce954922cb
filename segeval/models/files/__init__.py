"""What models are stored in: weights, and the configuration beside them."""
