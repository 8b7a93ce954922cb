"""`segeval plot trimap`: mean IoU near the boundaries, model by model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segeval.errors import InputError
from segeval_cli.commands.plot.options import SUFFIXES, Figure, Title, names_of
from segeval_cli.options import WHAT, Quiet
from segeval_cli.output import FIGURES, check_inputs, check_target, emit, write_rows
from segeval_cli.progress import say
from segeval_cli.tables import terminal_width

if TYPE_CHECKING:
    from segeval.plots import TrimapCurve


def trimap(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Output of `segeval miou --trimap ... --json`, one file per model and named after "
            'it; "-" is standard input.',
            show_default=False,
        ),
    ],
    *,
    log: Annotated[bool, WHAT.option("--log", "Logarithmic widths, in a figure.")] = False,
    output: Figure = None,
    title: Title = None,
    quiet: Quiet = False,
) -> None:
    """Mean IoU near the boundaries, by the width of the trimap.

    Example: segeval plot trimap model_a.json model_b.json -o trimap.pdf
    """
    check_inputs(*files)
    check_target(output, SUFFIXES, inputs=files)
    if log and (output is None or output.suffix.lower() not in FIGURES):
        raise InputError("--log is for figures: write one, such as -o trimap.pdf.", code="log")
    from segeval.data.saved_results import read_result
    from segeval.plots import draw_trimap, trimap_curve
    from segeval.plots.trimap import SCHEMAS, check_comparable

    curves = [
        trimap_curve(read_result(path, *SCHEMAS), name)
        for path, name in zip(files, names_of(files, _model), strict=True)
    ]
    check_comparable(curves)
    if output is None:
        drawing = draw_trimap(curves, width=terminal_width())
        emit(f"{title}\n{drawing}" if title else drawing)
        return
    _write(output, curves, title, log=log)
    if not quiet:
        say(f"wrote {output}")


def _model(path: Path) -> str:
    """The name of a model: its file's, without suffix."""
    return path.name.removesuffix(".gz").removesuffix(".json")


def _write(output: Path, curves: Sequence[TrimapCurve], title: str | None, *, log: bool) -> None:
    """The lines as a figure or as a table."""
    from segeval.plots import add_title, new_figure, save, trimap_plot
    from segeval.plots.trimap import trimap_rows

    if output.suffix.lower() == ".csv":
        write_rows(output, trimap_rows(curves))
        return
    figure, ax = new_figure(height_mm=62.0 + 6.0 * bool(title))
    trimap_plot(curves, log=log, ax=ax)
    if title:
        add_title(figure, title)
    save(figure, output)
