"""Models that predict masks, in PyTorch. Only the command line imports them.

PyTorch is loaded when a name of this room is first used; averages of files need none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.first_use import on_first_use
from segeval.models.extra import NEEDED, missing

__all__ = [
    "Averaged",
    "Config",
    "Loaded",
    "PredictionOptions",
    "Soup",
    "average_checkpoints",
    "build",
    "component",
    "ema_of_checkpoints",
    "ema_update",
    "greedy_soup",
    "load",
    "ops",
    "predict_images",
    "public_names",
    "read_config",
    "register_backbone",
    "register_classifier",
    "register_component",
    "register_detector",
    "register_mask_head",
    "register_mask_scorer",
    "register_pyramid",
    "register_semantic_head",
    "runs_of_masks",
    "save",
    "to_predictions",
]

if TYPE_CHECKING:
    from segeval.models import ops
    from segeval.models.averaging.average import average_checkpoints, ema_of_checkpoints
    from segeval.models.averaging.combining import ema_update
    from segeval.models.averaging.result import Averaged
    from segeval.models.averaging.soup import Soup, greedy_soup
    from segeval.models.config import Config, read_config
    from segeval.models.every_component import component, public_names
    from segeval.models.files.model_file import Loaded, load, save
    from segeval.models.networks.building import build, register_component
    from segeval.models.networks.registry import (
        register_backbone,
        register_classifier,
        register_detector,
        register_mask_head,
        register_mask_scorer,
        register_pyramid,
        register_semantic_head,
    )
    from segeval.models.ops.runs import runs_of_masks
    from segeval.models.predict.inference import predict_images
    from segeval.models.predict.options import PredictionOptions
    from segeval.models.predict.predictions import to_predictions
else:
    _load = on_first_use(
        __name__,
        {
            "averaging.average": "average_checkpoints ema_of_checkpoints",
            "averaging.combining": "ema_update",
            "averaging.result": "Averaged",
            "averaging.soup": "Soup greedy_soup",
            "config": "Config read_config",
            "files.model_file": "Loaded load save",
            "every_component": "component public_names",
            "networks.building": "build register_component",
            "networks.registry": (
                "register_backbone register_classifier register_detector register_mask_head "
                "register_mask_scorer register_pyramid register_semantic_head"
            ),
            "ops.runs": "runs_of_masks",
            "predict.inference": "predict_images",
            "predict.options": "PredictionOptions",
            "predict.predictions": "to_predictions",
        },
        modules="ops",
    )

    def __getattr__(name):
        """Import a public name on first use."""
        try:
            return _load(name)
        except ModuleNotFoundError as error:
            if error.name not in NEEDED:
                raise
            raise missing([error.name]) from error


def __dir__() -> list[str]:
    return __all__
