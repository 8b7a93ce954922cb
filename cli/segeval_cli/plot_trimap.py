"""`segeval plot trimap`: mean IoU near the boundaries, model by model."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segeval.errors import InputError
from segeval_cli.options import (
    OUTPUT,
    STANDARD_INPUT,
    WHAT,
    Quiet,
    check_inputs,
    output_option,
)
from segeval_cli.output import check_target, emit, write_whole
from segeval_cli.progress import say
from segeval_cli.tables import terminal_width

if TYPE_CHECKING:
    from segeval.plots import TrimapCurve

SUFFIXES = (".png", ".pdf", ".svg", ".csv")


def trimap(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="What `segeval miou --trimap ... --json` printed, one model each, named by its "
            "file; - is standard input.",
            show_default=False,
        ),
    ],
    *,
    log: Annotated[
        bool, typer.Option("--log", help="Logarithmic widths.", rich_help_panel=WHAT)
    ] = False,
    output: Annotated[
        Path | None,
        output_option(".png, .pdf or .svg for a figure, .csv for its data. Default: the terminal."),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Title above the drawing.",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """How good label maps are near the boundaries: mean IoU by the width of the trimap.

    Example: segeval plot trimap model_a.json model_b.json -o trimap.pdf
    """
    check_inputs(*files)
    check_target(output, SUFFIXES, inputs=files)
    from segeval.data.saved_results import read_result
    from segeval.plots import draw_trimap, trimap_curve
    from segeval.plots.trimap import SCHEMA, check_comparable

    curves = [
        trimap_curve(read_result(path, SCHEMA), name)
        for path, name in zip(files, model_names(files), strict=True)
    ]
    check_comparable(curves)
    if output is None:
        drawing = draw_trimap(curves, width=terminal_width())
        emit(f"{title}\n{drawing}" if title else drawing)
        return
    _write(output, curves, title, log=log)
    if not quiet:
        say(f"wrote {output}")


def model_names(files: Sequence[str]) -> list[str]:
    """Names of the models: those of their files without folder and suffix, where these differ.

    Raises:
        InputError: if a file is given twice.

    Example:
        >>> model_names(["runs/enet.json", "runs/hrnet.json.gz"]), model_names(["a/x.json", "x"])
        (['enet', 'hrnet'], ['a/x.json', 'x'])
    """
    twice = next((file for place, file in enumerate(files) if file in files[:place]), None)
    if twice is not None:
        raise InputError(f"{twice}: given twice.", code="files", path=twice)
    names = [
        "standard input"
        if file == STANDARD_INPUT
        else Path(file).name.removesuffix(".gz").removesuffix(".json")
        for file in files
    ]
    return names if len(set(names)) == len(names) else list(files)


def _write(output: Path, curves: Sequence[TrimapCurve], title: str | None, *, log: bool) -> None:
    """The lines as a figure or as a table."""
    from segeval.plots import add_title, new_figure, save, trimap_plot
    from segeval.plots.trimap import trimap_rows

    if output.suffix.lower() == ".csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(trimap_rows(curves))
        write_whole(output, text.getvalue())
        return
    figure, ax = new_figure(height_mm=62.0 + 6.0 * bool(title))
    trimap_plot(curves, log=log, ax=ax)
    if title:
        add_title(figure, title)
    save(figure, output)
