"""The numbers of an AP evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco.curve_source import CurveSource
from segeval.metrics.coco.curves import Curves
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.per_image import ImageScores, image_scores
from segeval.metrics.sizes import area_range
from segeval.words import percent

MEANS = ("ap", "ap50", "ap75", "ar")
"""Means over categories, by their names in JSON."""


@frozen(eq=False)
class SizeScores:
    """AP and AR of one size bucket; None is undefined (no ground truth).

    Attributes:
        name: name of the bucket, such as "small".
        min_area: lower end in pixels squared, inclusive.
        max_area: upper end in pixels squared, inclusive; infinity where there is none.
        gt: number of ground truths counted in the bucket.
        ap: mean over categories and thresholds, fraction in [0, 1].
        ap50: AP at IoU 0.50, None also if that is not among the thresholds.
        ap75: AP at IoU 0.75, None also if that is not among the thresholds.
        ar: mean over categories and thresholds of the largest recall.
        relative: both ends are parts of the area of an object's image instead, 0.01 for 1 %.
    """

    name: str
    min_area: float
    max_area: float
    gt: int
    ap: float | None
    ap50: float | None
    ap75: float | None
    ar: float | None
    relative: bool = False


@frozen
class CategoryScores:
    """AP and AR of one category; None is undefined.

    Attributes:
        id: the category's id, -1 when categories are merged.
        name: the category's name.
        frequency: "r", "c" or "f" for LVIS, else None.
        gt: number of ground truths counted (bucket "all").
        preds: number of predictions judged.
        ap: mean over thresholds, fraction in [0, 1].
        ap50: AP at IoU 0.50, None also if that is not among the thresholds.
        ap75: AP at IoU 0.75, None also if that is not among the thresholds.
        ar: mean over thresholds of the largest recall.
        ap_by_size: AP per size bucket.
    """

    id: int | str
    name: str
    frequency: str | None
    gt: int
    preds: int
    ap: float | None
    ap50: float | None
    ap75: float | None
    ar: float | None
    ap_by_size: dict[str, float | None]


@frozen
class FrequencyScores:
    """AP and AR of the rare, common or frequent categories of LVIS.

    Attributes:
        name: "rare", "common" or "frequent".
        categories: number of categories in the group.
        with_gt: number of those that have ground truth, the only ones that count.
        ap: mean AP of the group, None if undefined.
        ar: mean AR of the group, None if undefined.
    """

    name: str
    categories: int
    with_gt: int
    ap: float | None
    ar: float | None


@frozen(eq=False, repr=False)
class Scores:
    """Every number of one kind of IoU.

    Attributes:
        iou: "segm", "boundary" or "bbox".
        overall: the bucket "all".
        ar_by_max_dets: AR at each cap, by the cap as text ("1", "10", "100").
        sizes: one per size bucket, from small to large.
        categories: one per category, by ascending id.
        frequencies: rare, common, frequent for LVIS, else empty.
        official: the official package's own keys and values (-1 for undefined), None outside a
            compat mode.
        curves: precision and recall of the bucket "all".
        source: what the numbers were computed from.
        pool: AP-pool by group of categories ("all", and for LVIS "rare", "common", "frequent"),
            None if it was not asked for.
    """

    iou: str
    overall: SizeScores
    ar_by_max_dets: dict[str, float | None]
    sizes: tuple[SizeScores, ...]
    categories: tuple[CategoryScores, ...]
    frequencies: tuple[FrequencyScores, ...]
    official: dict[str, float] | None
    curves: Curves
    source: CurveSource
    pool: dict[str, float | None] | None = None

    def __repr__(self) -> str:
        """One line: the kind of IoU and AP."""
        return f"Scores({self.iou} AP {percent(self.overall.ap)})"

    @property
    def precision(self) -> NDArray[np.float64]:
        """Interpolated precision of the bucket "all" at the largest cap, float64, shape (T, R, K).

        It is -1 where undefined.
        """
        return self.curves.precision.transpose(1, 2, 0)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Largest recall of the bucket "all", float64, shape (T, K); -1 where undefined."""
        return self.curves.recall[:, -1].T

    @cached_property
    def matches(self) -> Matches:
        """The matches, from which anything else can be computed."""
        return self.source.whole()

    @cached_property
    def images(self) -> tuple[ImageScores, ...]:
        """What each image alone would score, by ascending id; computed when first asked for."""
        return image_scores(self.matches)

    def means(self) -> dict[str, float | None]:
        """The means over categories by the names that papers give them; None is undefined."""
        found = {"AP": self.overall.ap, "AP50": self.overall.ap50, "AP75": self.overall.ap75}
        groups: list[SizeScores | FrequencyScores] = [*self.sizes, *self.frequencies]
        found |= {f"AP_{group.name}": group.ap for group in groups}
        found |= {f"AR_{cap}": ar for cap, ar in self.ar_by_max_dets.items()}
        found |= {f"AR_{group.name}": group.ar for group in groups}
        pools = {} if self.pool is None else self.pool
        return found | {
            "AP_pool" if name == "all" else f"AP_pool_{name}": ap for name, ap in pools.items()
        }

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values, undefined as None; fractions with all their digits."""
        numbers: dict[str, Any] = {key: getattr(self.overall, key) for key in (*MEANS, "gt")}
        numbers["preds"] = int(self.source.judged.sum())
        numbers["ar_by_max_dets"] = self.ar_by_max_dets
        numbers["sizes"] = {
            size.name: {
                **{key: getattr(size, key) for key in MEANS},
                **area_range(size),
                "gt": size.gt,
            }
            for size in self.sizes
        }
        numbers["categories"] = [  # not `asdict`, whose deep copies of thousands take a second
            {**vars(each), "ap_by_size": dict(each.ap_by_size)} for each in self.categories
        ]
        if self.frequencies:
            numbers["frequencies"] = {
                group.name: {
                    "ap": group.ap,
                    "ar": group.ar,
                    "categories": group.categories,
                    "categories_with_gt": group.with_gt,
                }
                for group in self.frequencies
            }
        if self.pool is not None:
            numbers["pool"] = self.pool
        if self.official is not None:
            numbers["official"] = self.official
        return numbers


ByKind = Mapping[str, Scores]
"""The numbers by kind of IoU, the first asked for first."""
