"""The evaluation that a figure is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segeval_cli.commands.plot import part_files
from segeval_cli.figures import say_notes
from segeval_cli.inputs import STANDARD_INPUT
from segeval_cli.measured import one_kind
from segeval_cli.memory import give_back_blocks
from segeval_cli.other_files import refuse_other_files
from segeval_cli.part_files import is_alone
from segeval_cli.progress import working

if TYPE_CHECKING:
    import typer

    from segeval.data import GroundTruth
    from segeval.metrics.coco.arguments import Arguments
    from segeval.metrics.coco.average_precision import Evaluation
    from segeval.metrics.coco.result import APResult
    from segeval.metrics.result import Result
    from segeval.plots.size_scores import Intervals
    from segeval_cli.figures import FigureOptions


def read_once(gt: str, models: int) -> str | GroundTruth:
    """The ground truth of some models: read where it cannot be read for each, else its path."""
    from segeval.data import load_ground_truth
    from segeval.data.opening import is_pipe

    if models > 1 and (gt == STANDARD_INPUT or is_pipe(gt)):
        return load_ground_truth(gt)
    return gt


def evaluated(
    preds: str,
    gt: str | GroundTruth | None,
    arguments: Arguments,
    how: FigureOptions,
    workers: int | None,
    context: typer.Context,
    *,
    kinds: int | None = None,
) -> APResult:
    """The result of `segeval ap` for the same files and options; says its notes.

    Args:
        preds: predictions, or a part file.
        gt: ground truth; None with a part file.
        arguments: of the evaluation.
        how: where the figure goes.
        workers: threads, None for all cores.
        context: of the command.
        kinds: most kinds of IoU; None for any number.
    """
    named = gt if gt is None or isinstance(gt, str) else gt.source
    if is_alone(preds, named, context) or gt is None:
        result = part_files.ap_of(preds, arguments, context, workers, quiet=how.quiet)
        if kinds == 1:
            part_files.check_one_kind(preds, result.scores)
        say_notes(result.notes, how)
        return result
    refuse_other_files(preds, *([gt] if isinstance(gt, str) else []))
    give_back_blocks()
    from segeval.metrics.coco.average_precision import evaluate_with

    with working(f"evaluating {preds}", quiet=how.quiet):
        result = evaluate_with(preds, gt, arguments, workers=workers)
    say_notes(result.notes, how)
    return result


def evaluated_files(
    preds: str,
    gt: str,
    given: Mapping[str, Any],
    how: FigureOptions,
    workers: int | None,
) -> Result[Any]:
    """The result of `segeval ap`, `miou` or `pq`, whichever reads the files; says its notes.

    Args:
        preds: predictions.
        gt: ground truth.
        given: arguments of the evaluation.
        how: where the figure goes.
        workers: threads, None for all cores.

    Raises:
        InputError: also for more than one kind of IoU.
    """
    one_kind(given.get("iou") or ())
    give_back_blocks()
    from segeval.analysis.comparison.evaluate import evaluation_of

    with working(f"evaluating {preds}", quiet=how.quiet):
        result = evaluation_of(preds, gt, given).of(preds, workers)
    say_notes(result.notes, how)
    return result


def evaluation_of(
    preds: str,
    gt: str | GroundTruth,
    arguments: Arguments,
    how: FigureOptions,
    workers: int | None,
) -> Evaluation:
    """Both files matched by the one kind of IoU that the arguments name; says their notes."""
    refuse_other_files(preds, *([gt] if isinstance(gt, str) else []))
    give_back_blocks()
    from segeval.metrics.coco.average_precision import evaluations

    with working(f"matching {preds}", quiet=how.quiet):
        [evaluation] = evaluations(preds, gt, arguments, workers)
    say_notes(evaluation.matches.notes, how)
    return evaluation


def threshold_asked(arguments: Arguments, evaluation: Evaluation) -> float:
    """The first IoU threshold that was asked for, 0.50 if none was."""
    return 0.5 if arguments.thresholds is None else float(evaluation.matches.thresholds[0])


def intervals_of(
    result: Result[Any], how: FigureOptions, resamples: int, seed: int, workers: int | None
) -> Intervals:
    """The intervals of all numbers of a result, by their place in JSON; says their notes."""
    from segeval.analysis import result_intervals

    with working("drawing images", quiet=how.quiet) as advance:
        found = result_intervals(
            result, resamples=resamples, seed=seed, workers=workers, on_progress=advance
        )
    say_notes(found.notes, how)
    return {path: (ends[0], ends[1]) for path, ends in found.by_path.items() if ends is not None}
