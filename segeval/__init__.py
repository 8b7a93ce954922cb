"""Evaluation of segmentation predictions: average precision and its kin.

Names are loaded on first use, so `import segeval` costs almost nothing.
"""

from __future__ import annotations

from importlib import import_module
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
    "FormatError",
    "GroundTruth",
    "InputError",
    "Matches",
    "MeanIoUResult",
    "MismatchError",
    "MissingDependency",
    "Note",
    "OpenImagesResult",
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
    "data",
    "errors",
    "limits",
    "load_ground_truth",
    "load_predictions",
    "masks",
    "match",
    "mean_iou",
    "metrics",
    "models",
    "open_images_ap",
    "panoptic_quality",
    "plots",
    "save_ground_truth",
    "save_predictions",
]

if TYPE_CHECKING:
    from segeval import analysis, checks, data, errors, limits, masks, metrics, models, plots
    from segeval.checks.search import check
    from segeval.data.coco.read_ground_truth import load_ground_truth
    from segeval.data.coco.read_predictions import load_predictions
    from segeval.data.coco.write import save_ground_truth, save_predictions
    from segeval.data.columns import GroundTruth, Predictions
    from segeval.metrics.cityscapes.average_precision import cityscapes_ap
    from segeval.metrics.cityscapes.result import CityscapesResult
    from segeval.metrics.coco.average_precision import average_precision, match
    from segeval.metrics.coco.matches import Matches
    from segeval.metrics.coco.result import APResult
    from segeval.metrics.open_images.average_precision import open_images_ap
    from segeval.metrics.open_images.result import OpenImagesResult
    from segeval.metrics.panoptic.quality import panoptic_quality
    from segeval.metrics.panoptic.result import PanopticResult
    from segeval.metrics.semantic.mean_iou import mean_iou
    from segeval.metrics.semantic.result import MeanIoUResult
else:
    # One line per import above: static tools read those, the interpreter these.
    _HOMES = {
        "APResult": "segeval.metrics.coco.result",
        "CityscapesResult": "segeval.metrics.cityscapes.result",
        "GroundTruth": "segeval.data.columns",
        "Matches": "segeval.metrics.coco.matches",
        "MeanIoUResult": "segeval.metrics.semantic.result",
        "OpenImagesResult": "segeval.metrics.open_images.result",
        "PanopticResult": "segeval.metrics.panoptic.result",
        "Predictions": "segeval.data.columns",
        "average_precision": "segeval.metrics.coco.average_precision",
        "check": "segeval.checks.search",
        "cityscapes_ap": "segeval.metrics.cityscapes.average_precision",
        "load_ground_truth": "segeval.data.coco.read_ground_truth",
        "load_predictions": "segeval.data.coco.read_predictions",
        "match": "segeval.metrics.coco.average_precision",
        "mean_iou": "segeval.metrics.semantic.mean_iou",
        "open_images_ap": "segeval.metrics.open_images.average_precision",
        "panoptic_quality": "segeval.metrics.panoptic.quality",
        "save_ground_truth": "segeval.data.coco.write",
        "save_predictions": "segeval.data.coco.write",
    }
    _ROOMS = ("analysis", "checks", "data", "limits", "masks", "metrics", "models", "plots")

    def __getattr__(name):
        """Load a public name from where it lives, on first use."""
        if name in _HOMES:
            value = getattr(import_module(_HOMES[name]), name)
        elif name in _ROOMS:
            value = import_module(f"segeval.{name}")
        else:
            raise AttributeError(f"module 'segeval' has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
