"""The result of an AP evaluation: frozen, complete, and aware of its settings."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import Note
from segeval.metrics.boundary_settings import BoundarySettings
from segeval.metrics.coco import tables as ap_tables
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.per_image import ImageScores, image_scores
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.tables import Table, envelope, html, shown, versus

SCHEMA = "segeval/ap/1"
"""Name and version of the JSON object; keys are only ever added within one version."""


@dataclass(frozen=True, eq=False)
class SizeScores:
    """AP and AR of one size bucket; None is undefined (no ground truth).

    Attributes:
        name: of the bucket, such as "small".
        min_area: lower end in pixels squared, inclusive.
        max_area: upper end in pixels squared, inclusive; infinity where there is none.
        gt: number of ground truths counted in the bucket.
        ap: mean over categories and thresholds, fraction in [0, 1].
        ap50: AP at IoU 0.50, None also if that is not among the thresholds.
        ap75: AP at IoU 0.75, likewise.
        ar: mean over categories and thresholds of the largest recall.
    """

    name: str
    min_area: float
    max_area: float
    gt: int
    ap: float | None
    ap50: float | None
    ap75: float | None
    ar: float | None


@dataclass(frozen=True)
class CategoryScores:
    """AP and AR of one category; None is undefined.

    Attributes:
        id: the category's id, -1 when categories are merged.
        name: the category's name.
        frequency: "r", "c" or "f" for LVIS, else None.
        gt: number of ground truths counted (bucket "all").
        preds: number of predictions judged.
        ap: as in `SizeScores`, of this category alone.
        ap50: likewise.
        ap75: likewise.
        ar: likewise.
        ap_by_size: AP per size bucket.
    """

    id: int
    name: str
    frequency: str | None
    gt: int
    preds: int
    ap: float | None
    ap50: float | None
    ap75: float | None
    ar: float | None
    ap_by_size: dict[str, float | None]


@dataclass(frozen=True)
class FrequencyScores:
    """AP and AR of the rare, common or frequent categories of LVIS.

    Attributes:
        name: "rare", "common" or "frequent".
        categories: number of categories in the group.
        ap: mean over the group, None if undefined.
        ar: likewise.
    """

    name: str
    categories: int
    ap: float | None
    ar: float | None


@dataclass(frozen=True, eq=False, repr=False)
class Scores:
    """Every number of one kind of IoU.

    Attributes:
        iou: "segm", "boundary" or "bbox".
        overall: the bucket "all".
        ar_by_max_dets: AR at each cap, by the cap as text ("1", "10", "100").
        sizes: one per size bucket, from small to large.
        categories: one per category, by ascending id.
        frequencies: rare, common, frequent for LVIS, else empty.
        official: the official package's own keys and values (-1 for undefined), or None when not
            in a compat mode.
        precision: interpolated precision of the bucket "all" at the largest cap, float64, shape
            (T, R, K); -1 where undefined.
        recall: largest recall of the bucket "all", float64, shape (T, K); -1 where undefined.
        matches: what was matched with what, to compute anything else from.
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
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    matches: Matches
    pool: dict[str, float | None] | None = None

    @cached_property
    def images(self) -> tuple[ImageScores, ...]:
        """What each image alone would score, by ascending id; computed when first asked for."""
        return image_scores(self.matches)

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """The numbers as plain values, undefined as None; fractions with full precision.

        Args:
            per_image: add the key `images`, a list by ascending id.
        """
        overall = asdict(self.overall)
        numbers: dict[str, Any] = {key: overall[key] for key in ("ap", "ap50", "ap75", "ar", "gt")}
        numbers["preds"] = int(self.matches.within_cap.sum())
        numbers["ar_by_max_dets"] = self.ar_by_max_dets
        numbers["sizes"] = {
            size.name: {
                "ap": size.ap,
                "ap50": size.ap50,
                "ap75": size.ap75,
                "ar": size.ar,
                **_area_range(size.min_area, size.max_area),
                "gt": size.gt,
            }
            for size in self.sizes
        }
        numbers["categories"] = [asdict(category) for category in self.categories]
        if self.frequencies:
            numbers["frequencies"] = {
                group.name: {"ap": group.ap, "ar": group.ar, "categories": group.categories}
                for group in self.frequencies
            }
        if self.pool is not None:
            numbers["pool"] = self.pool
        if per_image:
            numbers["images"] = [asdict(image) for image in self.images]
        if self.official is not None:
            numbers["official"] = self.official
        return numbers


@dataclass(frozen=True, eq=False, repr=False)
class APResult:
    """The numbers of one evaluation with everything needed to trace them.

    Attributes:
        protocol: the rules that were used.
        compat: "official", the name of a package, or None.
        area_from: "mask" or "bbox" per kind of IoU: the area of a prediction for its bucket.
        scores: `Scores` by kind of IoU, in the order asked for.
        inputs: for "preds" and "gt": path, count; for gt also images and categories.
        notes: what the user should know.
        seconds: wall time of the evaluation, loading included if it was given paths.
        chosen: the categories and images asked for (None for all), and whether unknown records
            were skipped and `ignore` honoured.
        packages: the official package that is reproduced, by kind of IoU; None for none.
    """

    protocol: Protocol
    compat: str | None
    area_from: dict[str, str]
    scores: dict[str, Scores]
    inputs: dict[str, dict[str, Any]]
    notes: tuple[Note, ...]
    seconds: float
    chosen: dict[str, Any] = field(default_factory=dict)
    packages: dict[str, str | None] = field(default_factory=dict)

    def __repr__(self) -> str:
        """One line: the files and AP."""
        ap = ", ".join(
            f"{iou} AP {shown(s.overall.ap, 'percent')}" for iou, s in self.scores.items()
        )
        return f"APResult({versus(self.inputs)}: {ap})"

    @property
    def first(self) -> Scores:
        """The scores of the first kind of IoU."""
        return next(iter(self.scores.values()))

    @property
    def ap(self) -> float | None:
        """AP of the first kind of IoU, a fraction; None if undefined."""
        return self.first.overall.ap

    @property
    def ap50(self) -> float | None:
        """AP at IoU 0.50 of the first kind of IoU."""
        return self.first.overall.ap50

    @property
    def ap75(self) -> float | None:
        """AP at IoU 0.75 of the first kind of IoU."""
        return self.first.overall.ap75

    @property
    def ar(self) -> float | None:
        """AR at the largest cap of the first kind of IoU."""
        return self.first.overall.ar

    @property
    def matches(self) -> Matches:
        """The matches of the first kind of IoU."""
        return self.first.matches

    @property
    def primary(self) -> float | None:
        """The same as `ap`: what `--fail-under` looks at."""
        return self.ap

    @property
    def headline(self) -> tuple[str, ...]:
        """What was measured, on which files, by which rules."""
        return ap_tables.headline(self)

    @property
    def summary(self) -> str:
        """How much was evaluated."""
        return ap_tables.summary(self)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Sizes, categories, AR by cap and, if it was asked for, AP-pool."""
        found = (
            ap_tables.size_table(self),
            ap_tables.category_table(self),
            ap_tables.recall_table(self),
            ap_tables.pool_table(self),
        )
        return tuple(table for table in found if table is not None)

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """The object that `segeval ap --json` prints, without the hashes of the files.

        Args:
            per_image: add what each image alone would score.
        """
        numbers = {iou: scores.to_dict(per_image=per_image) for iou, scores in self.scores.items()}
        return envelope(SCHEMA, self, numbers)

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked for, as plain values."""
        area_from = set(self.area_from.values())
        return {
            "protocol": self.protocol.name,
            "compat": self.compat,
            "packages": self.packages,
            "iou": list(self.scores),
            "boundary_ratio": self.boundary.ratio,
            "boundary_px": self.boundary.px,
            "thresholds": list(self.protocol.thresholds),
            "sizes": [
                {"name": size.name, **_area_range(size.min_area, size.max_area)}
                for size in self.matches.buckets[1:]
            ],
            "area_from": area_from.pop() if len(area_from) == 1 else self.area_from,
            "max_dets": list(self.protocol.max_dets),
            "agnostic": self.protocol.agnostic,
            **self.chosen,
            "ties": "score descending, then image id, then file order",
        }

    @property
    def boundary(self) -> BoundarySettings:
        """Width of the boundaries that were compared."""
        if "boundary" not in self.scores:
            return BoundarySettings(None, None)
        px = self.protocol.boundary_px
        return BoundarySettings(self.protocol.boundary_ratio if px is None else None, px)

    def _repr_html_(self) -> str:
        """The table of sizes, for notebooks."""
        return html([ap_tables.size_table(self)])


def _area_range(low: float, high: float) -> dict[str, float | None]:
    """Ends of a bucket in pixels squared; an end at infinity is None, which JSON can say."""
    return {"min_area": low, "max_area": high if math.isfinite(high) else None}
