"""Error kinds once more, slowly: lists of predictions instead of kernels; and random sets."""

from __future__ import annotations

from functools import partial
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

import segeval
from segeval.analysis.errors.kinds import KINDS
from tests.build import build_gt, build_preds


def random_set(
    seed: int, *, images: int = 6, lvis: bool = False, masks: bool = True
) -> tuple[Any, Any]:
    """Predictions and ground truth with every kind of error, of boxes and masks."""
    rng = np.random.default_rng(seed)
    annotations, predictions = [], []
    scores = iter(rng.permutation(1000) / 1000)
    for image in range(1, images + 1):
        for _ in range(rng.integers(0, 5)):
            x, y, w, h = (int(each) for each in rng.integers([0, 0, 8, 8], [30, 20, 30, 24]))
            category = int(rng.integers(1, 4))
            crowd = int(rng.random() < 0.1 and not lvis)
            annotations.append(_record(masks, (x, y, w, h), image, category, iscrowd=crowd))
            for _ in range(rng.integers(0, 4)):
                moved = np.array([x, y, w, h]) + rng.integers(-3, 4, 4) * rng.integers(0, 3)
                guess = category if rng.random() < 0.7 else int(rng.integers(1, 4))
                moved = np.maximum(moved, [0, 0, 2, 2])
                predictions.append(_record(masks, moved, image, guess, score=float(next(scores))))
        for _ in range(rng.integers(0, 3)):
            place = rng.integers([0, 0, 4, 4], [40, 30, 20, 20])
            guess = int(rng.integers(1, 4))
            predictions.append(_record(masks, place, image, guess, score=float(next(scores))))
    annotations.append(_record(masks, (1, 1, 9, 9), 1, 1, iscrowd=0))
    gt = build_gt([(60, 80)] * images, annotations)
    gt["categories"] = [{"id": number, "name": f"c{number}"} for number in (1, 2, 3)]
    if lvis:
        for category in gt["categories"]:
            category["frequency"] = "rcf"[category["id"] - 1]
        for each in gt["images"]:
            each["neg_category_ids"] = [1 + each["id"] % 3]
            each["not_exhaustive_category_ids"] = [1 + (each["id"] + 1) % 3]
        for each in gt["annotations"]:
            del each["iscrowd"]
    return build_preds(predictions), gt


def _record(masks: bool, place: Any, image: int, category: int, **more: Any) -> dict[str, Any]:
    x, y, w, h = (int(each) for each in place)
    if not masks:
        plain = {"bbox": [x, y, w, h], "area": w * h}
        return {"image_id": image, "category_id": category, **plain, **more}
    mask = np.zeros((60, 80), np.uint8)
    mask[y : y + h, x : x + w] = 1
    rows, columns = np.nonzero(mask)
    box = [
        int(columns.min()), int(rows.min()),
        int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1,
    ]  # fmt: skip
    return {"image_id": image, "category_id": category, "mask": mask, "bbox": box, **more}


def slow_shares(preds: Any, gt: Any, iou: str) -> tuple[list[float], list[float], list[float]]:
    """What fixing each kind gains alone, its Shapley value, and what it gains last, at IoU 0.50."""
    records = list(segeval.error_kinds(preds, gt, iou=iou).kinds.records())
    value = partial(_value, records, gt)
    every = frozenset(KINDS)
    alone = [value(frozenset([kind])) - value(frozenset()) for kind in KINDS]
    last = [value(every) - value(every - {kind}) for kind in KINDS]
    shares = []
    for kind in KINDS:
        share = 0.0
        for size in range(6):
            weight = factorial(size) * factorial(5 - size) / factorial(6)
            for others in combinations(every - {kind}, size):
                gain = value(frozenset([*others, kind])) - value(frozenset(others))
                share += weight * gain
        shares.append(share)
    return alone, shares, last


def _value(records: list[dict[str, Any]], gt: Any, fixed: frozenset[str]) -> float:
    """AP with the errors of some kinds fixed."""
    category_of = {each["id"]: each["category_id"] for each in gt["annotations"]}
    objects: dict[int, set[int]] = {}
    for each in gt["annotations"]:
        if not each["iscrowd"]:
            objects.setdefault(each["category_id"], set()).add(each["id"])
    winner = _winners(records)
    winners = {each["prediction"] for each in winner.values()}
    rows: dict[int, list[tuple[float, bool]]] = {number: [] for number in objects}
    for each in records:
        kind, own = each["kind"], each["category_id"]
        if kind in ("miss", "excused") or (kind in fixed and each["prediction"] not in winners):
            continue
        if kind in fixed:
            own = category_of[each["annotation_id"]]
        if own in rows:
            rows[own].append((each["score"], kind == "tp" or kind in fixed))
    missed = {each["annotation_id"] for each in records if each["kind"] == "miss"}
    gone = missed if "miss" in fixed else set()
    changed = {each["category_id"] for each in records if each["kind"] in fixed}
    changed |= {category_of[name] for name, each in winner.items() if each["kind"] in fixed}
    return float(np.mean([
        _ap(rows[number], len(own - gone), exact=number in changed)
        for number, own in objects.items()
    ]))  # fmt: skip


def _winners(records: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The best-scored error that points to each object that nothing took."""
    taken = {each["annotation_id"] for each in records if each["kind"] == "tp"}
    winner: dict[int, dict[str, Any]] = {}
    for each in sorted(records, key=lambda each: -(each["score"] or 0)):
        if each["kind"] in ("cls", "loc") and each["annotation_id"] not in taken:
            winner.setdefault(each["annotation_id"], each)
    return winner


def _ap(rows: list[tuple[float, bool]], objects: int, *, exact: bool) -> float:
    """AP of one category by COCO's rule, with recall levels i / 100 or COCO's."""
    if not objects:
        return 1.0
    ordered = [is_true for _, is_true in sorted(rows, key=lambda row: -row[0])]
    hits = np.cumsum(np.array(ordered, int))
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    levels = np.arange(101) / 100 if exact else np.linspace(0, 1, 101)
    place = np.searchsorted(hits / objects, levels, side="left")
    return float(np.append(best, 0.0)[place].sum() / 101)
