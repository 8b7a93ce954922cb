"""`segeval ap --protocol openimages`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
from segeval_cli.progress import Advance

if TYPE_CHECKING:
    from segeval.metrics.tables import Result

OPTIONS = {
    "iou",
    "compat",
    "boxes",
    "labels",
    "hierarchy",
    "group_of_weight",
    "expand_predictions",
    "max_dets",
}


def evaluated(preds: str, gt: str, parameters: Mapping[str, Any], on_progress: Advance) -> Result:
    """AP of Open Images."""
    raise InputError("not here yet", code="protocol")
