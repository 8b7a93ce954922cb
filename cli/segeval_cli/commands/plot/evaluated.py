"""The evaluation that a figure is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segeval_cli.flags import in_flags
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.progress import working
from segeval_cli.streams import say

if TYPE_CHECKING:
    from segeval.data import GroundTruth, Predictions
    from segeval.errors import Note
    from segeval.metrics.coco.arguments import Arguments
    from segeval.metrics.coco.matches import Matches
    from segeval.metrics.coco.result import APResult
    from segeval_cli.commands.plot.options import FigureOptions


def evaluated(
    preds: str, gt: str, arguments: Arguments, how: FigureOptions, workers: int | None
) -> APResult:
    """The result of `segeval ap` for the same files and options; says its notes."""
    give_back_large_blocks()
    from segeval.metrics.coco.average_precision import evaluate_with

    with working(f"evaluating {preds}", quiet=how.quiet):
        result = evaluate_with(preds, gt, arguments, workers=workers)
    say_notes(result.notes, how)
    return result


def say_notes(notes: Sequence[Note], how: FigureOptions) -> None:
    """Say what the user should know, unless the run is quiet."""
    for note in () if how.quiet else notes:
        say(f"note: {in_flags(note.message)}")


def loaded_files(
    preds: str,
    gt: str | GroundTruth,
    arguments: Arguments,
    how: FigureOptions,
    workers: int | None,
) -> tuple[Predictions, GroundTruth]:
    """Both files as columns."""
    give_back_large_blocks()
    from segeval.metrics.coco.inputs import loaded

    with working(f"reading {preds}", quiet=how.quiet):
        return loaded(
            preds, gt, workers, score_field=arguments.score_field, agnostic=arguments.agnostic
        )


def matched(
    preds: Predictions,
    gt: GroundTruth,
    arguments: Arguments,
    how: FigureOptions,
    workers: int | None,
) -> Matches:
    """The matches of both, for the one kind of IoU that the arguments name; says their notes."""
    from segeval.metrics.coco.average_precision import matches_of

    with working(f"matching {preds.source}", quiet=how.quiet):
        [matches] = matches_of(preds, gt, arguments, workers)
    say_notes(matches.notes, how)
    return matches
