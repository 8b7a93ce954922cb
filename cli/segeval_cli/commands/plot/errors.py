"""`segeval plot errors`: what each kind of error costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segeval.errors import InputError
from segeval_cli.ap_options import TidecvCompat
from segeval_cli.commands.plot import part_files
from segeval_cli.commands.plot.evaluated import intervals_of, read_once
from segeval_cli.commands.plot.options import MOST_MODELS, check_models, names_of
from segeval_cli.figures import FigureOptions, Shown, say_notes
from segeval_cli.label_map_options import Classes, Ignore, are_label_maps, refuse_options_of_ap
from segeval_cli.measured import CocoOptions, given
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import WHAT, Workers, argument
from segeval_cli.other_files import LABEL_MAPS, refuse_other_files
from segeval_cli.part_files import are_parts
from segeval_cli.progress import working
from segeval_cli.resampling_options import Ci, Resamples, Seed
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded
from segeval_cli.values import parse_ignored

if TYPE_CHECKING:
    from segeval.metrics.coco.arguments import Arguments
    from segeval.plots import ErrorCosts

OF_LABEL_MAPS = {
    "files", "classes", "ignore", "boundary_ratio", "boundary_px", "ci", "resamples", "seed",
    "output", "overwrite", "title", "width", "dark", "quiet", "workers",
}  # fmt: skip
"""Parameters of the command that label maps take."""


@unfolded
def error_figure(
    context: typer.Context,
    files: Annotated[
        list[str],
        argument(
            "PREDS... GT",
            "Predictions of one to three models, then ground truth, COCO or LVIS; "
            '"-" is standard input. Or part files alone, or folders of label maps.',
        ),
    ],
    *,
    classes: Classes = None,
    ignore: Ignore = None,
    compat: TidecvCompat = None,
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
    asked: CocoOptions,
    how: FigureOptions,
    workers: Workers = None,
) -> None:
    """Points of AP that each kind of error costs; they add up to 100 - AP.

    Bars are shares; thin lines span the gains of a kind fixed alone or last.
    With --ci they are intervals of the shares; with --compat tidecv there are
    no shares, and bars are gains of a kind fixed alone.
    With --classes: points of mIoU that label maps lose to each kind of error.

    Example: segeval plot errors a.json b.json gt.json --ci -o errors.pdf
    """
    is_of_parts = are_parts(files)
    if is_of_parts:
        paths, gt = files, ""
        if len(paths) > MOST_MODELS:
            raise InputError(
                f"{len(paths)} part files, expected those of one to {MOST_MODELS} models.",
                code="file-count",
            )
    else:
        check_models(files)
        refuse_other_files(*files, but=LABEL_MAPS)
        *paths, gt = files
    stems = names_of(paths, lambda path: path.stem)
    models = dict(zip(stems if len(paths) > 1 else [""], paths, strict=True))
    drawn = (resamples, seed) if ci else None
    give_back_blocks()
    if is_of_parts:
        arguments = replace(asked, thresholds=thresholds).coco_arguments(kinds=1)
        costs = _of_parts(models, arguments, drawn, how, workers, context)
    elif are_label_maps(files, classes, ignore) and classes is not None:
        refuse_options_of_ap(context, OF_LABEL_MAPS, files[0])
        costs = _of_label_maps(models, gt, classes, ignore, asked, drawn, how, workers)
    else:
        arguments = replace(asked, thresholds=thresholds).coco_arguments(kinds=1)
        evaluation = {**given(arguments), "compat": compat}
        costs = _of_objects(models, gt, evaluation, drawn, how, workers)
    from segeval.plots import plot_errors
    from segeval.plots.error_bars import draw_errors, errors_height

    Shown(
        drawing=lambda: draw_errors(costs, width=terminal_width()),
        rows=costs.rows,
        plot=lambda ax: plot_errors(costs, ax=ax),
        height_mm=errors_height(costs),
    ).show(how)


def _of_objects(
    models: Mapping[str, str],
    gt: str,
    evaluation: Mapping[str, Any],
    drawn: tuple[int, int] | None,
    how: FigureOptions,
    workers: int | None,
) -> ErrorCosts:
    """What errors cost in AP, by name and path of the models; with intervals if images are drawn.

    Args:
        models: paths of predictions by name.
        gt: ground truth.
        evaluation: arguments of it.
        drawn: number and seed of the draws of images; None for no intervals.
        how: where the figure goes.
        workers: threads, None for all cores.
    """
    from segeval.analysis import error_kinds
    from segeval.plots import error_costs

    more: dict[str, Any] = (
        {} if drawn is None else {"ci": True, "resamples": drawn[0], "seed": drawn[1]}
    )
    results, truth = {}, read_once(gt, len(models))
    for name, path in models.items():
        with working(f"evaluating {path}", quiet=how.quiet):
            results[name] = error_kinds(path, truth, workers=workers, **more, **evaluation)
        say_notes(results[name].notes, how)
    return error_costs(results)


def _of_parts(
    models: Mapping[str, str],
    arguments: Arguments,
    drawn: tuple[int, int] | None,
    how: FigureOptions,
    workers: int | None,
    context: typer.Context,
) -> ErrorCosts:
    """What errors cost in AP, from part files; arguments as those of `_of_objects`."""
    for path in models.values():
        part_files.check_options(
            path, arguments, context, but=("categories", "images", "iou", "thresholds"),
            of_files=("classes", "ignore", "compat"),
        )  # fmt: skip
    from segeval.analysis import error_kinds_of_part
    from segeval.analysis.errors.options import THRESHOLDS
    from segeval.plots import error_costs

    more: dict[str, Any] = (
        {} if drawn is None else {"ci": True, "resamples": drawn[0], "seed": drawn[1]}
    )
    results = {}
    for name, path in models.items():
        with working(f"reading {path}", quiet=how.quiet):
            result = error_kinds_of_part(
                path, thresholds=arguments.thresholds or THRESHOLDS,
                categories=arguments.categories, images=arguments.images, workers=workers, **more,
            )  # fmt: skip
        kinds = part_files.chosen_kinds(path, result, arguments)
        part_files.check_one_kind(path, kinds)
        say_notes(result.notes, how)
        results[name] = replace(result, scores={kind: result.scores[kind] for kind in kinds})
    return error_costs(results)


def _of_label_maps(
    models: Mapping[str, str],
    gt: str,
    classes: str,
    ignore: list[str] | None,
    asked: CocoOptions,
    drawn: tuple[int, int] | None,
    how: FigureOptions,
    workers: int | None,
) -> ErrorCosts:
    """What errors cost in mean IoU; arguments as those of `_of_objects`."""
    from segeval import label_errors
    from segeval.plots import error_costs

    results, intervals = {}, {}
    for name, path in models.items():
        with working(f"evaluating {path}", quiet=how.quiet) as advance:
            result = label_errors(
                path, gt, classes=classes, ignore=parse_ignored(ignore),
                boundary_ratio=asked.boundary_ratio, boundary_px=asked.boundary_px,
                workers=workers, on_progress=advance,
            )  # fmt: skip
        say_notes(result.notes, how)
        results[name] = result
        if drawn is not None:
            intervals[name] = intervals_of(result, how, *drawn, workers)
    return error_costs(results, intervals)
