"""`segeval plot trimap`: mean IoU near the boundaries, model by model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval.errors import InputError
from segeval_cli.commands.plot.options import names_of
from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.options import WHAT, argument
from segeval_cli.output import FIGURES
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def trimap(
    files: Annotated[
        list[str],
        argument(
            "FILE...",
            "Output of `segeval miou --trimap ... --json`, one file per model and named after "
            'it; "-" is standard input.',
        ),
    ],
    *,
    log: Annotated[bool, WHAT.option("--log", "Logarithmic widths, in a figure.")] = False,
    how: FigureOptions,
) -> None:
    """Mean IoU near the boundaries, by the width of the trimap.

    Example: segeval plot trimap model_a.json model_b.json -o trimap.pdf
    """
    if log and (how.output is None or how.output.suffix.lower() not in FIGURES):
        raise InputError("--log is for figures: write one, such as -o trimap.pdf.", code="log")
    from segeval.data.saved_results import read_result
    from segeval.plots import draw_trimap, trimap_curve, trimap_plot
    from segeval.plots.trimap import SCHEMAS, check_comparable, trimap_rows

    curves = [
        trimap_curve(read_result(path, *SCHEMAS), name)
        for path, name in zip(files, names_of(files, _model), strict=True)
    ]
    check_comparable(curves)
    Shown(
        drawing=lambda: draw_trimap(curves, width=terminal_width()),
        rows=lambda: trimap_rows(curves),
        plot=lambda ax: trimap_plot(curves, log=log, ax=ax),
    ).show(how)


def _model(path: Path) -> str:
    """The name of a model: its file's, without suffix."""
    return path.name.removesuffix(".gz").removesuffix(".json")
