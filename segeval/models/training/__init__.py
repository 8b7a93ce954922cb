"""Training: what is learned from, and how."""
