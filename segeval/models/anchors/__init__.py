"""Shapes of anchors that suit a data set, from k-means; needs no PyTorch."""
