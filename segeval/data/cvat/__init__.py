"""XML files of CVAT for images, version 1.1."""
