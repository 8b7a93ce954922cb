"""Error kinds on stored sets: the numbers of tidecv, and the additive ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from segeval import average_precision, error_kinds
from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.scores import LostAP
from tests.slow_errors import random_set

SETS = 1000
"""Random sets."""

TOLERANCE = 1e-9
"""In percent."""


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], str | None]]]:
    """Names, and what finds a difference to tell of.

    Args:
        folder: holds data/errors and data/parity.
    """
    for case in sorted((folder / "data" / "errors").glob("*/expected.json")):
        for iou in ("bbox", "segm"):
            yield f"errors/{case.parent.name} {iou}", partial(stored_set, case.parent, iou)
    yield f"errors: shares of {SETS:,} random sets add up to what AP lacks", random_sets
    yield "parity/tide_basic", partial(basic_case, folder / "data" / "parity" / "tide_basic")


def stored_set(folder: Path, iou: str) -> str | None:
    """What differs of one set: all numbers and kinds of tidecv, and the additive shares."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["modes"][iou]
    preds, gt = folder / "preds.json", folder / "gt.json"
    result = error_kinds(preds, gt, iou=iou, compat="tidecv")
    kinds = {
        str(each["prediction"]): each["kind"].capitalize()
        for each in result.kinds.records()
        if each["kind"] not in ("tp", "miss")
    }
    if kinds != expected["kind_of_prediction"]:
        return "the kinds of some predictions differ from tidecv's"
    found = numbers(result.first.overall, "alone")
    problem = difference(found, expected["ap"], expected["dAP"], expected["special"])
    own, additive = error_kinds(preds, gt, iou=iou).first.overall, expected["additive"]
    for measure, key in (("alone", "alone"), ("share", "shapley"), ("last", "last")):
        found = numbers(own, measure)
        problem = problem or difference(found, additive["ap"], additive[key], {})
    return problem


def random_sets() -> str | None:
    """The first set whose shares do not add up, or whose AP is not that of an evaluation."""
    for seed in range(SETS):
        preds, gt = random_set(seed, masks=seed % 5 == 0, lvis=seed % 3 == 0)
        for each in preds:
            each["score"] = round(each["score"], 1 + seed % 3)
        iou = "segm" if seed % 5 == 0 else "bbox"
        threshold = 0.5 + 0.05 * (seed % 10)
        own = error_kinds(preds, gt, iou=iou, thresholds=threshold).first.overall
        ap = average_precision(preds, gt, iou=iou, thresholds=threshold).ap
        shares = sum(kind.share or 0.0 for kind in own.kinds.values())
        if own.ap != ap or ap is None or abs(1 - ap - shares) > TOLERANCE / 100:
            return f"set {seed} has AP {own.ap} and shares of {shares}, evaluated its AP is {ap}"
    return None


def basic_case(folder: Path) -> str | None:
    """What differs from tidecv on the small case."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["tide"]
    result = error_kinds(folder / "dt.json", folder / "gt.json", compat="tidecv").first.overall
    main, special = expected["main_dAP"], expected["special_dAP"]
    return difference(numbers(result, "alone"), expected["ap50"], main, special)


def numbers(lost: LostAP, measure: str) -> dict[str, float | None]:
    """AP, a measure of every kind and the special numbers by tidecv's names."""
    kinds = {kind.capitalize(): getattr(lost.kinds[kind], measure) for kind in KINDS}
    special = {"FalsePos": lost.special["false_pos"], "FalseNeg": lost.special["false_neg"]}
    return {"ap": lost.ap, **kinds, **special}


def difference(
    found: dict[str, float | None], ap: float, kinds: dict[str, Any], special: dict[str, Any]
) -> str | None:
    """The first number that differs; all expected ones are in percent."""
    for name, value in {"ap": ap, **kinds, **special}.items():
        own = found[name]
        if own is None or abs(100 * own - value) > TOLERANCE:
            return f"{name} is {own}, expected {value} %"
    return None
