"""The numbers of panoptic quality, and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from segeval.errors import Note
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.panoptic.statistics import PanopticStatistics
from segeval.metrics.tables import Field, Table, Value, envelope, html, prefix, shown, versus
from segeval.words import counted

SCHEMA = "segeval/pq/1"

IOUS = ("segm", "boundary")
"""What two segments are compared by."""


@dataclass(frozen=True)
class Quality:
    """The mean over the categories of a group.

    Attributes:
        pq: panoptic quality, in [0, 1]; None if no category of the group has a segment.
        sq: segmentation quality: mean IoU of the true positives; 0 for a category without one.
        rq: recognition quality: an F1 score of whole segments.
        n: categories that have a segment.
    """

    pq: float | None
    sq: float | None
    rq: float | None
    n: int


@dataclass(frozen=True)
class ClassQuality:
    """One category.

    Attributes:
        id: of the category.
        name: of the category.
        isthing: True for things, False for stuff.
        pq: sum of IoU of the true positives / (TP + FP/2 + FN/2); None if there is no segment.
        sq: sum of IoU / TP; 0 without TP.
        rq: TP / (TP + FP/2 + FN/2).
        tp: pairs with IoU above 0.5.
        fp: predictions without a partner that are not ignored.
        fn: ground-truth segments without a partner, crowd regions left out.
    """

    id: int
    name: str
    isthing: bool
    pq: float | None
    sq: float | None
    rq: float | None
    tp: int
    fp: int
    fn: int


@dataclass(frozen=True)
class PanopticScores:
    """The numbers by one kind of IoU.

    Attributes:
        all: the mean over all categories that have a segment.
        things: over countable ones.
        stuff: over the others.
        classes: every category of the ground truth, in the order of the file.
    """

    all: Quality
    things: Quality
    stuff: Quality
    classes: tuple[ClassQuality, ...]


@dataclass(frozen=True, eq=False, repr=False)
class PanopticResult:
    """The numbers of one evaluation with what is needed to trace them.

    Attributes:
        scores: `PanopticScores` by kind of IoU, "segm" or "boundary", in the order asked for.
        inputs: for "preds" and "gt": path, folder, and counts.
        settings: what was asked for, as plain values.
        notes: what the user should know.
        seconds: wall time, reading included.
        statistics: of every image, by kind of IoU; `panoptic_scores` makes all numbers of them,
            for weighted images too.
    """

    scores: dict[str, PanopticScores]
    inputs: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Any]
    notes: tuple[Note, ...]
    seconds: float
    statistics: Mapping[str, PanopticStatistics]

    def __repr__(self) -> str:
        """One line: the files and PQ."""
        numbers = ", ".join(
            f"{kind} PQ {shown(scores.all.pq, 'percent')}" for kind, scores in self.scores.items()
        )
        return f"PanopticResult({versus(self.inputs)}: {numbers})"

    def _repr_html_(self) -> str:
        """The tables, for notebooks."""
        return html(self.tables)

    @property
    def first(self) -> PanopticScores:
        """The scores of the first kind of IoU."""
        return next(iter(self.scores.values()))

    @property
    def pq(self) -> float | None:
        """PQ of all categories by the first kind of IoU, a fraction; None if undefined."""
        return self.first.all.pq

    @property
    def sq(self) -> float | None:
        """SQ of all categories by the first kind of IoU."""
        return self.first.all.sq

    @property
    def rq(self) -> float | None:
        """RQ of all categories by the first kind of IoU."""
        return self.first.all.rq

    @property
    def primary(self) -> float | None:
        """What `--fail-under` looks at: `pq`."""
        return self.pq

    @property
    def headline(self) -> tuple[str, ...]:
        """The parts of the title."""
        title = " and ".join(f"{prefix(kind)}panoptic quality" for kind in self.scores)
        width = boundary_of(self.settings).text()
        packages = "as panopticapi" if self.settings["compat"] else ""
        rules = ", ".join(filter(None, [packages, width]))
        return (title[0].upper() + title[1:], versus(self.inputs), *filter(None, [rules]))

    @property
    def summary(self) -> str:
        """How much was evaluated."""
        images = counted(self.inputs["gt"]["images"], "image")
        judged = counted(self.first.all.n, "category", "categories")
        return f"{images}, {judged}, {counted(self.inputs['gt']['count'], 'segment')}"

    @property
    def tables(self) -> tuple[Table, ...]:
        """The groups, and the categories that have a segment, the worst first."""
        return self._groups(), self._classes()

    def _groups(self) -> Table:
        """All, things and stuff."""
        scores = list(self.scores.values())
        rows = [
            (name, *_numbers([getattr(one, name) for one in scores]), getattr(self.first, name).n)
            for name in ("all", "things", "stuff")
        ]
        fields = (Field("group", "group", "text"), *self._fields(), Field("n", "n", "count"))
        return Table("group", fields, tuple(rows), totals=1)

    def _classes(self) -> Table:
        """One row per category that has a segment."""
        evaluated = [k for k, one in enumerate(self.first.classes) if one.pq is not None]
        classes = self.first.classes
        rows = [
            (
                classes[k].id,
                classes[k].name,
                "thing" if classes[k].isthing else "stuff",
                *_numbers([scores.classes[k] for scores in self.scores.values()]),
                classes[k].tp,
                classes[k].fp,
                classes[k].fn,
            )
            for k in sorted(
                evaluated, key=lambda k: (classes[k].pq or 0.0, -classes[k].fp - classes[k].fn)
            )
        ]
        fields = (
            Field("id", "id", "id", drop=5),
            Field("name", "category", "text"),
            Field("kind", "kind", "text", drop=3),
            *self._fields(),
            Field("tp", "TP", "count", drop=4),
            Field("fp", "FP", "count", drop=4),
            Field("fn", "FN", "count", drop=4),
        )
        return Table("class", fields, tuple(rows))

    def _fields(self) -> tuple[Field, ...]:
        """PQ, SQ and RQ by every kind of IoU."""
        return tuple(
            Field(f"{prefix(kind).replace(' ', '_')}{key}", f"{prefix(kind)}{key.upper()}", drop=d)
            for place, kind in enumerate(self.scores)
            for key, d in (("pq", 0), ("sq", 2 + 4 * place), ("rq", 2 + 4 * place))
        )

    def to_dict(self) -> dict[str, Any]:
        """The object that `segeval pq --json` prints, without the hashes of the files."""
        numbers = {kind: asdict(scores) for kind, scores in self.scores.items()}
        return envelope(SCHEMA, self, numbers)


def _numbers(found: Sequence[Quality | ClassQuality]) -> tuple[Value, ...]:
    """The cells of one group or category, by every kind of IoU."""
    return tuple(value for one in found for value in (one.pq, one.sq, one.rq))
