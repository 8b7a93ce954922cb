"""Numbers for other weights of the images: what intervals and comparisons are made from."""
