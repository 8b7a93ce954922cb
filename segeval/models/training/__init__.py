"""Training: data, updates, and the files of a run."""
