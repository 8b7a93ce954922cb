"""Run-length masks, and operations on them without dense images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use

if TYPE_CHECKING:
    from segeval.masks.boolean import canonical, difference, intersection, merge, union
    from segeval.masks.boundaries import boundary, boundary_iou, boundary_width
    from segeval.masks.dense import decode, decode_one, encode
    from segeval.masks.measure import area, boxes, check_totals
    from segeval.masks.overlap import intersection_areas, mask_iou
    from segeval.masks.placing import paste
    from segeval.masks.polygons import Polygons, rasterise
    from segeval.masks.resizing import resize
    from segeval.masks.run_lengths import RunLengths, concatenate
    from segeval.masks.strings import CompressedMasks, compress
    from segeval.masks.tracing import Outlines, outlines
    from segeval.masks.transform import crop, flip_horizontal, flip_vertical
    from segeval.masks.values import encode_values
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "boolean": "canonical difference intersection merge union",
            "boundaries": "boundary boundary_iou boundary_width",
            "dense": "decode decode_one encode",
            "measure": "area boxes check_totals",
            "overlap": "intersection_areas mask_iou",
            "placing": "paste",
            "polygons": "Polygons rasterise",
            "resizing": "resize",
            "run_lengths": "RunLengths concatenate",
            "strings": "CompressedMasks compress",
            "tracing": "Outlines outlines",
            "transform": "crop flip_horizontal flip_vertical",
            "values": "encode_values",
        },
    )

__all__ = [
    "CompressedMasks",
    "Outlines",
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
    "encode_values",
    "flip_horizontal",
    "flip_vertical",
    "intersection",
    "intersection_areas",
    "mask_iou",
    "merge",
    "outlines",
    "paste",
    "rasterise",
    "resize",
    "union",
]


def __dir__() -> list[str]:
    return __all__
