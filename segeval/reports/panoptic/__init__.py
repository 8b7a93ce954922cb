"""The page of panoptic files: everything that is known of their segments."""
