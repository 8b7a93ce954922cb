"""PointRend in PyTorch: models that predict masks. Nothing but the command line imports them."""
