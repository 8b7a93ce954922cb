"""Synthetic data sets: furniture in rooms with two imaginary models, and pictures to train on."""

from segeval.data.synthetic.panoptic import write_panoptic
from segeval.data.synthetic.pictures import DrawnPictures, classes_text, draw_pictures
from segeval.data.synthetic.rooms import NAMES, SyntheticSet, furniture

__all__ = [
    "NAMES",
    "DrawnPictures",
    "SyntheticSet",
    "classes_text",
    "draw_pictures",
    "furniture",
    "write_panoptic",
]
