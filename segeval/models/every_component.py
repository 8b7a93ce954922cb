"""Components by name: those of networks, and those that training data and anchors are made with.

Whoever imports this module has all built-in components at hand.
"""

from segeval.models.anchors import clusters
from segeval.models.networks import tsd_components
from segeval.models.networks.building import component, public_names
from segeval.models.training import copy_paste, mixing, mosaic, rotate

__all__ = [
    "clusters",
    "component",
    "copy_paste",
    "mixing",
    "mosaic",
    "public_names",
    "rotate",
    "tsd_components",
]
