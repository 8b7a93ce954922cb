"""The page of instances: everything that is known of files in COCO's or LVIS's format."""
