"""`segeval ap` of a part file: the settings are those that it was matched with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from segeval_cli.commands.ap.request import ApOutcome, ApRequest
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.part_files import (
    given_options,
    refuse_options_of_files,
    refuse_other_settings,
)
from segeval_cli.progress import working

if TYPE_CHECKING:
    from segeval.metrics.coco.arguments import Arguments

CHOSEN = ("categories", "images")
"""Parts of the data that can be chosen after matching."""

NOT_OF_PARTS = (
    "coco_style", "boxes", "labels", "hierarchy", "group_of_weight", "expand_predictions", "verify",
    "scheduler", "shards",
)  # fmt: skip
"""Options that need the files themselves."""


def evaluate(asked: ApRequest, context: typer.Context) -> ApOutcome:
    """AP of a part file."""
    _check(asked.preds, asked.arguments, context)
    with working(f"reading {asked.preds}", quiet=asked.quiet):
        from segeval.metrics.coco.parts.part import ap_of_part

        result = ap_of_part(
            asked.preds, pool=asked.pool, categories=asked.arguments.categories,
            images=asked.arguments.images, workers=asked.workers,
        )  # fmt: skip
    return ApOutcome(result, ap_view(result, asked.per))


def _check(path: str, arguments: Arguments, context: typer.Context) -> None:
    """Refuse options that would have to match anew, or read other files.

    Raises:
        InputError: names the value of the option and that of the file.
    """
    from segeval.metrics.coco.parts.part import part_settings

    given = given_options(context)
    refuse_options_of_files(given, NOT_OF_PARTS)
    matching = {
        name: flag for name, flag in given.items() if name in vars(arguments) and name not in CHOSEN
    }
    if matching:
        asked = {name: _comparable(name, getattr(arguments, name)) for name in matching}
        refuse_other_settings(path, matching, asked, part_settings(path))


def _comparable(name: str, value: Any) -> Any:
    """An argument as the settings of a result write it."""
    from segeval.metrics.coco.rule_values import ordered_caps, ordered_thresholds
    from segeval.metrics.coco.scores import area_range
    from segeval.metrics.sizes import buckets

    match name:
        case "sizes":
            return [
                {"name": size.name, **area_range(size.min_area, size.max_area)}
                for size in buckets(value)
            ]
        case "thresholds":
            return list(ordered_thresholds(value))
        case "max_dets":
            return list(ordered_caps(value))
        case "iou":
            return [value] if isinstance(value, str) else list(dict.fromkeys(value))
    return value
