"""`segeval plot cooccurrence`: which categories share images."""

from __future__ import annotations

from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.options import GroundTruthPath
from segeval_cli.progress import working
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def cooccurrence_figure(gt: GroundTruthPath, *, how: FigureOptions) -> None:
    """How likely a category is in images that have another one.

    segeval rescore cooccurrence raises scores by it.

    Example: segeval plot cooccurrence gt.json -o cooccurrence.pdf
    """
    with working(f"reading {gt}", quiet=how.quiet):
        from segeval.data import load_ground_truth
        from segeval.rescore import cooccurrence

        found = cooccurrence(load_ground_truth(gt))
    from segeval.plots import plot_cooccurrence
    from segeval.plots.cooccurrence import (
        cooccurrence_height,
        cooccurrence_rows,
        draw_cooccurrence,
    )

    Shown(
        drawing=lambda: draw_cooccurrence(found, width=terminal_width()),
        rows=lambda: cooccurrence_rows(found),
        plot=lambda ax: plot_cooccurrence(found, ax=ax),
        height_mm=cooccurrence_height(found),
    ).show(how)
