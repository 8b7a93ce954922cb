"""Cityscapes: labels, file names, and instances as run-length masks."""
