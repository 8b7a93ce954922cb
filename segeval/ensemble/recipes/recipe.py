"""A recipe: what was merged, and all that decided how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from segeval.data.files import sha256
from segeval.data.keys import Key
from segeval.data.whole_files import whole_file
from segeval.ensemble.categories.preparation import Preparation
from segeval.ensemble.gains.gain import Gain
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.recipes.experts import (
    class_score_values,
    join_values,
    map_values,
    weight_values,
)
from segeval.ensemble.recipes.unpredicted import Unpredicted
from segeval.ensemble.search.searched import Searched
from segeval.ensemble.search.shown import search_values, tree_values
from segeval.ensemble.views.mapping import CutObjects
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.version import __version__

SCHEMA = "segeval/recipe/1"


@frozen
class TileFile:
    """The table of tiles that predictions were made on.

    Attributes:
        path: of the table.
        sha256: of its bytes.
        cut_objects: whether pieces of objects that another tile shows whole are dropped.
    """

    path: str
    sha256: str
    cut_objects: CutObjects


@frozen(eq=False)
class Made:
    """What made an ensemble.

    Attributes:
        plan: how models are merged.
        fitted: what ground truth or the user decided.
        categories: ids of all categories as written.
        views: how the images of each model were changed, as text.
        seed: of the draws of images.
        paths: of the models' files as given; None for what is no file.
        unheld: arguments that recipes do not hold.
        tiles: the table of tiles; None where models saw whole images.
        preparation: what is done to the predictions of each model first.
        routes: which models give the predictions of each category, as plain values; None where
            all know all.
        unpredicted: what holds for categories that no prediction is of; None where none matters.
    """

    plan: Plan
    fitted: Fitted
    categories: tuple[Key, ...]
    views: tuple[str, ...]
    seed: int
    paths: tuple[str | None, ...]
    unheld: tuple[str, ...] = ()
    tiles: TileFile | None = None
    preparation: Preparation = field(default_factory=Preparation)
    routes: Mapping[str, Any] | None = None
    unpredicted: Unpredicted | None = None


def check_can_be_held(paths: Sequence[str | None], **arguments: Any) -> None:
    """Refuse what a recipe cannot hold.

    Args:
        paths: of the models' files; None for what is no file.
        arguments: those that recipes do not hold, by name; None where not given.

    Raises:
        InputError: names the argument or the file.
    """
    given = next((name for name, value in arguments.items() if value is not None), None)
    if given is not None:
        raise InputError(
            f"a recipe does not hold `{given}`: leave it out, or write predictions that need it "
            "no more first, and merge those",
            code="recipe",
            option=given,
        )
    for path in paths:
        if path is None or not Path(path).is_file():
            raise InputError(
                f"{path or 'a model in memory'} is no file, expected files: a recipe knows them by "
                "their SHA-256",
                code="recipe",
                path=path,
            )


def tile_file(path: str | Path, cut_objects: CutObjects) -> TileFile:
    """A table of tiles with what it is known by; that of no file has no digest."""
    return TileFile(str(path), (sha256(path) if Path(path).is_file() else None) or "", cut_objects)


def categories_digest(categories: Sequence[Key]) -> str:
    """SHA-256 of the ids of categories as JSON writes them."""
    return hashlib.sha256(json.dumps(list(categories)).encode()).hexdigest()


def save_recipe(
    path: str | Path, made: Made, counts: Sequence[int], gain: Gain | None, search: Searched | None
) -> None:
    """Write what made an ensemble, whole or not at all.

    Args:
        path: of the recipe.
        made: what made it.
        counts: number of predictions of each model.
        gain: as measured.
        search: what a search found.

    Raises:
        InputError: for what a recipe cannot hold.
    """
    check_can_be_held(made.paths, **dict.fromkeys(made.unheld, True))
    document = {
        "schema": SCHEMA,
        "segeval": __version__,
        "inputs": [
            {
                "name": Path(str(own)).name, "sha256": sha256(str(own)), "count": count,
                "view": view, "map": table,
            }
            for own, count, view, table in zip(
                made.paths, counts, made.views, map_values(made.preparation, len(counts)),
                strict=True,
            )
        ],
        "categories": {
            "count": len(made.categories), "sha256": categories_digest(made.categories),
            "ids": list(made.categories),
        },
        "tiles": None if made.tiles is None else vars(made.tiles),
        **_values(made),
        "class_scores": class_score_values(made.preparation),
        "unpredicted": None if made.unpredicted is None else made.unpredicted.to_dict(),
        "routes": made.routes,
        "seed": made.seed,
        "gain": None if gain is None else gain.to_dict(),
        "search": None if search is None else search_values(
            search, [Path(str(own)).name for own in made.paths]
        ),
    }  # fmt: skip
    with whole_file(Path(path)) as file:
        file.write((json.dumps(document, indent=1, allow_nan=False) + "\n").encode())


def _values(made: Made) -> Mapping[str, Any]:
    """How models are merged, as plain values; floats keep all their digits."""
    plan, fitted = made.plan, made.fitted
    worth = fitted.worth
    fits = fitted.calibrations
    return {
        "strategy": plan.strategy.name,
        "settings": dict(plan.settings),
        "iou": plan.iou,
        "target": plan.target,
        "max_dets": plan.max_dets,
        "mask_threshold": plan.cut,
        "mask_votes": plan.mask_votes,
        "scale": plan.scale,
        "weights": {
            "rule": plan.weighing,
            "settings": dict(plan.weights),
            "values": weight_values(fitted.weights),
            "decided_by": None if worth is None else worth.split,
        },
        "joins": join_values(fitted.joins),
        "calibrations": None if fits is None else {
            "to": plan.calibrate_to,
            "fits": [
                None if fit is None else {"method": fit.method, "parameters": dict(fit.parameters)}
                for fit in fits
            ],
        },
        "tree": None if fitted.tree is None else tree_values(
            fitted.tree, range(len(made.paths))
        ),
        "metric": f"{plan.target} AP",
    }  # fmt: skip
