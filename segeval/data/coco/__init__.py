"""COCO and LVIS files: ground truth and results, read, refused with reasons, and written."""
