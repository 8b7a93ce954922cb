"""How good are segmentation predictions: average precision, and what is behind it.

Names are loaded when they are first used, so that `import segeval` costs almost nothing.
"""

from __future__ import annotations

from importlib import import_module
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

__version__ = "0.1.0"

__all__ = [
    "APResult",
    "FormatError",
    "GroundTruth",
    "InputError",
    "MismatchError",
    "MissingDependency",
    "Note",
    "Predictions",
    "SegevalError",
    "ShapeError",
    "__version__",
    "average_precision",
    "check",
    "data",
    "errors",
    "load_ground_truth",
    "load_predictions",
    "masks",
    "metrics",
    "plots",
    "save_ground_truth",
    "save_predictions",
]

if TYPE_CHECKING:
    from segeval import data, errors, masks, metrics, plots
    from segeval.data.check import check
    from segeval.data.columns import GroundTruth, Predictions
    from segeval.data.read_ground_truth import load_ground_truth
    from segeval.data.read_predictions import load_predictions
    from segeval.data.write import save_ground_truth, save_predictions
    from segeval.metrics.average_precision import average_precision
    from segeval.metrics.result import APResult
else:
    # One line per import above: static tools read those, the interpreter these.
    _HOMES = {
        "APResult": "segeval.metrics.result",
        "GroundTruth": "segeval.data.columns",
        "Predictions": "segeval.data.columns",
        "average_precision": "segeval.metrics.average_precision",
        "check": "segeval.data.check",
        "load_ground_truth": "segeval.data.read_ground_truth",
        "load_predictions": "segeval.data.read_predictions",
        "save_ground_truth": "segeval.data.write",
        "save_predictions": "segeval.data.write",
    }
    _ROOMS = ("data", "masks", "metrics", "plots")

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
