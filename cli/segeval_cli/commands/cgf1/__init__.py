"""`segeval cgf1`: classification-gated F1 of phrases."""
