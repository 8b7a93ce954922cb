"""`segeval plot oracles`: what AP would be if one thing were perfect."""

from __future__ import annotations

from typing import Annotated

from segeval_cli.commands.plot.options import check_models
from segeval_cli.figures import FigureOptions, Shown, say_notes
from segeval_cli.measured import CocoOptions
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import Workers, argument
from segeval_cli.other_files import refuse_other_files
from segeval_cli.progress import working
from segeval_cli.resampling_options import Seed
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded


@unfolded
def oracle_figure(
    files: Annotated[
        list[str],
        argument(
            "PREDS... GT",
            "Predictions of one to three models, then ground truth, COCO or LVIS; "
            '"-" is standard input.',
        ),
    ],
    *,
    seed: Seed = 0,
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """AP if one thing were perfect: scores, masks, categories, duplicates, the choice of a model.

    Gains overlap and must not be added.

    Example: segeval plot oracles a.json b.json gt.json -o oracles.pdf
    """
    check_models(files)
    refuse_other_files(*files)
    *preds, gt = files
    arguments = asked.coco_arguments(kinds=1)
    give_back_blocks()
    from segeval.analysis.oracles.upper_bounds import oracles_with
    from segeval.plots import oracle_gains, plot_oracles
    from segeval.plots.oracle_dots import draw_oracles, oracles_height

    with working(f"evaluating {', '.join(preds)}", quiet=how.quiet):
        result = oracles_with(preds, gt, arguments, seed=seed, workers=workers)
    say_notes(result.notes, how)
    found = oracle_gains(result)
    Shown(
        drawing=lambda: draw_oracles(found, width=terminal_width()),
        rows=found.rows,
        plot=lambda ax: plot_oracles(found, ax=ax),
        height_mm=oracles_height(found),
    ).show(how)
