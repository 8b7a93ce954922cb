"""Writing of converted ground truth, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segeval.words import counted
from segeval_cli.progress import say_notes
from segeval_cli.streams import say

if TYPE_CHECKING:
    from segeval.data import GroundTruth


def write_ground_truth(found: GroundTruth, output: Path, *, quiet: bool) -> None:
    """Write ground truth as a COCO file, then print its notes and counts unless quiet."""
    from segeval.data import save_ground_truth

    save_ground_truth(found, output)
    if not quiet:
        say_notes(found.notes)
        written = counted(len(found), "annotation")
        say(f"wrote {output}: {written} in {counted(len(found.images), 'image')}")
