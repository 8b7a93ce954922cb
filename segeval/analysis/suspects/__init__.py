"""Label suspects: what models are sure of and the ground truth does not have."""
