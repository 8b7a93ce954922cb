"""Evaluation of segmentation predictions: average precision and its kin.

Names are loaded on first use, so `import segeval` costs almost nothing.
"""

from __future__ import annotations

from pathlib import Path as _Path
from typing import TYPE_CHECKING

from segeval.errors import (
    FormatError,
    InputError,
    MismatchError,
    MissingDependency,
    Note,
    SegevalError,
    ShapeError,
)
from segeval.first_use import on_first_use
from segeval.version import __version__

if (_Path(__file__).parent / "similarity").is_dir():
    # Removing either package would break the other.
    raise ImportError(
        f"{_Path(__file__).parent} also holds another project's package segeval, which is for "
        "text segmentation: pip uninstall segeval segeval-cv, then pip install segeval-cv"
    )

__all__ = [
    "APResult",
    "CityscapesResult",
    "Comparison",
    "ConceptF1Result",
    "Ensemble",
    "ErrorKinds",
    "FormatError",
    "GroundTruth",
    "IdMapsResult",
    "InputError",
    "LabelErrors",
    "LabelMapMetric",
    "Matches",
    "MeanIoUResult",
    "Metric",
    "MismatchError",
    "MissingDependency",
    "Note",
    "OpenImagesResult",
    "PanopticErrors",
    "PanopticMetric",
    "PanopticResult",
    "Predictions",
    "SegevalError",
    "ShapeError",
    "__version__",
    "analysis",
    "average_precision",
    "check",
    "checks",
    "cityscapes_ap",
    "compare",
    "compat",
    "concept_f1",
    "data",
    "ensemble",
    "error_kinds",
    "errors",
    "fuse",
    "fuse_label_maps",
    "id_maps_ap",
    "label_errors",
    "limits",
    "load_ground_truth",
    "load_predictions",
    "masks",
    "match",
    "mean_iou",
    "metrics",
    "models",
    "open_images_ap",
    "operating_point",
    "oracles",
    "panoptic_errors",
    "panoptic_quality",
    "pictures",
    "plots",
    "report",
    "reports",
    "rescore",
    "sampling",
    "save_ground_truth",
    "save_predictions",
]

if TYPE_CHECKING:
    from segeval import (
        analysis,
        checks,
        compat,
        data,
        ensemble,
        errors,
        limits,
        masks,
        metrics,
        models,
        pictures,
        plots,
        reports,
        rescore,
        sampling,
    )  # fmt: skip
    from segeval.analysis.comparison.compare import compare
    from segeval.analysis.comparison.result import Comparison
    from segeval.analysis.errors.error_kinds import error_kinds
    from segeval.analysis.errors.label_maps import label_errors
    from segeval.analysis.errors.label_result import LabelErrors
    from segeval.analysis.errors.panoptic_errors import panoptic_errors
    from segeval.analysis.errors.panoptic_result import PanopticErrors
    from segeval.analysis.errors.result import ErrorKinds
    from segeval.analysis.oracles.upper_bounds import oracles
    from segeval.analysis.thresholds.operating_point import operating_point
    from segeval.checks.search import check
    from segeval.data.coco.read_ground_truth import load_ground_truth
    from segeval.data.coco.read_predictions import load_predictions
    from segeval.data.coco.write import save_ground_truth, save_predictions
    from segeval.data.columns import GroundTruth, Predictions
    from segeval.ensemble.fusing import fuse
    from segeval.ensemble.label_maps.fusing import fuse_label_maps
    from segeval.ensemble.result import Ensemble
    from segeval.metrics.cityscapes.average_precision import cityscapes_ap
    from segeval.metrics.cityscapes.result import CityscapesResult
    from segeval.metrics.coco.average_precision import average_precision, match
    from segeval.metrics.coco.matches import Matches
    from segeval.metrics.coco.result import APResult
    from segeval.metrics.concepts.concept_f1 import concept_f1
    from segeval.metrics.concepts.result import ConceptF1Result
    from segeval.metrics.id_maps.average_precision import id_maps_ap
    from segeval.metrics.id_maps.result import IdMapsResult
    from segeval.metrics.loop.label_maps import LabelMapMetric
    from segeval.metrics.loop.metric import Metric
    from segeval.metrics.loop.panoptic import PanopticMetric
    from segeval.metrics.open_images.average_precision import open_images_ap
    from segeval.metrics.open_images.result import OpenImagesResult
    from segeval.metrics.panoptic.quality import panoptic_quality
    from segeval.metrics.panoptic.result import PanopticResult
    from segeval.metrics.semantic.mean_iou import mean_iou
    from segeval.metrics.semantic.result import MeanIoUResult
    from segeval.reports.making import report
else:
    __getattr__ = on_first_use(
        __name__,
        {
            "analysis.comparison.compare": "compare",
            "analysis.comparison.result": "Comparison",
            "analysis.errors.error_kinds": "error_kinds",
            "analysis.errors.label_maps": "label_errors",
            "analysis.errors.label_result": "LabelErrors",
            "analysis.errors.panoptic_errors": "panoptic_errors",
            "analysis.errors.panoptic_result": "PanopticErrors",
            "analysis.errors.result": "ErrorKinds",
            "analysis.oracles.upper_bounds": "oracles",
            "analysis.thresholds.operating_point": "operating_point",
            "checks.search": "check",
            "data.coco.read_ground_truth": "load_ground_truth",
            "data.coco.read_predictions": "load_predictions",
            "data.coco.write": "save_ground_truth save_predictions",
            "data.columns": "GroundTruth Predictions",
            "ensemble.fusing": "fuse",
            "ensemble.label_maps.fusing": "fuse_label_maps",
            "ensemble.result": "Ensemble",
            "metrics.cityscapes.average_precision": "cityscapes_ap",
            "metrics.cityscapes.result": "CityscapesResult",
            "metrics.coco.average_precision": "average_precision match",
            "metrics.coco.matches": "Matches",
            "metrics.coco.result": "APResult",
            "metrics.concepts.concept_f1": "concept_f1",
            "metrics.concepts.result": "ConceptF1Result",
            "metrics.id_maps.average_precision": "id_maps_ap",
            "metrics.id_maps.result": "IdMapsResult",
            "metrics.loop.label_maps": "LabelMapMetric",
            "metrics.loop.metric": "Metric",
            "metrics.loop.panoptic": "PanopticMetric",
            "metrics.open_images.average_precision": "open_images_ap",
            "metrics.open_images.result": "OpenImagesResult",
            "metrics.panoptic.quality": "panoptic_quality",
            "metrics.panoptic.result": "PanopticResult",
            "metrics.semantic.mean_iou": "mean_iou",
            "metrics.semantic.result": "MeanIoUResult",
            "reports.making": "report",
        },
        modules="analysis checks compat data ensemble limits masks metrics models "
        "pictures plots reports rescore sampling",
    )


def __dir__() -> list[str]:
    return __all__
