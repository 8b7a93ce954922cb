"""Label maps that fit when they are mirrored, or fit those of other images."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.checks.label_agreement import LabelAgreement
from segeval.checks.misplaced_pictures import MISPLACED
from segeval.errors import MismatchError
from segeval.findings import Finding

LOW = 0.7
"""A cause is looked for where a smaller share of the pixels is right."""

FEW = 0.5
"""A cause is looked for too where a smaller share of the pixels of a class is right, on average."""


def misplaced_labels(run: LabelAgreement) -> Iterator[Finding]:
    """Predictions that fit the ground truth only if they are mirrored, or those of other images."""
    if not run.total:
        return
    there = run.pixels > 0
    found = run.right[there] / run.pixels[there]  # of small objects the background says nothing
    if run.right.sum() >= LOW * run.total and found.mean() >= FEW:
        return
    for message in run.sample.misplaced():
        yield Finding(
            "warn",
            "labels",
            message,
            count=int((run.pixels - run.right).sum()),
            path=run.preds,
            hint="Were the pictures turned, or their names exchanged?",
            code=MISPLACED,
            error=MismatchError,
        )
