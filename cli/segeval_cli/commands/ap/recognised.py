"""The protocol that files of another form than COCO's ask for by what they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.errors import Note

if TYPE_CHECKING:
    from segeval_cli.commands.ap.request import ApOutcome

SIGNS = {
    "openimages": "is a CSV file",
    "cityscapes": "has Cityscapes' lists of masks",
}
"""What a protocol is taken for."""


def recognised(preds: str, gt: str) -> str | None:
    """The protocol of the files; None for COCO's form, and for what has no sign of its own.

    Folders of pictures alone may be label maps as well as id maps.

    Args:
        preds: predictions.
        gt: ground truth.
    """
    from segeval.data.paths import is_csv

    if is_csv(gt):
        return "openimages"
    if not (Path(preds).is_dir() and Path(gt).is_dir()):
        return None
    from segeval.analysis.comparison.evaluate import lists_masks

    return "cityscapes" if lists_masks(preds) else None


def sign_of(protocol: str, preds: str, gt: str) -> str:
    """Why a protocol was taken, as a sentence without its stop."""
    path = gt if protocol == "openimages" else preds
    return f"{path} {SIGNS[protocol]}, so it is evaluated by --protocol {protocol}"


def noted(done: ApOutcome, reason: str) -> ApOutcome:
    """The outcome with a note on the protocol that was taken."""
    note = Note("protocol", reason)
    return done._replace(result=replace(done.result, notes=(note, *done.result.notes)))
