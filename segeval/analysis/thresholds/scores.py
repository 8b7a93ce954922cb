"""The numbers of an operating point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from segeval.analysis.calibration.scores import Calibration
from segeval.analysis.comparison.intervals import Interval
from segeval.analysis.thresholds.curve import Counts
from segeval.analysis.thresholds.held_out import HeldOut
from segeval.brief import Brief
from segeval.frozen import frozen

POINTS = 101
"""Most points of a curve in JSON."""

Number = float | None


@frozen
class Point:
    """What is kept above a score; None is undefined.

    Attributes:
        score: the least score kept; None if no threshold keeps a true positive, or if there are
            several thresholds.
        precision: share of those kept that are true.
        recall: share of the objects that are found.
        f: F-beta of both.
        tp: true positives kept.
        fp: false positives kept.
        fn: objects not found.
    """

    score: Number
    precision: Number
    recall: Number
    f: Number
    tp: int
    fp: int
    fn: int


@frozen
class LRP:
    """The smallest LRP error of all thresholds; None is undefined.

    Attributes:
        score: the least score kept; None where keeping nothing is best.
        lrp: LRP error, in [0, 1].
        localisation: mean of 1 - IoU of the true positives kept.
        fp: share of those kept that are false, 1 - precision.
        fn: share of the objects not found, 1 - recall.
    """

    score: Number
    lrp: Number
    localisation: Number
    fp: Number
    fn: Number


@frozen
class CategoryThreshold:
    """The operating point of one category.

    Attributes:
        id: the category's id, -1 when categories are merged.
        name: the category's name.
        gt: number of objects that count.
        preds: number of predictions that count.
        point: at the score of the best F.
        interval: of that score, over bootstrap replicates of the images.
        held_out: what thresholds of one half of the images do on the other.
        lrp: at the smallest LRP error.
    """

    id: int | str
    name: str
    gt: int
    preds: int
    point: Point
    interval: Interval
    held_out: HeldOut
    lrp: LRP

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values."""
        return {
            "id": self.id,
            "name": self.name,
            "gt": self.gt,
            "preds": self.preds,
            **asdict(self.point),
            "interval": self.interval,
            "held_out": asdict(self.held_out),
            "lrp": asdict(self.lrp),
        }


@frozen
class SizePoint:
    """What the overall threshold does to objects of one size bucket.

    Attributes:
        name: of the bucket.
        gt: number of objects.
        precision: share of those kept that are true.
        recall: share of the objects that are found.
        f: F-beta of both.
    """

    name: str
    gt: int
    precision: Number
    recall: Number
    f: Number


@frozen(eq=False, repr=False)
class ThresholdScores(Brief):
    """The operating point by one kind of IoU.

    Attributes:
        iou: "segm", "boundary" or "bbox".
        threshold: lowest IoU of a true positive.
        beta: weight of recall against precision in F.
        gt: number of objects that count.
        preds: number of predictions that count.
        point: at the one score for all categories that has the best F.
        interval: of that score, over bootstrap replicates of the images.
        held_out: what the threshold of one half of the images does on the other.
        lrp: at the one score with the smallest LRP error.
        olrp: mean over categories with objects of the smallest LRP error of each.
        by_category: with a threshold for each category: the best of each.
        by_category_held_out: what thresholds per category of one half do on the other.
        sizes: one per size bucket, at the score of `point`.
        categories: one per category, by ascending id.
        counts: precision and recall at every score, of all categories together.
        calibration: None if it was not asked for.
    """

    iou: str
    threshold: float
    beta: float
    gt: int
    preds: int
    point: Point
    interval: Interval
    held_out: HeldOut
    lrp: LRP
    olrp: Number
    by_category: Point
    by_category_held_out: HeldOut
    sizes: tuple[SizePoint, ...]
    categories: tuple[CategoryThreshold, ...]
    counts: Counts
    calibration: Calibration | None = None

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values; the curve is thinned to 101 points."""
        found: dict[str, Any] = {
            **asdict(self.point),
            "gt": self.gt,
            "preds": self.preds,
            "interval": self.interval,
            "held_out": asdict(self.held_out),
            "lrp": asdict(self.lrp),
            "olrp": self.olrp,
            "by_category": {
                **asdict(self.by_category),
                "held_out": asdict(self.by_category_held_out),
            },
            "sizes": {
                size.name: {k: v for k, v in asdict(size).items() if k != "name"}
                for size in self.sizes
            },
            "categories": [each.to_dict() for each in self.categories],
            "curve": self.curve(POINTS),
        }
        if self.calibration is not None:
            found["calibration"] = self.calibration.to_dict()
        return found

    def curve(self, most: int | None = None) -> list[dict[str, Number]]:
        """Precision, recall, F and LRP error by falling score.

        Args:
            most: number of points, evenly spaced among the different scores; None for all.
        """
        counts = self.counts
        number = len(counts.score)
        rows = np.arange(number)
        if most is not None and number > most:
            rows = np.unique(np.linspace(0, number - 1, most).round().astype(np.int64))
        nothing = np.full(number, np.nan)
        columns: Mapping[str, Any] = {
            "score": counts.score,
            "precision": counts.precision,
            "recall": counts.recall,
            "f": counts.f(self.beta),
            "lrp": counts.lrp(self.threshold) if self.threshold < 1 else nothing,
        }
        return [
            {
                key: None if np.isnan(each[row]) else float(each[row])
                for key, each in columns.items()
            }
            for row in rows
        ]


ByKind = Mapping[str, ThresholdScores]
"""Scores by kind of IoU, in the order asked for."""
