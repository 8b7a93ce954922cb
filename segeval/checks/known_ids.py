"""Predictions of images and categories that ground truth lacks, where none can be dropped."""

from __future__ import annotations

from dataclasses import replace

from segeval.checks.predictions import unknown_categories, unknown_images
from segeval.checks.records import Records
from segeval.data.columns import GroundTruth, Predictions
from segeval.data.kinds_of_ids import paired
from segeval.findings import raise_first

DROPPING = "skip_unknown"
"""The argument of evaluations that drops such predictions."""


def require_known_ids(preds: Predictions, gt: GroundTruth) -> None:
    """Refuse predictions that an evaluation would drop if it were told to.

    Merged and rescored predictions keep their rows: nothing is dropped from them in silence.

    Raises:
        MismatchError: names the first record.
    """
    own, truth = paired(preds, gt)
    records = Records(own, truth)
    for find in (unknown_images, unknown_categories):
        raise_first(
            replace(each, hint="Leave them out of the file.", option=None)
            if each.option == DROPPING and DROPPING in each.hint
            else each
            for each in find(records)
        )
