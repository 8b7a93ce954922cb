"""The CSV files of Open Images: boxes, masks, verified labels, predictions; and the class tree."""

from segeval.data.open_images.columns import OpenImagesGroundTruth, OpenImagesPredictions
from segeval.data.open_images.from_coco import coco_to_open_images
from segeval.data.open_images.read import (
    load_open_images_ground_truth,
    load_open_images_predictions,
)
from segeval.data.open_images.to_coco import (
    load_class_ids,
    load_image_sizes,
    open_images_to_coco,
)
from segeval.data.open_images.tree import ClassTree, load_class_tree

__all__ = [
    "ClassTree",
    "OpenImagesGroundTruth",
    "OpenImagesPredictions",
    "coco_to_open_images",
    "load_class_ids",
    "load_class_tree",
    "load_image_sizes",
    "load_open_images_ground_truth",
    "load_open_images_predictions",
    "open_images_to_coco",
]
