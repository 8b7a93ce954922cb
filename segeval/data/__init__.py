"""Ground truth and predictions as columns: reading, writing, checking."""

from segeval.data.check import check
from segeval.data.classes import LabelClasses, label_classes
from segeval.data.cocofy import Cocofied, cocofy
from segeval.data.columns import Categories, GroundTruth, IdLists, Images, Predictions
from segeval.data.findings import CheckReport, Finding, GroundTruthSummary, PredictionsSummary
from segeval.data.memory import predictions_from_arrays
from segeval.data.panoptic import PanopticSegments, load_panoptic
from segeval.data.panoptic_instances import panoptic_to_instances
from segeval.data.read_ground_truth import load_ground_truth
from segeval.data.read_predictions import load_predictions
from segeval.data.segments import Format, Segments
from segeval.data.write import save_ground_truth, save_predictions

__all__ = [
    "Categories",
    "CheckReport",
    "Cocofied",
    "Finding",
    "Format",
    "GroundTruth",
    "GroundTruthSummary",
    "IdLists",
    "Images",
    "LabelClasses",
    "PanopticSegments",
    "Predictions",
    "PredictionsSummary",
    "Segments",
    "check",
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
