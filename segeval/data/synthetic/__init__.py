"""A synthetic data set: furniture in rooms, and two imaginary models that look at it."""

from segeval.data.synthetic.rooms import NAMES, SyntheticSet, furniture

__all__ = ["NAMES", "SyntheticSet", "furniture"]
