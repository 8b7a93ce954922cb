"""Recipes from files: checked value by value, and used only if every one can be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.calibration.fits import METHODS, Fit
from segeval.analysis.calibration.targets import Target
from segeval.data.keys import Key
from segeval.data.saved_results import read_result
from segeval.ensemble.categories.preparation import Preparation, Table
from segeval.ensemble.operators.fused_masks import MaskVotes
from segeval.ensemble.operators.mask_voting import Cut
from segeval.ensemble.plan import Fitted, Plan
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.recipes.experts import (
    check_parts,
    read_category_ids,
    read_joins,
    read_map,
    read_preparation,
)
from segeval.ensemble.recipes.recipe import SCHEMA, TileFile
from segeval.ensemble.recipes.unpredicted import Unpredicted, read_unpredicted
from segeval.ensemble.recipes.values import Value
from segeval.ensemble.strategies import STRATEGIES, WEIGHINGS
from segeval.ensemble.trees.tree import (
    DROPS,
    MASK_MERGES,
    MERGES,
    SUPPRESSIONS,
    Leaf,
    Operator,
    Tree,
    joined,
)
from segeval.ensemble.views.mapping import CutObjects
from segeval.ensemble.views.view import parsed_views
from segeval.errors import InputError
from segeval.frozen import frozen

IOUS: tuple[Iou, ...] = get_args(Iou)
MOST = 1e9
"""The highest weight or scale of scores: sums of far higher ones have no end."""

MOST_WHOLE = 1_000_000_000
"""The highest whole number of a setting, which kernels hold in 64 bits."""

FACTOR = "a number from 0 to 1e9"

HEX = frozenset("0123456789abcdef")


@frozen
class Input:
    """One of the files that a recipe is for.

    Attributes:
        name: of the file.
        sha256: of its bytes.
        count: number of its predictions.
        view: how its images were changed, as text.
        map: from its categories to those that all share; None where they stay.
    """

    name: str
    sha256: str
    count: int
    view: str
    map: Table | None = None


@frozen(eq=False)
class Recipe:
    """A recipe as its file states it.

    Attributes:
        path: of the file.
        version: of segeval that wrote it.
        inputs: the files that it is for.
        categories: SHA-256 of the ids of all categories.
        category_ids: these ids as written; None if an older version wrote the recipe.
        plan: how models are merged.
        fitted: what ground truth or the user decided.
        preparation: what is done to the predictions first.
        tiles: the table of tiles; None where models saw whole images.
        unpredicted: what holds for categories that no prediction was of; None where nothing tells.
    """

    path: str
    version: str
    inputs: tuple[Input, ...]
    categories: str
    category_ids: tuple[Key, ...] | None
    plan: Plan
    fitted: Fitted
    preparation: Preparation
    tiles: TileFile | None
    unpredicted: Unpredicted | None = None


def read_recipe(path: str | Path, *, workers: int | None = None) -> Recipe:
    """A recipe that an earlier run wrote.

    Args:
        path: of the file.
        workers: threads of the plan, None for all cores.

    Raises:
        InputError: if there is no such file.
        FormatError: for another file, another version, or a value that cannot be; the message
            names its place.
    """
    wanted = "a recipe, as `recipe_out` writes it"
    root = Value(read_result(path, SCHEMA, wanted=wanted), str(path))
    inputs = tuple(map(_input, root.at("inputs").each(what="a list of files")))
    if len(inputs) < 1:
        raise root.at("inputs").refused("at least one file")
    ids, plan = read_category_ids(root), _plan(root, workers)  # what is fitted follows the plan
    fitted = _fitted(root, len(inputs))
    return Recipe(
        path=str(path),
        version=root.at("segeval").text(),
        inputs=inputs,
        categories=_digest(root.at("categories").at("sha256")),
        category_ids=ids,
        plan=plan,
        fitted=fitted,
        preparation=read_preparation(root, tuple(each.map for each in inputs), str(path)),
        tiles=_tiles(root.at("tiles")),
        unpredicted=read_unpredicted(root.at("unpredicted"), fitted, ids or ()),
    )


def _input(value: Value) -> Input:
    """One file."""
    return Input(
        name=value.at("name").text(),
        sha256=_digest(value.at("sha256")),
        count=value.at("count").whole(0),
        view=_view(value.at("view")),
        map=read_map(value.at("map")),
    )


def _tiles(value: Value) -> TileFile | None:
    """The table of tiles."""
    if value.is_null:
        return None
    return TileFile(
        value.at("path").text(),
        _digest(value.at("sha256")),
        _one_of(value.at("cut_objects"), get_args(CutObjects)),
    )


def _view(value: Value) -> str:
    """How images were changed."""
    text = value.text()
    try:
        parsed_views([text], 1)
    except InputError:
        raise value.refused("a view such as none, hflip or scale=2") from None
    return text


def _digest(value: Value) -> str:
    """A SHA-256."""
    found = value.value
    if not isinstance(found, str) or len(found) != 64 or not set(found) <= HEX:
        raise value.refused("64 hexadecimal digits")
    return found


def _plan(root: Value, workers: int | None) -> Plan:
    """How models are merged."""
    strategy = STRATEGIES[root.at("strategy").text(tuple(STRATEGIES))]
    weights = root.at("weights")
    rule = weights.at("rule").text(tuple(WEIGHINGS))
    weighing = next(each for each in WEIGHINGS if each == rule)
    max_dets, calibrations = root.at("max_dets"), root.at("calibrations")
    to: Target = get_args(Target)[0]
    if not calibrations.is_null:
        to = _one_of(calibrations.at("to"), get_args(Target))
    return Plan(
        strategy=strategy,
        settings=_settings(root.at("settings"), strategy.settings),
        weights=_settings(weights.at("settings"), WEIGHINGS[weighing]),
        iou=_one_of(root.at("iou"), IOUS),
        target=_one_of(root.at("target"), IOUS),
        cut=_cut(root.at("mask_threshold")),
        max_dets=None if max_dets.is_null else max_dets.whole(1, MOST_WHOLE),
        workers=workers,
        scale=root.at("scale").number(0.0, MOST, FACTOR),
        weighing=weighing,
        calibrate_to=to,
        mask_votes=_one_of(root.at("mask_votes"), get_args(MaskVotes)),
    )


def _one_of(value: Value, choices: tuple[Any, ...]) -> Any:
    """One of some choices."""
    return value.text(choices)


def _cut(value: Value) -> Cut:
    """The cut of fused masks."""
    if value.value == "expected-iou":
        return "expected-iou"
    return value.number(0.0, np.nextafter(1.0, 0.0), "a share from 0 to below 1, or 'expected-iou'")


def _settings(value: Value, known: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with values of the kind that their defaults have."""
    found: dict[str, Any] = {}
    for name, own in value.items():
        if name not in known:
            raise own.refused(f"one of the settings {', '.join(known) or 'none'}")
        default = known[name]
        if isinstance(default, bool):
            found[name] = own.truth()
        elif isinstance(default, str):
            found[name] = own.text()
        elif isinstance(default, int):
            found[name] = own.whole(0, MOST_WHOLE)
        elif default is None and own.is_null:
            found[name] = None
        else:
            found[name] = own.number()
    missing = [name for name in known if name not in found]
    if missing:
        raise value.refused(f"an object with {', '.join(missing)}")
    return found


def _fitted(root: Value, models: int) -> Fitted:
    """What decided how models are merged."""
    tree = root.at("tree")
    searched = root.at("strategy").value == "search"
    if searched == tree.is_null:
        raise tree.refused("a tree, and null for other strategies than search")
    weights = _weights(root.at("weights").at("values"), models)
    joins = read_joins(root, models)
    check_parts(root, weights, joins)
    return Fitted(
        weights=weights,
        calibrations=_calibrations(root.at("calibrations"), models),
        tree=None if tree.is_null else _tree(tree, models),
        joins=joins,
    )


def _weights(value: Value, models: int) -> NDArray[np.float64]:
    """Weights of each model, or of each for each category."""
    rows = value.each(models, f"{models} weights, one for each of the inputs")
    if rows and not isinstance(rows[0].value, list):
        return np.array([each.number(0.0, MOST, FACTOR) for each in rows])
    first = rows[0].each()
    number = len(first)
    return np.array([
        [
            np.nan if each.is_null else each.number(0.0, MOST, FACTOR)
            for each in row.each(number, f"{number} weights")
        ]
        for row in rows
    ]).reshape(models, number)  # fmt: skip


def _calibrations(value: Value, models: int) -> tuple[Fit | None, ...] | None:
    """A function for the scores of each model."""
    if value.is_null:
        return None
    own = value.at("fits").each(models, f"{models} functions, one for each of the inputs")
    return tuple(None if each.is_null else _fit(each) for each in own)


def _fit(value: Value) -> Fit:
    """A function from scores to scores."""
    method = value.at("method").text(tuple(METHODS))
    own = value.at("parameters")
    if method == "isotonic":
        scores = [each.number(0.0, 1.0, "a score") for each in own.at("scores").each()]
        if not scores or (np.diff(scores) <= 0).any():
            raise own.at("scores").refused("scores that rise")
        values = own.at("values").each(len(scores), f"{len(scores)} values, one for each score")
        numbers = [each.number(0.0, 1.0, "a number from 0 to 1") for each in values]
        return Fit(method, {"scores": scores, "values": numbers})
    if method == "temperature":
        above = np.nextafter(0.0, 1.0)
        return Fit(
            method, {"temperature": own.at("temperature").number(above, what="a number above 0")}
        )
    names = ("slope", "intercept")
    return Fit(method, {name: own.at(name).number() for name in names})


def _tree(value: Value, models: int) -> Tree:
    """A tree whose leaves are different inputs, which also bounds its depth."""
    used: set[int] = set()

    def tree(own: Value, room: int) -> Tree:
        if room < 1:
            raise own.refused(f"at most {models} models, one behind the other")
        model = own.at("model")
        if not model.is_null:
            found = model.whole(0, models - 1)
            if found in used:
                raise model.refused("the number of an input that is not in the tree yet")
            used.add(found)
            return Leaf(found)
        left, right = own.at("sides").each(2, "two sides, or `model` with the number of an input")
        operator = _operator(own)
        return joined(tree(left, room - 1), tree(right, room - 1), operator)

    return tree(value, models)


def _operator(own: Value) -> Operator:
    """What a node does."""
    what = "a number above 0, at most 1"
    least = float(np.nextafter(0.0, 1.0))
    one, other = own.at("weights").each(2, "two numbers")
    drop = own.at("drop")
    first, second = (each.text(("both", "cls_only", "box_only")) for each in drop.each(2, "two"))
    if (first, second) not in DROPS:
        raise drop.refused("at least one side that gives both")
    return Operator(
        weights=(one.number(least, 1.0, what), other.number(least, 1.0, what)),
        drop=next(each for each in DROPS if each == (first, second)),
        merge=_one_of(own.at("merge"), MERGES),
        suppress=_one_of(own.at("suppress"), SUPPRESSIONS),
        masks=_one_of(own.at("masks"), MASK_MERGES),
    )
