"""`segeval ap` of a part file: the settings are those that it was matched with."""

from __future__ import annotations

import typer

from segeval_cli.commands.ap.request import ApOutcome, ApRequest
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.part_options import given_options, refuse_options_of_files, refuse_rematching
from segeval_cli.progress import working

CHOSEN = ("categories", "images")
"""Parts of the data that can be chosen after matching."""

NOT_OF_PARTS = (
    "coco_style", "boxes", "labels", "hierarchy", "group_of_weight", "expand_predictions", "scores",
    "verify", "scheduler", "shards",
)  # fmt: skip
"""Options that need the files themselves."""


def evaluate(asked: ApRequest, context: typer.Context) -> ApOutcome:
    """AP of a part file."""
    refuse_options_of_files(given_options(context), NOT_OF_PARTS)
    refuse_rematching(asked.preds, asked.arguments, context, but=CHOSEN)
    with working(f"reading {asked.preds}", quiet=asked.quiet):
        from segeval.metrics.coco.parts.part import ap_of_part

        result = ap_of_part(
            asked.preds, pool=asked.pool, categories=asked.arguments.categories,
            images=asked.arguments.images, workers=asked.workers,
        )  # fmt: skip
    return ApOutcome(result, ap_view(result, asked.per))
