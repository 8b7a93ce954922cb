"""Folders of Pascal VOC: boxes in XML files, objects and classes in pictures with a palette."""
