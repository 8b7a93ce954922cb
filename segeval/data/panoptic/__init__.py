"""COCO panoptic files: segments in JSON, ids in pictures."""
