"""The result of cgF1, and how it is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.concepts.scores import (
    BY_THRESHOLD,
    ConceptScores,
    ConceptThreshold,
    summarised,
    threshold_name,
)
from segeval.metrics.concepts.statistics import ImageStatistics
from segeval.metrics.kinds import KINDS
from segeval.metrics.result import Description, Result, envelope, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted, percent

NUMBERS = (
    Field("cgf1", "cgF1"),
    Field("pmf1", "pmF1"),
    Field("macro_f1", "macro F1", drop=4),
    Field("precision", "precision", drop=2),
    Field("recall", "recall", drop=3),
    Field("f1", "F1", drop=5),
    Field("tp", "TP", "count"),
    Field("fp", "FP", "count"),
    Field("fn", "FN", "count"),
)
"""Columns of the numbers by threshold."""

LEVEL = (
    Field("mcc", "IL_MCC", "number"),
    Field("precision", "precision"),
    Field("recall", "recall"),
    Field("f1", "F1"),
    Field("fpr", "FPR", drop=1),
    Field("tp", "TP", "count"),
    Field("tn", "TN", "count"),
    Field("fp", "FP", "count"),
    Field("fn", "FN", "count"),
)
"""Columns of the numbers of whole images."""


def threshold_table(result: Result[ConceptScores]) -> Table:
    """The numbers at each IoU threshold, their means first."""
    scores = result.scores
    mean = tuple(getattr(scores.mean, field.key, "") for field in NUMBERS)
    rows: list[tuple[Value, ...]] = [
        (threshold_name(one.threshold), *(getattr(one, field.key) for field in NUMBERS))
        for one in scores.thresholds
    ]
    fields = Field("threshold", "IoU", "text"), *NUMBERS
    return Table("threshold", fields, (("mean", *mean), *rows), 1)


def level_table(result: Result[ConceptScores]) -> Table:
    """Whether there is an object at all."""
    level = result.scores.image_level
    mcc = None if level.mcc is None else round(level.mcc, 3)
    row = ("presence", mcc, *(getattr(level, field.key) for field in LEVEL[1:]))
    return Table("image_level", (Field("name", "image level", "text"), *LEVEL), (row,))


def image_table(result: Result[ConceptScores]) -> Table:
    """Every image with its phrase, the worst F1 first; those without objects and predictions last.

    TP, FP and FN are those at IoU 0.50.
    """
    images = result.scores.images
    several = result.settings["annotators"] > 1
    fields = (
        Field("image", "image", "text"),
        Field("phrase", "phrase", "text", drop=1),
        *([Field("annotator", "annotator", "count", drop=3)] if several else []),
        Field("tp", "TP", "count"),
        Field("fp", "FP", "count"),
        Field("fn", "FN", "count"),
        Field("f1", "F1"),
    )
    ordered = sorted(images, key=lambda one: (one.f1 is None, one.f1 or 0.0, -one.fp - one.fn))
    rows = tuple(
        (
            one.file_name or str(one.id), one.phrase,
            *([one.annotator + 1] if several else []), one.tp, one.fp, one.fn, one.f1,
        )
        for one in ordered
    )  # fmt: skip
    return Table("image", fields, rows)


def _headline(result: Result[ConceptScores]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    others = [Path(str(own["path"])).name for role, own in result.inputs.items() if "gt_" in role]
    files = ", ".join([versus(result.inputs), *others])
    kind = KINDS[result.settings["iou"]]
    return f"cgF1 by {kind} IoU", files, f"scores from {result.settings['min_score']:g}"


def _summary(result: Result[ConceptScores]) -> str:
    """How much was evaluated."""
    scores = result.scores
    images = counted(len(scores.images), "image with its phrase", "images with their phrases")
    count = sum(one.predictions for one in scores.images)
    return (
        f"{images} ({scores.positives:,} positive, {scores.negatives:,} negative), "
        f"{counted(count, 'prediction')}"
    )


def _flat(scores: ConceptScores) -> dict[str, Any]:
    """The numbers for a logger: means, and those at 0.50 and 0.75."""
    names = dict(zip(BY_THRESHOLD, FLAT, strict=True))
    found = {names[key]: getattr(scores.mean, key) for key in BY_THRESHOLD}
    for end, threshold in (("50", 0.5), ("75", 0.75)):
        own = scores.at(threshold)
        found |= {f"{names[key]}_{end}": getattr(own, key, None) for key in BY_THRESHOLD}
    level = scores.image_level
    return found | {
        "IL_MCC": level.mcc,
        "IL_precision": level.precision,
        "IL_recall": level.recall,
        "IL_F1": level.f1,
        "IL_FPR": level.fpr,
    }


FLAT = (
    "cgF1", "positive_micro_F1", "positive_macro_F1", "precision", "positive_micro_precision",
    "recall", "F1",
)  # fmt: skip
"""Names of the official code for the numbers in `BY_THRESHOLD`."""

CONCEPT_F1: Description[ConceptScores] = Description(
    place=f"{__name__}:CONCEPT_F1",
    schema="segeval/cgf1/1",
    primary=lambda scores: scores.mean.cgf1,
    brief=lambda scores: f"cgF1 {percent(scores.mean.cgf1)}, pmF1 {percent(scores.mean.pmf1)}",
    headline=_headline,
    summary=_summary,
    tables=lambda result: (threshold_table(result), level_table(result)),
    values=lambda scores: scores.to_dict(),
    flat=_flat,
    others={"image": image_table},
)


@frozen(eq=False, repr=False, kw_only=True)
class ConceptF1Result(Result[ConceptScores]):
    """cgF1 and its parts, fractions; None is undefined.

    Attributes:
        statistics: what is found in each image, in the order of `scores.images`.
    """

    statistics: ImageStatistics
    about: Description[ConceptScores] = CONCEPT_F1

    @property
    def cgf1(self) -> float | None:
        """Mean cgF1 over the IoU thresholds."""
        return self.scores.mean.cgf1

    @property
    def cgf1_50(self) -> float | None:
        """cgF1 at IoU 0.50."""
        return cast("ConceptThreshold", self.scores.at(0.5)).cgf1

    @property
    def cgf1_75(self) -> float | None:
        """cgF1 at IoU 0.75."""
        return cast("ConceptThreshold", self.scores.at(0.75)).cgf1

    @property
    def pmf1(self) -> float | None:
        """Mean positive micro F1 over the IoU thresholds."""
        return self.scores.mean.pmf1

    @property
    def il_mcc(self) -> float | None:
        """Matthews' correlation coefficient of whole images, from -1 to 1."""
        return self.scores.image_level.mcc

    def of_images(self, images: NDArray[np.bool_]) -> ConceptF1Result:
        """The result of some of its images, as if there were no others.

        Args:
            images: those that count, bool, shape (I,).
        """
        kept = tuple(self.scores.images[place] for place in np.flatnonzero(images))
        thresholds = [one.threshold for one in self.scores.thresholds]
        some = self.statistics.take(images)
        return replace(self, statistics=some, scores=summarised(some, thresholds, kept))

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """The object that `segeval cgf1 --json` prints, without the hashes of the files.

        Args:
            per_image: with every image.
        """
        return envelope(
            self.about.schema,
            self.scores.to_dict(per_image=per_image),
            inputs=self.inputs,
            settings=self.settings,
            notes=self.notes,
            seconds=self.seconds,
        )
