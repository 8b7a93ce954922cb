"""Cityscapes' instance AP the slow way: dense masks, a list per class, and loops.

It shares nothing with the library but the meaning of the numbers, and reads the same scenes from
memory that the tests write to files.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

CLASSES = (24, 25, 26, 27, 28, 31, 32, 33)
VOID = {0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30}
SMALLEST = 100


@dataclass(frozen=True)
class Picture:
    """One image: values of pixels (H, W), and predictions as (mask, label, score)."""

    labels: Any
    predictions: Sequence[tuple[Any, int, float]]


def reference_table(pictures: Sequence[Picture], ratio: float | None) -> list[list[float | None]]:
    """AP by class and threshold; of boundaries if a ratio is given. None without objects."""
    thresholds = [0.5 + step * ((0.5 + 0.05) - 0.5) for step in range(10)]
    return [[_ap(pictures, label, each, ratio) for each in thresholds] for label in CLASSES]


def _ap(
    pictures: Sequence[Picture], label: int, threshold: float, ratio: float | None
) -> float | None:
    """One class at one threshold."""
    hits: list[float] = []
    alarms: list[float] = []
    objects = 0
    for picture in pictures:
        objects += _judge(picture, label, threshold, ratio, hits, alarms)
    if not objects:
        return None
    points = []
    for score in sorted({*hits, *alarms}):
        true = sum(each >= score for each in hits)
        false = sum(each >= score for each in alarms)
        points.append((true / objects, true / (true + false)))
    if not points:
        return 0.0
    points.append((0.0, 1.0))
    recalls = [points[0][0], *(recall for recall, _ in points), 0.0]
    return math.fsum(
        precision * (recalls[i] - recalls[i + 2]) / 2 for i, (_, precision) in enumerate(points)
    )


def _judge(
    picture: Picture,
    label: int,
    threshold: float,
    ratio: float | None,
    hits: list[float],
    alarms: list[float],
) -> int:
    """Append the scores of true and of false positives of one image; how many objects it has."""
    values = [v for v in np.unique(picture.labels).tolist() if v == label or v // 1000 == label]
    truths = {value: picture.labels == value for value in values}
    counted = [v for v, mask in truths.items() if v >= 1000 and mask.sum() >= SMALLEST]
    found = [(m, s) for m, kind, s in picture.predictions if kind == label and m.any()]
    claims: dict[int, list[float]] = {value: [] for value in counted}
    for mask, score in found:
        partners = {v: o for v, t in truths.items() if (o := _overlap(mask, t, ratio)) > 0}
        taken = [value for value, overlap in partners.items() if overlap > threshold]
        for value in taken:
            if value in claims:
                claims[value].append(score)
        if taken:
            continue
        ignored = int(np.isin(picture.labels, list(VOID))[mask].sum())
        for value in partners:
            times = (value < 1000) + (int(truths[value].sum()) < SMALLEST)
            ignored += times * int((truths[value] & mask).sum())
        if ignored / int(mask.sum()) <= threshold:
            alarms.append(score)
    for scores in claims.values():
        best_last = sorted(scores)
        hits += best_last[-1:]
        alarms += best_last[:-1]
    return len(counted)


def _overlap(mask: Any, truth: Any, ratio: float | None) -> float:
    """IoU of masks, or the smaller one of it and that of the boundaries."""
    overlap = _iou(mask, truth)
    return overlap if ratio is None else min(overlap, _iou(_band(mask, ratio), _band(truth, ratio)))


def _iou(mask: Any, other: Any) -> float:
    return float((mask & other).sum() / max((mask | other).sum(), 1))


def _band(mask: Any, ratio: float) -> Any:
    """Pixels of a mask from which the background, or the image's end, is not farther than d."""
    height, width = mask.shape
    d = max(round(ratio * math.hypot(height, width)), 1)
    padded = np.pad(mask, d)
    inner = mask.copy()
    for down in range(2 * d + 1):
        for right in range(2 * d + 1):
            inner &= padded[down : down + height, right : right + width]
    return mask & ~inner
