"""Components by name: those of networks, and those that training data and anchors are made with.

Whoever imports this module has all built-in components at hand.
"""

from segeval.models.anchors import clusters
from segeval.models.networks.building import component, public_names
from segeval.models.networks.tsd import components as tsd_components
from segeval.models.training import copy_paste, crop_data, mixing, mosaic, rotate, sampling

__all__ = [
    "clusters",
    "component",
    "copy_paste",
    "crop_data",
    "mixing",
    "mosaic",
    "public_names",
    "rotate",
    "sampling",
    "tsd_components",
]
