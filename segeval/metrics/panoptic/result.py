"""The numbers of panoptic quality, and how they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from segeval.brief import Brief
from segeval.data.keys import Key
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.kinds import prefix
from segeval.metrics.panoptic.per_image import ImageQuality, image_qualities
from segeval.metrics.panoptic.statistics import PanopticStatistics
from segeval.metrics.result import Description, Result, first_of, flat_by_kind, in_brief, versus
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted

IOUS = ("segm", "boundary")
"""Kinds of IoU."""


@frozen
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


@frozen
class CategoryQuality:
    """One category.

    Attributes:
        id: id of the category.
        name: name of the category.
        isthing: True for things, False for stuff.
        pq: sum of IoU of the true positives / (TP + FP/2 + FN/2); None if there is no segment.
        sq: sum of IoU / TP; 0 without TP.
        rq: TP / (TP + FP/2 + FN/2).
        tp: pairs with IoU above 0.5.
        fp: predictions without a partner that are not ignored.
        fn: ground-truth segments without a partner, crowd regions left out.
    """

    id: int | str
    name: str
    isthing: bool
    pq: float | None
    sq: float | None
    rq: float | None
    tp: int
    fp: int
    fn: int


@frozen(repr=False)
class PanopticScores(Brief):
    """The numbers by one kind of IoU.

    Attributes:
        all: the mean over all categories that have a segment.
        things: the mean over the countable ones.
        stuff: the mean over the others.
        categories: every category of the ground truth, in the order of the file.
    """

    all: Quality
    things: Quality
    stuff: Quality
    categories: tuple[CategoryQuality, ...]


ByKind = Mapping[str, PanopticScores]


def _headline(result: Result[ByKind]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    title = " and ".join(f"{prefix(kind)}panoptic quality" for kind in result.scores)
    package = "as panopticapi" if result.settings["compat"] else ""
    rules = ", ".join(filter(None, [package, boundary_of(result.settings).text()]))
    return (title[0].upper() + title[1:], versus(result.inputs), *filter(None, [rules]))


def _summary(result: Result[ByKind]) -> str:
    """How much was evaluated."""
    images = counted(result.inputs["gt"]["images"], "image")
    judged = counted(result.first.all.n, "category", "categories")
    return f"{images}, {judged}, {counted(result.inputs['gt']['count'], 'segment')}"


def _tables(result: Result[ByKind]) -> tuple[Table, ...]:
    """The groups, then the categories that have a segment, worst first."""
    return _group_table(result), _category_table(result)


def _group_table(result: Result[ByKind]) -> Table:
    """All, things and stuff."""
    scores = list(result.scores.values())
    rows = [
        (name, *_numbers([getattr(one, name) for one in scores]), getattr(result.first, name).n)
        for name in ("all", "things", "stuff")
    ]
    fields = (Field("group", "group", "text"), *_fields(result.scores), Field("n", "n", "count"))
    return Table("group", fields, tuple(rows), totals=1)


def _category_table(result: Result[ByKind]) -> Table:
    """One row per category that has a segment."""
    categories = result.first.categories
    rows = [
        (
            categories[k].id,
            categories[k].name,
            "thing" if categories[k].isthing else "stuff",
            *_numbers([scores.categories[k] for scores in result.scores.values()]),
            categories[k].tp,
            categories[k].fp,
            categories[k].fn,
        )
        for k in sorted(
            (k for k, one in enumerate(categories) if one.pq is not None),
            key=lambda k: (categories[k].pq or 0.0, -categories[k].fp - categories[k].fn),
        )
    ]
    fields = (
        Field("id", "id", "id", drop=5),
        Field("name", "category", "text"),
        Field("kind", "kind", "text", drop=3),
        *_fields(result.scores),
        Field("tp", "TP", "count", drop=4),
        Field("fp", "FP", "count", drop=4),
        Field("fn", "FN", "count", drop=4),
    )
    return Table("category", fields, tuple(rows))


def _fields(scores: ByKind) -> tuple[Field, ...]:
    """PQ, SQ and RQ by every kind of IoU."""
    return tuple(
        Field(f"{prefix(kind).replace(' ', '_')}{key}", f"{prefix(kind)}{key.upper()}", drop=drop)
        for place, kind in enumerate(scores)
        for key, drop in (("pq", 0), ("sq", 2 + 4 * place), ("rq", 2 + 4 * place))
    )


def _numbers(found: Sequence[Quality | CategoryQuality | ImageQuality]) -> tuple[Value, ...]:
    """The cells of one group, category or image, by every kind of IoU."""
    return tuple(value for one in found for value in (one.pq, one.sq, one.rq))


def image_table(result: PanopticResult) -> Table:
    """One row per image, worst first; among equals the one with more mistakes."""
    kinds = [image_qualities(each) for each in result.statistics.values()]
    rows = [
        (of_kinds[0].id, *_numbers(of_kinds), of_kinds[0].tp, of_kinds[0].fp, of_kinds[0].fn)
        for of_kinds in sorted(
            zip(*kinds, strict=True),
            key=lambda found: (found[0].pq is None, found[0].pq or 0.0, -found[0].fp - found[0].fn),
        )
    ]
    fields = (
        Field("image", "image", "id"),
        *_fields(result.scores),
        Field("tp", "TP", "count", drop=4),
        Field("fp", "FP", "count", drop=4),
        Field("fn", "FN", "count", drop=4),
    )
    return Table("image", fields, tuple(rows))


def _means(scores: PanopticScores) -> dict[str, float | None]:
    """The means by the names that papers give them."""
    groups = {"": scores.all, "_things": scores.things, "_stuff": scores.stuff}
    return {
        f"{name}{end}": getattr(group, name.lower())
        for end, group in groups.items()
        for name in ("PQ", "SQ", "RQ")
    }


PQ: Description[ByKind] = Description(
    place=f"{__name__}:PQ",
    schema="segeval/pq/2",
    primary=lambda scores: first_of(scores).all.pq,
    brief=lambda scores: in_brief("PQ", {iou: each.all.pq for iou, each in scores.items()}),
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=lambda scores: {iou: asdict(each) for iou, each in scores.items()},
    flat=lambda scores: flat_by_kind(scores, _means),
    others={"image": image_table},
)


@frozen(eq=False, repr=False, kw_only=True)
class PanopticResult(Result[ByKind]):
    """Panoptic quality for each kind of IoU, "segm" or "boundary".

    Attributes:
        statistics: statistics of every image by kind of IoU, from which `panoptic_scores` computes
            all numbers, also for weighted images.
        file_names: file names of the images, by id.
    """

    statistics: Mapping[str, PanopticStatistics]
    file_names: Mapping[Key, str]
    about: Description[ByKind] = PQ

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

    def show(self, image: int | str, **how: Any) -> Any:
        """One image as a picture, which a notebook shows: what was found, false and missed in it.

        The result does not keep its inputs: files are read again, and columns are taken from memory
        while they are there.

        Args:
            image: its id, or the name of its photograph with or without folders.
            how: `images` (folder of the photographs; without, masks on grey), `iou` (a kind of the
                result; the first), `preds` and `gt` (in place of inputs that are gone), `dark` and
                `workers`.

        Returns:
            A picture with `save(path)` (.png, .pdf or .svg) and `notes`.

        Raises:
            InputError: for an image that does not exist, with its nearest names or ids; for inputs
                that are gone; for a file that has changed.
        """
        return self._picture(image, **how)

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """The object that `segeval pq --json` prints, without the hashes of the files.

        Args:
            per_image: add what each image alone would score.
        """
        document = super().to_dict()
        for iou, statistics in self.statistics.items() if per_image else ():
            images = [asdict(image) for image in image_qualities(statistics)]
            document["results"][iou]["per_image"] = images
        return document
