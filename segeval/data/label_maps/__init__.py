"""Label maps: reading and writing, pairs, and classes."""
