"""What ground truth or the user decides of a merge, by any part of the images."""
