"""What models are worth, and what their scores are multiplied by."""
