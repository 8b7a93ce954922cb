"""Run-length masks, and operations on them without dense images."""

from segeval.masks.boolean import canonical, difference, intersection, merge, union
from segeval.masks.boundary import boundary, boundary_iou, boundary_width
from segeval.masks.dense import decode, decode_one, encode
from segeval.masks.measure import area, boxes, check_totals
from segeval.masks.overlap import intersection_areas, mask_iou
from segeval.masks.polygons import Polygons, rasterise
from segeval.masks.run_lengths import RunLengths, concatenate
from segeval.masks.strings import CompressedMasks, compress
from segeval.masks.transform import crop, flip_horizontal, flip_vertical

__all__ = [
    "CompressedMasks",
    "Polygons",
    "RunLengths",
    "area",
    "boundary",
    "boundary_iou",
    "boundary_width",
    "boxes",
    "canonical",
    "check_totals",
    "compress",
    "concatenate",
    "crop",
    "decode",
    "decode_one",
    "difference",
    "encode",
    "flip_horizontal",
    "flip_vertical",
    "intersection",
    "intersection_areas",
    "mask_iou",
    "merge",
    "rasterise",
    "union",
]
