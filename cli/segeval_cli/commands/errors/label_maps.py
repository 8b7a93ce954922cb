"""`segeval errors` of label maps: where their IoU is lost, by one model or by two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segeval_cli.label_map_options import refuse_options_of_ap
from segeval_cli.own_intervals import interval_options
from segeval_cli.progress import working
from segeval_cli.results import Output, View
from segeval_cli.values import parse_ignored

if TYPE_CHECKING:
    from pathlib import Path

    import typer

OF_LABEL_MAPS = {
    "files", "classes", "ignore", "boundary_ratio", "boundary_px", "ci", "resamples", "seed",
    "groups", "show_all", "json", "output", "overwrite", "quiet", "workers",
}  # fmt: skip
"""Parameters of the command that label maps take."""


def show_label_errors(
    context: typer.Context,
    files: Sequence[str],
    *,
    classes: str,
    ignore: list[str] | None,
    boundary_ratio: float | None,
    boundary_px: int | None,
    ci: bool,
    resamples: int,
    seed: int,
    groups: str | None,
    show_all: bool,
    json: bool,
    output: Path | None,
    overwrite: bool,
    quiet: bool,
    workers: int | None,
) -> None:
    """Print where the IoU of label maps is lost, by one model or by two.

    Raises:
        InputError: also for options that are about AP.
    """
    refuse_options_of_ap(context, OF_LABEL_MAPS, files[0])
    *preds, gt = files
    out = Output(
        inputs=dict(zip(("preds",) if len(preds) == 1 else ("a", "b"), preds, strict=True), gt=gt),
        number="mIoU",
        json=json,
        path=output,
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
    )
    intervals = interval_options(
        context, ci=ci, resamples=resamples, seed=seed, groups=groups, gt=gt,
        replicates=None, overwrite=overwrite, workers=workers, quiet=quiet,
    )  # fmt: skip
    arguments: dict[str, Any] = {
        "classes": classes,
        "ignore": parse_ignored(ignore),
        "boundary_ratio": boundary_ratio,
        "boundary_px": boundary_px,
        "workers": workers,
    }
    if len(preds) == 2:
        from segeval.analysis.errors.label_against import label_error_differences

        a, b = preds
        with working(f"evaluating {a} and {b}", quiet=quiet) as advance:
            found = label_error_differences(
                a, b, gt, ci=ci, resamples=resamples, seed=seed, groups=groups,
                on_progress=advance, **arguments,
            )  # fmt: skip
        out.show(found, View(found.tables, found.to_dict, lines=found.sentences))
        return
    from segeval import label_errors

    with working(f"evaluating {preds[0]}", quiet=quiet) as advance:
        result = label_errors(preds[0], gt, on_progress=advance, **arguments)
    out.show(*((result, None) if intervals is None else intervals.added(result, None)))
