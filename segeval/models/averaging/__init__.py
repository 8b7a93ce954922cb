"""The mean of several files of weights, tensor by tensor; needs no PyTorch but for its files."""
