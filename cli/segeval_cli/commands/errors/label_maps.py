"""`segeval errors` of label maps: where their IoU is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.own_intervals import asked as asked_intervals
from segeval_cli.progress import working
from segeval_cli.results import Output
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
    """Print where the IoU of label maps is lost.

    Raises:
        InputError: also for options that are about AP, and for other than two files.
    """
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in OF_LABEL_MAPS and source is not None and source.name == "COMMANDLINE":
            raise InputError(
                f"`{name}` is about AP, and {files[0]} holds label maps: leave it out.",
                code="option",
                option=name,
            )
    if len(files) != 2:
        raise InputError(
            "expected predicted and ground-truth label maps, of one model, got "
            f"{counted(len(files), 'folder or file', 'folders or files')}.",
            code="file-count",
        )
    preds, gt = files
    out = Output(
        inputs={"preds": preds, "gt": gt},
        number="mIoU",
        json=json,
        path=output,
        overwrite=overwrite,
        quiet=quiet,
        every_row=show_all,
    )
    intervals = asked_intervals(
        context, ci=ci, resamples=resamples, seed=seed, groups=groups, gt=gt,
        replicates=None, overwrite=overwrite, workers=workers, quiet=quiet,
    )  # fmt: skip
    ignored = parse_ignored(ignore)
    from segeval import label_errors

    with working(f"evaluating {preds}", quiet=quiet) as advance:
        result = label_errors(
            preds,
            gt,
            classes=classes,
            ignore=ignored,
            boundary_ratio=boundary_ratio,
            boundary_px=boundary_px,
            workers=workers,
            on_progress=advance,
        )
    out.show(*((result, None) if intervals is None else intervals.added(result, None)))
