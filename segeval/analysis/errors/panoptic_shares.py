"""Where panoptic quality is lost: shares of kinds of errors that add up to 1 - PQ.

For a category, with D = TP + FP/2 + FN/2, 1 - PQ = (TP - sum of IoU) / D + FP / 2D + FN / 2D.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.panoptic_statistics import PanopticErrorStatistics
from segeval.brief import Brief
from segeval.data.keys import Key, written
from segeval.frozen import frozen
from segeval.metrics.image_columns import per_row, sums, whole_weights

PANOPTIC_KINDS = ("segmentation", "confusion", "false", "missed")
"""Kinds of errors; the last three together are what recognition quality lacks."""

GROUPS = ("all", "things", "stuff")
"""Groups of categories."""


@frozen
class SegmentErrors:
    """Errors of one kind.

    Attributes:
        share: what they take from PQ, a fraction; None if undefined.
        count: number of segments: of all matched ones for "segmentation", exact masks too; else of
            false and missed ones, of which "confusion" has both sides of each pair.
    """

    share: float | None
    count: int


@frozen
class LostQuality:
    """Where a group of categories loses PQ; None is undefined.

    Attributes:
        pq: panoptic quality, the mean over the categories.
        recognition: what recognition quality lacks, 1 - RQ: all kinds but "segmentation".
        kinds: errors by kind; `pq` and the shares add up to 1.
        n: categories that have a segment.
    """

    pq: float | None
    recognition: float | None
    kinds: Mapping[str, SegmentErrors]
    n: int


@frozen
class CategoryLoss:
    """Where one category loses PQ.

    Attributes:
        id: of the category.
        name: its name.
        isthing: True for things, False for stuff.
        pq: panoptic quality; None without a segment.
        recognition: as in `LostQuality`.
        kinds: errors by kind; `pq` and the shares add up to 1.
        tp: true segments.
        fp: false ones.
        fn: missed ones.
    """

    id: Key
    name: str
    isthing: bool
    pq: float | None
    recognition: float | None
    kinds: Mapping[str, SegmentErrors]
    tp: int
    fp: int
    fn: int


@frozen
class ConfusedCategories:
    """How often one category is taken for another.

    Attributes:
        category_id: of the missed segments.
        category: its name.
        taken_for_id: of the false segments that lie on them.
        taken_for: its name.
        count: pairs of segments.
    """

    category_id: Key
    category: str
    taken_for_id: Key
    taken_for: str
    count: int


@frozen
class ConfusedBySeveral:
    """Segments of one category that several models took for another.

    Attributes:
        category: name of the true category.
        taken_for: name of the other one.
        counts: pairs of segments by each model.
    """

    category: str
    taken_for: str
    counts: tuple[int, ...]


@frozen(eq=False, repr=False)
class PanopticErrorScores(Brief):
    """Where PQ is lost, by one kind of IoU.

    Attributes:
        all: the mean over all categories that have a segment.
        things: the mean over the countable ones.
        stuff: the mean over the others.
        categories: every category of the ground truth, in the order of the file.
        confused: which categories are taken for which, the most frequent first.
    """

    all: LostQuality
    things: LostQuality
    stuff: LostQuality
    categories: tuple[CategoryLoss, ...]
    confused: tuple[ConfusedCategories, ...]

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return asdict(self)


def confused_by_several(scores: Sequence[PanopticErrorScores]) -> list[ConfusedBySeveral]:
    """Which categories are taken for which by any of several models on the same ground truth.

    Args:
        scores: of each model, by the same kind of IoU.

    Returns:
        The most frequent of any model first, equally frequent ones by their names.
    """
    names: dict[tuple[Key, Key], tuple[str, str]] = {}
    counts: Counter[tuple[Key, Key, int]] = Counter()
    for model, own in enumerate(scores):
        for pair in own.confused:
            names[pair.category_id, pair.taken_for_id] = pair.category, pair.taken_for
            counts[pair.category_id, pair.taken_for_id, model] = pair.count
    found = [
        ConfusedBySeveral(*own, tuple(counts[*pair, model] for model in range(len(scores))))
        for pair, own in names.items()
    ]
    return sorted(found, key=lambda each: (-max(each.counts), each.category, each.taken_for))


def panoptic_error_scores(
    statistics: PanopticErrorStatistics, weights: NDArray[np.int64] | None = None
) -> PanopticErrorScores:
    """Every number of the errors of panoptic files.

    Args:
        statistics: of I images.
        weights: how often each image counts, in the order of `statistics.quality.keys`, whole
            numbers, shape (I,); None for once each.

    Raises:
        ShapeError: unless there is one weight per image.
        InputError: if a weight is negative or not a whole number.
    """
    own = statistics.quality
    copies = whole_weights(weights, len(statistics))
    tp, fp, fn, iou = own.totals(copies)
    rows = per_row(copies, own.offsets)
    confused = sums(own.category, statistics.confused(), rows, len(own.category_id))
    ids = written(own.category_id, own.category_keys)
    categories = tuple(
        _category(
            (ids[k], name, bool(own.is_thing[k])),
            (int(tp[k]), int(fp[k]), int(fn[k])),
            iou[k],
            (int(confused[k, 0]), int(confused[k, 1])),
        )
        for k, name in enumerate(own.category_names)
    )
    return PanopticErrorScores(
        all=_mean(categories),
        things=_mean([one for one in categories if one.isthing]),
        stuff=_mean([one for one in categories if not one.isthing]),
        categories=categories,
        confused=_pairs(statistics, copies, ids),
    )


def _category(
    about: tuple[Key, str, bool],
    counts: tuple[int, int, int],
    iou: float,
    confused: tuple[int, int],
) -> CategoryLoss:
    """The numbers of one category from its counts, its sum of IoU and its confused segments."""
    tp, fp, fn = counts
    parts = tp + 0.5 * fp + 0.5 * fn
    lost = {
        "segmentation": (tp - iou, tp),
        "confusion": (0.5 * sum(confused), sum(confused)),
        "false": (0.5 * (fp - confused[0]), fp - confused[0]),
        "missed": (0.5 * (fn - confused[1]), fn - confused[1]),
    }
    kinds = {
        kind: SegmentErrors(own / parts if parts else None, count)
        for kind, (own, count) in lost.items()
    }
    pq, recognition = (iou / parts, 0.5 * (fp + fn) / parts) if parts else (None, None)
    return CategoryLoss(*about, pq, recognition, kinds, *counts)


def _mean(categories: Sequence[CategoryLoss]) -> LostQuality:
    """The mean over the categories that have a segment."""
    judged = [one for one in categories if one.pq is not None]
    counts = {kind: sum(one.kinds[kind].count for one in judged) for kind in PANOPTIC_KINDS}

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return math.fsum(known) / len(known) if known else None

    return LostQuality(
        pq=mean([one.pq for one in judged]),
        recognition=mean([one.recognition for one in judged]),
        kinds={
            kind: SegmentErrors(mean([one.kinds[kind].share for one in judged]), counts[kind])
            for kind in PANOPTIC_KINDS
        },
        n=len(judged),
    )


def _pairs(
    statistics: PanopticErrorStatistics, copies: NDArray[np.int64], ids: Sequence[Key]
) -> tuple[ConfusedCategories, ...]:
    """Which categories are taken for which; of equally frequent ones the first in the file."""
    names = statistics.quality.category_names
    number: Counter[tuple[int, int]] = Counter()
    columns = (statistics.category, statistics.taken_for, copies[statistics.image])
    for true, other, count in zip(*(column.tolist() for column in columns), strict=True):
        number[true, other] += count
    order = sorted((key for key in number if number[key]), key=lambda key: (-number[key], key))
    return tuple(
        ConfusedCategories(ids[true], names[true], ids[other], names[other], number[true, other])
        for true, other in order
    )
