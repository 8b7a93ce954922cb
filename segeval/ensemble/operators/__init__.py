"""What makes one set of predictions from a pool: suppression, votes, fusion in clusters."""
