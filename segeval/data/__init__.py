"""Ground truth and predictions as columns: reading, writing, checking."""

from segeval.data.check import check
from segeval.data.columns import Categories, GroundTruth, IdLists, Images, Predictions
from segeval.data.findings import CheckReport, Finding, GroundTruthSummary, PredictionsSummary
from segeval.data.memory import predictions_from_arrays
from segeval.data.read_ground_truth import load_ground_truth
from segeval.data.read_predictions import load_predictions
from segeval.data.segments import Format, Segments
from segeval.data.write import save_ground_truth, save_predictions

__all__ = [
    "Categories",
    "CheckReport",
    "Finding",
    "Format",
    "GroundTruth",
    "GroundTruthSummary",
    "IdLists",
    "Images",
    "Predictions",
    "PredictionsSummary",
    "Segments",
    "check",
    "load_ground_truth",
    "load_predictions",
    "predictions_from_arrays",
    "save_ground_truth",
    "save_predictions",
]
