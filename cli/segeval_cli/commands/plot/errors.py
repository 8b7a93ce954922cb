"""`segeval plot errors`: what each kind of error costs."""

from __future__ import annotations

from typing import Annotated

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.plot.evaluated import say_notes
from segeval_cli.commands.plot.options import FigureOptions, Shown, names_of
from segeval_cli.measured import ApOptions, given
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import WHAT, Workers, argument
from segeval_cli.progress import working
from segeval_cli.resampling_options import Ci, Resamples, Seed
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded

MOST_MODELS = 3


@unfolded
def error_figure(
    files: Annotated[
        list[str],
        argument(
            "PREDS... GT",
            "Predictions of one to three models, then ground truth, COCO or LVIS; "
            '"-" is standard input.',
        ),
    ],
    *,
    thresholds: Annotated[
        str | None,
        WHAT.option(
            "--thresholds IOUS",
            "IoU thresholds: 0.5, or 0.5,0.75, or start:stop:step; costs of several are means. "
            "Default: 0.5.",
        ),
    ] = None,
    ci: Ci = False,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    asked: ApOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Points of AP that each kind of error costs; they add up to 100 - AP.

    Bars are shares; thin lines span the gains of a kind fixed alone or last.
    With --ci they are intervals of the shares.

    Example: segeval plot errors a.json b.json gt.json --ci -o errors.pdf
    """
    from dataclasses import replace

    if not 2 <= len(files) <= 1 + MOST_MODELS:
        raise InputError(
            f"{counted(len(files), 'file')}, expected predictions of one to {MOST_MODELS} models, "
            "then ground truth.",
            code="file-count",
        )
    *paths, gt = files
    stems = names_of(paths, lambda path: path.stem)
    names = stems if len(paths) > 1 else [""]
    arguments = replace(asked, thresholds=thresholds).coco_arguments(kinds=1)
    give_back_large_blocks()
    from segeval.analysis import error_kinds
    from segeval.plots import error_costs, plot_errors
    from segeval.plots.error_bars import draw_errors, errors_height

    evaluation = given(arguments)
    results = {}
    for path, name in zip(paths, names, strict=True):
        with working(f"evaluating {path}", quiet=how.quiet):
            result = error_kinds(
                path, gt, ci=ci, resamples=resamples, seed=seed, workers=workers, **evaluation
            )
        say_notes(result.notes, how)
        results[name] = result
    costs = error_costs(results)
    Shown(
        drawing=lambda: draw_errors(costs, width=terminal_width()),
        rows=costs.rows,
        plot=lambda ax: plot_errors(costs, ax=ax),
        height_mm=errors_height(costs),
    ).show(how)
