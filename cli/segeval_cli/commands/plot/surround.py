"""`segeval plot surround`: which categories lie inside of which others."""

from __future__ import annotations

from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.options import GroundTruthPath
from segeval_cli.progress import working
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def surround_figure(gt: GroundTruthPath, *, how: FigureOptions) -> None:
    """How often objects lie inside of larger ones, and how often by chance.

    segeval rescore surround raises scores by it.

    Example: segeval plot surround gt.json -o surround.pdf
    """
    with working(f"reading {gt}", quiet=how.quiet):
        from segeval.data import load_ground_truth
        from segeval.rescore import surround_statistics

        found = surround_statistics(load_ground_truth(gt))
    from segeval.plots import plot_surround
    from segeval.plots.surround import draw_surround, surround_height, surround_rows

    Shown(
        drawing=lambda: draw_surround(found, width=terminal_width()),
        rows=lambda: surround_rows(found),
        plot=lambda ax: plot_surround(found, ax=ax),
        height_mm=surround_height(found),
    ).show(how)
