"""Building blocks of the models: functions of tensors, named as in their papers."""

from segeval.models.ops.boxes import box_iou, clip_boxes, decode_boxes, encode_boxes
from segeval.models.ops.nms import class_wise_nms, nms
from segeval.models.ops.pasting import paste_masks
from segeval.models.ops.points import (
    cell_centres,
    class_uncertainty,
    grid_points,
    mask_uncertainty,
    points_in_image,
    sample_in_boxes,
    sample_points,
    uncertain_points,
)
from segeval.models.ops.roi_align import roi_align
from segeval.models.ops.subdivision import first_grid, subdivide, subdivide_classes

__all__ = [
    "box_iou",
    "cell_centres",
    "class_uncertainty",
    "class_wise_nms",
    "clip_boxes",
    "decode_boxes",
    "encode_boxes",
    "first_grid",
    "grid_points",
    "mask_uncertainty",
    "nms",
    "paste_masks",
    "points_in_image",
    "roi_align",
    "sample_in_boxes",
    "sample_points",
    "subdivide",
    "subdivide_classes",
    "uncertain_points",
]
