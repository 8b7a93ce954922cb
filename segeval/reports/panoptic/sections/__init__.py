"""One file per section of the page of panoptic files."""
