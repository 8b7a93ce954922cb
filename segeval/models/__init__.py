"""PointRend in PyTorch: models that predict masks. Only the command line imports them.

PyTorch is loaded when a name of this room is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from segeval.models.extra import NEEDED, missing

__all__ = [
    "Config",
    "Loaded",
    "PredictionOptions",
    "build",
    "load",
    "ops",
    "predict_images",
    "read_config",
    "register_backbone",
    "register_detector",
    "register_mask_head",
    "register_semantic_head",
    "runs_of_masks",
    "save",
    "to_predictions",
]

if TYPE_CHECKING:
    from segeval.models import ops
    from segeval.models.config import Config, read_config
    from segeval.models.files.model_file import Loaded, load, save
    from segeval.models.networks.building import build
    from segeval.models.networks.registry import (
        register_backbone,
        register_detector,
        register_mask_head,
        register_semantic_head,
    )
    from segeval.models.ops.runs import runs_of_masks
    from segeval.models.predict.inference import predict_images
    from segeval.models.predict.options import PredictionOptions
    from segeval.models.predict.predictions import to_predictions
else:
    _HOMES = {
        "Config": "segeval.models.config",
        "Loaded": "segeval.models.files.model_file",
        "PredictionOptions": "segeval.models.predict.options",
        "build": "segeval.models.networks.building",
        "load": "segeval.models.files.model_file",
        "predict_images": "segeval.models.predict.inference",
        "read_config": "segeval.models.config",
        "register_backbone": "segeval.models.networks.registry",
        "register_detector": "segeval.models.networks.registry",
        "register_mask_head": "segeval.models.networks.registry",
        "register_semantic_head": "segeval.models.networks.registry",
        "runs_of_masks": "segeval.models.ops.runs",
        "save": "segeval.models.files.model_file",
        "to_predictions": "segeval.models.predict.predictions",
    }

    def __getattr__(name):
        """Import a public name on first use."""
        if name not in __all__:
            raise AttributeError(f"module 'segeval.models' has no attribute {name!r}")
        try:
            home = import_module(_HOMES.get(name, f"segeval.models.{name}"))
        except ModuleNotFoundError as error:
            if error.name not in NEEDED:
                raise
            raise missing([error.name]) from error
        value = getattr(home, name) if name in _HOMES else home
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
