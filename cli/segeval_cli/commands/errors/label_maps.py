"""`segeval errors` of label maps: where their IoU is lost, by one model or by two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segeval.errors import InputError
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


def are_label_maps(files: Sequence[str], classes: str | None, ignore: object) -> bool:
    """Whether the files are label maps; refuses classes of other files, and maps without any.

    Raises:
        InputError: for these.
    """
    from segeval.checks.label_map_report import are_label_maps as looks_so

    maps = [file for file in files if looks_so(file)]
    if maps and classes is None:
        raise InputError(
            f"{maps[0]}: is read as label maps, whose errors are found by class, expected "
            '`classes` as well, such as `classes="cityscapes"`.',
            code="classes",
            path=maps[0],
            option="classes",
        )
    given = {"classes": classes, "ignore": ignore or None}
    for option, value in given.items():
        if not maps and value is not None:
            raise InputError(
                f"`{option}` is about label maps, which are folders or .png or .npy files, and "
                f"{files[0]} is none: leave it out.",
                code="option",
                option=option,
            )
    return bool(maps)


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
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in OF_LABEL_MAPS and source is not None and source.name == "COMMANDLINE":
            raise InputError(
                f"`{name}` is about AP, and {files[0]} holds label maps: leave it out.",
                code="option",
                option=name,
            )
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
