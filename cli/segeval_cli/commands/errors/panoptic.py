"""`segeval errors` of panoptic files: where their PQ is lost, by one model or by two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.errors import FormatError, InputError
from segeval_cli.label_map_options import refuse_options_of_ap
from segeval_cli.options import Iou
from segeval_cli.own_intervals import interval_options
from segeval_cli.progress import working
from segeval_cli.results import Output, View
from segeval_cli.values import parse_choices

if TYPE_CHECKING:
    import typer

    from segeval.analysis.errors.panoptic_result import PanopticErrors
    from segeval_cli.measured import CocoOptions

OF_PANOPTIC = {
    "files", "iou", "boundary_ratio", "boundary_px", "gt_dir", "ci", "resamples", "seed", "groups",
    "show_all", "json", "output", "overwrite", "quiet", "workers",
}  # fmt: skip
"""Parameters of the command that panoptic files take."""

REFUSED = ("panoptic", "other-format")
"""Codes of errors that readers of COCO's files have for panoptic ones."""


def are_panoptic(error: FormatError, files: Sequence[str]) -> bool:
    """Whether an error of a reader of COCO's files means that they are panoptic.

    Args:
        error: of the reader.
        files: predictions, then ground truth.
    """
    if error.code not in REFUSED:
        return False
    from segeval.checks.panoptic_report import has_panoptic_annotations

    return has_panoptic_annotations(files[-1])


def refuse_folder(path: str) -> None:
    """Refuse a folder of pictures where no file has any.

    Raises:
        InputError: always.
    """
    raise InputError(
        f"`gt_dir` is about panoptic files, and {path} is none: leave it out.",
        code="option",
        option="gt_dir",
    )


def show_panoptic_errors(
    context: typer.Context,
    files: Sequence[str],
    asked: CocoOptions,
    out: Output,
    lines: tuple[str, Callable[[Iterable[Mapping[str, Any]], Path], None]],
    *,
    gt_dir: Path | None,
    ci: bool,
    resamples: int,
    seed: int,
    groups: str | None,
    workers: int | None,
) -> None:
    """Print where the PQ of panoptic files is lost, by one model or by two.

    Args:
        context: of the command.
        files: predictions of one model or two, then ground truth.
        asked: the options of files of AP, of which panoptic ones have a few.
        out: where the result goes.
        lines: suffix of a file with a line for every segment, and what writes it.
        gt_dir: folder of the pictures of the ground truth.
        ci: whether intervals are asked for.
        resamples: draws of the images.
        seed: of the draws.
        groups: images that are drawn together.
        workers: threads.

    Raises:
        InputError: also for options that are about AP.
    """
    refuse_options_of_ap(context, OF_PANOPTIC, files[0], holds="panoptic segments")
    *preds, gt = files
    arguments: dict[str, Any] = {
        "gt_dir": gt_dir,
        "iou": parse_choices(asked.iou or ["segm"], "--iou", list(Iou), "kind of IoU"),
        "boundary_ratio": asked.boundary_ratio,
        "boundary_px": asked.boundary_px,
        "workers": workers,
    }
    out = replace(out, number="PQ")
    suffix, write = lines
    if len(preds) == 2:
        from segeval.analysis.errors.panoptic_against import panoptic_error_differences

        if out.path is not None and out.path.suffix == suffix:
            raise InputError(
                f"{out.path}: lines of segments are written of one model's panoptic files, and "
                "there are two: run the command for each.",
                code="option",
                option="output",
            )
        a, b = preds
        with working(f"evaluating {a} and {b}", quiet=out.quiet) as advance:
            found = panoptic_error_differences(
                a, b, gt, ci=ci, resamples=resamples, seed=seed, groups=groups,
                on_progress=advance, **arguments,
            )  # fmt: skip
        out.show(found, View(found.tables, found.to_dict, lines=found.sentences))
        return
    intervals = interval_options(
        context, ci=ci, resamples=resamples, seed=seed, groups=groups, gt=gt,
        replicates=None, overwrite=out.overwrite, workers=workers, quiet=out.quiet,
    )  # fmt: skip
    from segeval import panoptic_errors

    with working(f"evaluating {preds[0]}", quiet=out.quiet) as advance:
        result = panoptic_errors(preds[0], gt, on_progress=advance, **arguments)
    writers = {suffix: lambda path: write(_lines(result), path)}
    shown = (result, None) if intervals is None else intervals.added(result, None)
    out.show(*shown, writers=writers)


def _lines(result: PanopticErrors) -> Iterator[dict[str, Any]]:
    """Every segment with what became of it."""
    for iou, outcomes in result.outcomes.items():
        for record in outcomes.records():
            yield {"iou_type": iou, **record}
