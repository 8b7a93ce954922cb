"""The result of Cityscapes' instance AP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import Note
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.cityscapes.statistics import CityscapesStatistics
from segeval.metrics.coco.result import APResult
from segeval.metrics.tables import KINDS, Field, Table, Value, envelope, html, prefix, shown, versus
from segeval.words import counted

SCHEMA = "segeval/ap-cityscapes/1"
"""Name and version of the JSON object; keys are only ever added within one version."""


@dataclass(frozen=True)
class ClassScores:
    """AP of one class; None is undefined (no ground truth).

    Attributes:
        id: the class's label id.
        name: such as "car".
        gt: objects that count: no groups, and none of fewer than 100 pixels.
        preds: predictions with at least one pixel.
        ap: mean over the thresholds, a fraction.
        ap50: AP at 0.50.
    """

    id: int
    name: str
    gt: int
    preds: int
    ap: float | None
    ap50: float | None


@dataclass(frozen=True)
class CocoScores:
    """AP of the same files by the coco protocol.

    Attributes:
        ap: mean over classes and thresholds, a fraction; None is undefined.
        ap50: likewise at IoU 0.50.
        classes: one per class; here every object counts, and groups are crowd regions.
    """

    ap: float | None
    ap50: float | None
    classes: tuple[ClassScores, ...]


@dataclass(frozen=True, eq=False)
class CityscapesScores:
    """Every number of one kind of IoU.

    Attributes:
        iou: "segm" or "boundary".
        ap: mean over classes and thresholds, a fraction; None is undefined.
        ap50: mean over classes at 0.50.
        classes: the eight classes, by id.
        by_threshold: AP of each class at each threshold, float64, shape (K, T); NaN for a class
            without ground truth.
        coco: the same files by the coco protocol, None if not asked for.
    """

    iou: str
    ap: float | None
    ap50: float | None
    classes: tuple[ClassScores, ...]
    by_threshold: NDArray[np.float64]
    coco: CocoScores | None = None

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain values, undefined as None; `coco` only if asked for."""
        numbers: dict[str, Any] = {
            "ap": self.ap,
            "ap50": self.ap50,
            "classes": [asdict(each) for each in self.classes],
        }
        if self.coco is not None:
            numbers["coco"] = asdict(self.coco)
        return numbers


@dataclass(frozen=True, eq=False, repr=False)
class CityscapesResult:
    """Instance AP of Cityscapes, with the settings and files that it comes from.

    Attributes:
        scores: by kind of IoU, the first asked for first.
        images: how many.
        inputs: the two folders: path and counts.
        settings: what was asked for.
        notes: what the user should know.
        seconds: wall time of the evaluation.
        statistics: of every image, by kind of IoU; `cityscapes_scores` makes all numbers of them,
            for weighted images too.
        coco: what the coco protocol says of the same files, None if not asked for.
    """

    scores: Mapping[str, CityscapesScores]
    images: int
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    notes: tuple[Note, ...]
    seconds: float
    statistics: Mapping[str, CityscapesStatistics]
    coco: APResult | None = None

    def __repr__(self) -> str:
        """One line: the files and AP."""
        numbers = ", ".join(
            f"{kind} AP {shown(each.ap, 'percent')}" for kind, each in self.scores.items()
        )
        return f"CityscapesResult({versus(self.inputs)}: {numbers})"

    def _repr_html_(self) -> str:
        """The tables for a notebook."""
        return html(self.tables)

    @property
    def first(self) -> CityscapesScores:
        """The scores of the first kind of IoU."""
        return next(iter(self.scores.values()))

    @property
    def ap(self) -> float | None:
        """AP of the first kind of IoU, a fraction; None if undefined."""
        return self.first.ap

    @property
    def ap50(self) -> float | None:
        """AP at 0.50 of the first kind of IoU, likewise."""
        return self.first.ap50

    @property
    def primary(self) -> float | None:
        """The number that `--fail-under` looks at."""
        return self.ap

    @property
    def headline(self) -> tuple[str, ...]:
        """What was measured, on which files, by which rules."""
        kinds = " and ".join(KINDS[kind] for kind in self.scores)
        compat = self.settings["compat"]
        rules = ["cityscapes protocol" + (" as cityscapesScripts" if compat else "")]
        rules += filter(None, [boundary_of(self.settings).text()])
        return (f"{kinds.capitalize()} AP", versus(self.inputs), ", ".join(rules))

    @property
    def summary(self) -> str:
        """How much was evaluated."""
        first = self.first
        return ", ".join(
            [
                counted(self.images, "image"),
                counted(sum(each.gt for each in first.classes), "object"),
                counted(sum(each.preds for each in first.classes), "prediction"),
            ]
        )

    @property
    def tables(self) -> tuple[Table, ...]:
        """AP and AP50 per class, the average first; the coco protocol's below."""
        found = [_table("class", "", self.scores)]
        coco = {kind: each.coco for kind, each in self.scores.items() if each.coco is not None}
        if coco:
            found.append(_table("coco class", "COCO ", coco))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The object that `--json` prints, without the hashes of the files."""
        numbers = {kind: each.to_dict() for kind, each in self.scores.items()}
        return envelope(SCHEMA, self, numbers)


def _table(name: str, before: str, scores: Mapping[str, CityscapesScores | CocoScores]) -> Table:
    """A row per class, and columns for every kind of IoU."""
    first = next(iter(scores.values()))
    fields = [
        Field("class", "class", "text"),
        Field("gt", "objects", "count", drop=4),
        Field("preds", "predictions", "count", drop=5),
    ]
    average: list[Value] = [
        "average",
        sum(each.gt for each in first.classes),
        sum(each.preds for each in first.classes),
    ]
    rows: list[list[Value]] = [[each.name, each.gt, each.preds] for each in first.classes]
    for kind, numbers in scores.items():
        title = f"{before}{prefix(kind)}AP"
        key = title.lower().replace(" ", "_")
        is_first = kind == next(iter(scores))
        fields += [
            Field(key, title, drop=0 if is_first else 3),
            Field(f"{key}50", f"{title}50", drop=6 if is_first else 7),
        ]
        average += [numbers.ap, numbers.ap50]
        for row, each in zip(rows, numbers.classes, strict=True):
            row += [each.ap, each.ap50]
    return Table(name, tuple(fields), (tuple(average), *map(tuple, rows)), totals=1)
