"""Writing of converted files, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segeval.words import counted
from segeval_cli.progress import say_notes
from segeval_cli.streams import say

if TYPE_CHECKING:
    from segeval.data import GroundTruth, Predictions


def write_ground_truth(gt: GroundTruth, output: Path, *, quiet: bool) -> None:
    """Write ground truth as a COCO file, then print its notes and counts unless quiet."""
    write_both(gt, output, None, None, quiet=quiet)


def write_both(
    gt: GroundTruth,
    output: Path,
    preds: Predictions | None,
    preds_output: Path | None,
    *,
    quiet: bool,
) -> None:
    """Write ground truth and, if there are any, predictions; then as `write_ground_truth`."""
    from segeval.data import save_ground_truth, save_predictions
    from segeval.data.whole_files import whole_files

    with whole_files([output, *([preds_output] if preds_output else [])]) as staged:
        save_ground_truth(gt, staged[0])
        if preds is not None:
            save_predictions(preds, staged[1])
    if quiet:
        return
    say_notes([*gt.notes, *(preds.notes if preds is not None else ())])
    say(f"wrote {output}: {counted(len(gt), 'annotation')} in {counted(len(gt.images), 'image')}")
    if preds is not None:
        say(f"wrote {preds_output}: {counted(len(preds), 'prediction')}")
