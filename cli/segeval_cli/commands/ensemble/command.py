"""`segeval ensemble`: the predictions of several models as one file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli.commands.ensemble import options as own
from segeval_cli.commands.ensemble.asked import Known, Merging, Seen, Worth
from segeval_cli.commands.ensemble.label_maps import hold_label_maps, show_fused_label_maps
from segeval_cli.commands.ensemble.listing import list_strategies
from segeval_cli.commands.ensemble.recipe import by_recipe, check_recipes
from segeval_cli.gain_options import AllowFitOnTest, Gt
from segeval_cli.label_map_options import Ignore
from segeval_cli.options import All, Json, Overwrite, Quiet, Workers
from segeval_cli.prediction_files import PredictionsOrFolder, check_prediction_file
from segeval_cli.resampling_options import Groups, Seed
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    from segeval.ensemble.result import Ensemble
    from segeval_cli.results import View


@unfolded
def ensemble(
    context: typer.Context,
    models: own.Models = None,
    *,
    strategy: own.StrategyName = "interp",
    merging: Merging,
    worth: Worth,
    gt: Gt = None,
    allow_fit_on_test: AllowFitOnTest = False,
    seen: Seen,
    classes: own.Classes = None,
    ignore: Ignore = None,
    groups: Groups = None,
    seed: Seed = 0,
    known: Known,
    recipe: own.RecipeFile = None,
    new_images: own.NewImages = False,
    settings: own.Settings,
    output: PredictionsOrFolder = None,
    explain: own.Explain = None,
    recipe_out: own.RecipeOut = None,
    per_category: own.PerCategory = False,
    show_all: All = False,
    json: Json = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """One file of predictions from those of several models.

    Scores are weighted by what each model is worth, and predictions of one
    object become one. Folders of label maps become one by a vote on every
    pixel. The result is the same for any order of the models.

    Example: segeval ensemble a.json b.json --scores 77.2,77.4 -o out.json
    """
    from segeval_cli.memory import give_back_blocks
    from segeval_cli.output import check_target
    from segeval_cli.progress import searching
    from segeval_cli.results import Output
    from segeval_cli.streams import say

    models = models or []
    if strategy == "help":
        list_strategies(models)
        return
    _check_count(models, seen, recipe)
    given = {name: value for name, value in vars(settings).items() if value is not None}
    if hold_label_maps(models, classes, ignore):
        show_fused_label_maps(context, models, given, output)
        return
    check_prediction_file(output, is_needed=explain is None and not json, overwrite=overwrite)
    check_target(explain, (".jsonl",), overwrite=overwrite, option="--explain")
    out = Output(
        inputs={f"model_{place}": path for place, path in enumerate(models, 1)},
        number="rows", json=json, quiet=quiet, every_row=show_all,
    )  # fmt: skip
    check_recipes(context, recipe, recipe_out)
    arguments = {
        **merging.arguments(), **worth.arguments(), **vars(seen), **known.arguments(models), **given
    }  # fmt: skip
    if per_category and worth.fit is None and gt is None:
        raise InputError(
            "`per_category` would change nothing here: it shows gains, which take `fit` or `gt`",
            code="no-effect",
            option="per_category",
        )
    give_back_blocks()
    from segeval.ensemble.fusing import fuse

    work = "searching" if strategy == "search" else f"merging {', '.join(models)}"
    with searching(work, quiet=quiet) as tell:
        found = by_recipe(
            models, recipe, seen.tiles, seen.images, workers, new_images=new_images
        ) if recipe else fuse(
            models, strategy=strategy, gt=gt, allow_fit_on_test=allow_fit_on_test, groups=groups,
            seed=seed, workers=workers, on_best=lambda *best: tell(_best_so_far(*best)),
            **arguments,
        )  # fmt: skip
        _write(found, output, explain, recipe_out)
    out.show(found, _view(found, per_category=per_category))
    for path in (output, explain, recipe_out):
        if path is not None and not quiet:
            say(f"wrote {path}")


def _view(found: Ensemble, *, per_category: bool) -> View:
    """What is shown: of the gain on each category only if that is asked for."""
    from segeval.ensemble.gains.category_gains import category_gain_table
    from segeval_cli.results import View

    tables = list(found.tables)
    gain = found.scores.gain
    if per_category and gain is not None:
        tables.append(category_gain_table(gain.by_category))
    return View(tables, found.to_dict)


def _best_so_far(candidates: int, ap: float, single: float) -> str:
    """How far a search is."""
    from segeval.words import percent, signed

    known = f"best AP {percent(ap)}, {signed(ap - single)} over the best model"
    return f"{counted(candidates, 'candidate')}, {known}"


def _check_count(models: Sequence[str], seen: Seen, recipe: Path | None) -> None:
    """Refuse too few models: views of one are several, and a recipe says how many there are."""
    files = len(models)
    least = 2 if seen.views is None and seen.tiles is None and recipe is None else 1
    if files < least:
        raise InputError(
            f"expected the predictions of two or more models, got {counted(files, 'file')}.",
            code="file-count",
        )


def _write(
    found: Ensemble, output: Path | None, explain: Path | None, recipe_out: Path | None
) -> None:
    """Write the rows, why they are there, and what made them: all that is asked for, or nothing."""
    from segeval.data.whole_files import whole_file, whole_files
    from segeval_cli.output import json_line

    with ExitStack() as stack:
        if recipe_out is not None:
            (beside,) = stack.enter_context(whole_files([recipe_out]))
            found.save_recipe(beside)
        if explain is not None:
            file = stack.enter_context(whole_file(explain))
            for record in found.explained():
                file.write(json_line(record))
            file.flush()
        if output is not None:
            found.save(output)
