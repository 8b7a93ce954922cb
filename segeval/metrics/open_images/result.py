"""The result of an evaluation on Open Images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from segeval.errors import Note
from segeval.metrics.open_images.statistics import OpenImagesStatistics
from segeval.metrics.tables import Field, Table, Value, envelope, html, shown, versus

SCHEMA = "segeval/ap-openimages/1"
"""Name and version of the JSON object; keys are only ever added within one version."""

KINDS = {"segm": "masks", "bbox": "boxes"}
"""What is compared, in words."""


@dataclass(frozen=True)
class OpenImagesClassScores:
    """What one class scores; None is undefined (nothing to find).

    Attributes:
        id: LabelName of the class.
        name: the same, as there is no file of names.
        ap50: AP at IoU 0.5.
        gt: single objects that recall counts.
        group_of: groups that recall counts, each with the weight of a group.
        preds: judged predictions.
    """

    id: str
    name: str
    ap50: float | None
    gt: int
    group_of: int
    preds: int


@dataclass(frozen=True)
class OpenImagesScores:
    """AP of one kind of IoU.

    Attributes:
        ap50: mean over the classes whose AP is defined; None if there are none.
        gt: single objects that recall counts.
        group_of: groups that recall counts.
        preds: judged predictions.
        classes: by name.
    """

    ap50: float | None
    gt: int
    group_of: int
    preds: int
    classes: tuple[OpenImagesClassScores, ...]


@dataclass(frozen=True, eq=False, repr=False)
class OpenImagesResult:
    """The numbers of the Open Images challenge with everything needed to trace them.

    Attributes:
        scores: by kind of IoU, "segm" and "bbox".
        inputs: for "preds" and "gt": path and counts.
        settings: what was asked for, as plain values.
        notes: what the user should know.
        seconds: wall time.
        statistics: of every image, by kind of IoU; `open_images_scores` makes all numbers of them,
            for weighted images too.
    """

    scores: Mapping[str, OpenImagesScores]
    inputs: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Any]
    notes: tuple[Note, ...]
    seconds: float
    statistics: Mapping[str, OpenImagesStatistics]

    def __repr__(self) -> str:
        """One line: the files and mAP."""
        found = ", ".join(
            f"{kind} AP50 {shown(scores.ap50, 'percent')}" for kind, scores in self.scores.items()
        )
        return f"OpenImagesResult({versus(self.inputs)}: {found})"

    def _repr_html_(self) -> str:
        """The tables for notebooks."""
        return html(self.tables)

    @property
    def first(self) -> OpenImagesScores:
        """The scores of the first kind of IoU."""
        return next(iter(self.scores.values()))

    @property
    def ap50(self) -> float | None:
        """Mean AP at IoU 0.5 of the first kind of IoU."""
        return self.first.ap50

    @property
    def primary(self) -> float | None:
        """Mean AP at IoU 0.5 of the first kind of IoU."""
        return self.ap50

    @property
    def headline(self) -> tuple[str, ...]:
        """What was measured, on which files, by which rules."""
        kinds = " and ".join(KINDS[kind] for kind in self.scores)
        settings = self.settings
        expanded = "ground truth expanded" if settings["hierarchy"] else "nothing expanded"
        if settings["expand_predictions"]:
            expanded = "ground truth and predictions expanded"
        return (
            f"AP at IoU 0.5 of {kinds}",
            versus(self.inputs),
            "Open Images challenge",
            expanded,
            f"a group counts {settings['group_of_weight']:g}",
            *([f"compat {settings['compat']}"] if settings["compat"] else []),
        )

    @property
    def summary(self) -> str:
        """How much was evaluated."""
        images = self.inputs["gt"]["images"]
        scores = self.first
        defined = sum(each.ap50 is not None for each in scores.classes)
        return (
            f"{images:,} image{'' if images == 1 else 's'}, "
            f"{defined:,} of {len(scores.classes):,} classes with ground truth, "
            f"{scores.preds:,} predictions judged"
        )

    @property
    def tables(self) -> tuple[Table, ...]:
        """The classes, for each kind of IoU."""
        several = len(self.scores) > 1
        return tuple(
            _class_table(scores, kind if several else None) for kind, scores in self.scores.items()
        )

    def to_dict(self) -> dict[str, Any]:
        """The object that `segeval ap --json` prints, without the hashes of the files."""
        numbers = {kind: asdict(scores) for kind, scores in self.scores.items()}
        return envelope(SCHEMA, self, numbers)


def _class_table(scores: OpenImagesScores, kind: str | None) -> Table:
    """The mean in the first row, then the classes; with the kind of IoU where there are several."""
    of: tuple[Value, ...] = () if kind is None else (kind,)
    fields = (
        *([] if kind is None else [Field("iou", "IoU of", "text", drop=3)]),
        Field("class", "class", "text"),
        Field("ap50", "AP50"),
        Field("gt", "gt", "count"),
        Field("group_of", "groups", "count", drop=1),
        Field("preds", "preds", "count", drop=2),
    )
    mean: tuple[Value, ...] = (
        *of, "mean", scores.ap50, scores.gt, scores.group_of, scores.preds,
    )  # fmt: skip
    rows = tuple(
        (*of, each.name, each.ap50, each.gt, each.group_of, each.preds) for each in scores.classes
    )
    return Table("class", fields, (mean, *rows), totals=1)
