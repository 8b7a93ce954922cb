"""The categories that are proposed for an expert, and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.brief import Brief
from segeval.data.keys import Key
from segeval.frozen import frozen
from segeval.metrics.result import Description, Result, versus
from segeval.metrics.tables import Field, Table
from segeval.words import counted

SOURCE_TITLES = {
    "confusion": "the predictions",
    "weights": "the classifier",
    "hierarchy": "the hierarchy",
}
"""What tells which categories are confused, in the headline."""


@frozen
class ExpertCategory:
    """A category to train an expert on.

    Attributes:
        id: as the ground truth writes it.
        name: its name.
        is_positive: whether the expert shall find it; else it is one that others are taken for.
        ap: of the model; None if undefined.
        n_gt: number of its objects.
        like: name of the positive category that it is taken for; None of a positive one.
        confusion: with that; None of a positive one.
    """

    id: Key
    name: str
    is_positive: bool
    ap: float | None
    n_gt: int
    like: str | None = None
    confusion: float | None = None


@frozen(eq=False, repr=False)
class ExpertScores(Brief):
    """Categories to train an expert on, and how many images that takes.

    Attributes:
        categories: the positive ones by rising AP, then the negative ones by falling confusion.
        thresholds: of the confusion, by source.
        positive_images: images with an object of a positive category.
        negative_images: images with one of a negative category and none of a positive one.
        ratio: negative images for each positive one; None where there is none.
        rare: names of the categories with too few objects to be judged.
    """

    categories: tuple[ExpertCategory, ...]
    thresholds: Mapping[str, float]
    positive_images: int
    negative_images: int
    ratio: float | None
    rare: tuple[str, ...]

    @property
    def positive(self) -> list[Key]:
        """Ids of the categories that the expert shall find."""
        return [each.id for each in self.categories if each.is_positive]

    @property
    def negative(self) -> list[Key]:
        """Ids of the categories that it shall learn to leave alone."""
        return [each.id for each in self.categories if not each.is_positive]


def _headline(result: Result[ExpertScores]) -> tuple[str, ...]:
    """What was looked for, and in which files."""
    settings = result.settings
    return (
        "Categories for an expert",
        versus(result.inputs),
        f"confusion by {' or '.join(SOURCE_TITLES[each] for each in settings['sources'])}",
        f"{settings['iou']} AP",
    )


def _summary(result: Result[ExpertScores]) -> str:
    """How many images there are to train on."""
    scores = result.scores
    ratio = "" if scores.ratio is None else f" (1 : {scores.ratio:.2f})"
    return (
        f"{counted(scores.positive_images, 'image')} with the weak categories, "
        f"{scores.negative_images:,} others with those that are confused with them{ratio}"
    )


def _tables(result: Result[ExpertScores]) -> tuple[Table, ...]:
    """The weakest categories, then those that they are taken for."""
    fields = (
        Field("id", "id", "label", drop=1),
        Field("name", "category", "text"),
        Field("ap", "AP"),
        Field("gt", "gt", "count", drop=2),
        Field("confusion", "confused", "percent"),
        Field("like", "with", "text"),
    )
    rows = [
        (str(each.id), each.name, each.ap, each.n_gt, each.confusion, each.like)
        for each in result.scores.categories
    ]
    positive = len(result.scores.positive)
    return (Table("category", fields, tuple(rows), totals=positive),)


def _values(scores: ExpertScores) -> dict[str, Any]:
    """The categories and numbers of images as plain values."""
    categories = [
        {
            "id": each.id,
            "name": each.name,
            "role": "positive" if each.is_positive else "negative",
            "ap": each.ap,
            "gt": each.n_gt,
            "like": each.like,
            "confusion": each.confusion,
        }
        for each in scores.categories
    ]
    return {
        "categories": categories,
        "thresholds": dict(scores.thresholds),
        "positive_images": scores.positive_images,
        "negative_images": scores.negative_images,
        "ratio": scores.ratio,
        "rare": list(scores.rare),
    }


EXPERTS: Description[ExpertScores] = Description(
    place=f"{__name__}:EXPERTS",
    schema="segeval/experts/1",
    brief=lambda scores: (
        f"{counted(len(scores.positive), 'weak category', 'weak categories')}, "
        f"{len(scores.negative)} confused"
    ),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=_values,
)
