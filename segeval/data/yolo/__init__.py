"""Text files of YOLO: an object per line, in fractions of the image."""
