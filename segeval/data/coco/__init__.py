"""COCO and LVIS files: reading, refusals with reasons, and writing."""
