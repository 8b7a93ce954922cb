"""Training: the data, the updates, and what a run keeps."""
