"""Ground truth and predictions as columns: reading and writing."""

from segeval.data.coco.cocofy import Cocofied, cocofy
from segeval.data.coco.from_arrays import predictions_from_arrays
from segeval.data.coco.read_ground_truth import load_ground_truth
from segeval.data.coco.read_predictions import load_predictions
from segeval.data.coco.write import save_ground_truth, save_predictions
from segeval.data.columns import Categories, GroundTruth, IdLists, Images, Predictions
from segeval.data.label_maps.classes import LabelClasses, label_classes
from segeval.data.panoptic.columns import PanopticSegments
from segeval.data.panoptic.instances import panoptic_to_instances
from segeval.data.panoptic.read import load_panoptic
from segeval.data.segmentations import Format, Segmentations

__all__ = [
    "Categories",
    "Cocofied",
    "Format",
    "GroundTruth",
    "IdLists",
    "Images",
    "LabelClasses",
    "PanopticSegments",
    "Predictions",
    "Segmentations",
    "cocofy",
    "label_classes",
    "load_ground_truth",
    "load_panoptic",
    "load_predictions",
    "panoptic_to_instances",
    "predictions_from_arrays",
    "save_ground_truth",
    "save_predictions",
]
