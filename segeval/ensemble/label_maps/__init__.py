"""One set of label maps from those of several models: each pixel by a weighted vote."""
