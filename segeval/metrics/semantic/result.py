"""The numbers of label maps, and how they are shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from segeval.brief import Brief
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.result import Description, Result, versus
from segeval.metrics.semantic.per_image import ImageScores, image_scores
from segeval.metrics.semantic.statistics import LabelMapStatistics
from segeval.metrics.tables import Field, Table, Value
from segeval.words import counted, percent


@dataclass(frozen=True)
class CategoryScores:
    """Scores of one category; None is undefined.

    Attributes:
        id: value of its pixels.
        name: name for people.
        group: name of its group, such as "flat"; None where there are no groups.
        pixels: number of true pixels of the category.
        iou: intersection over union, over all images.
        accuracy: share of the true pixels predicted correctly.
        iiou: IoU with pixels weighted by the size of their instance; None without instances.
    """

    id: int
    name: str
    group: str | None
    pixels: int
    iou: float | None
    accuracy: float | None
    iiou: float | None = None


@dataclass(frozen=True)
class GroupScores:
    """Scores of one group of categories, such as "flat" of Cityscapes.

    Attributes:
        name: name of the group.
        iou: IoU with its categories taken as one.
        iiou: the same IoU weighted by instance; None without instances.
    """

    name: str
    iou: float | None
    iiou: float | None = None


@dataclass(frozen=True)
class BandCategory:
    """Scores of one category in a band.

    Attributes:
        id: value of its pixels.
        name: name for people.
        pixels: number of true pixels of the category in the band.
        iou: IoU over these pixels.
    """

    id: int
    name: str
    pixels: int
    iou: float | None


@dataclass(frozen=True, repr=False)
class TrimapScores(Brief):
    """Scores in the band around the boundaries of the ground truth.

    Attributes:
        width: width of the band in pixels, as asked for.
        pixels: number of evaluated pixels in it.
        miou: mean IoU over these pixels.
        categories: in the order of the run.
    """

    width: float
    pixels: int
    miou: float | None
    categories: tuple[BandCategory, ...]


@dataclass(frozen=True)
class BoundaryCategory:
    """Boundary IoU of one category.

    Attributes:
        id: value of its pixels.
        name: name for people.
        intersection: pixels in both boundaries, over all images.
        union: pixels in at least one of them.
        iou: their quotient.
    """

    id: int
    name: str
    intersection: int
    union: int
    iou: float | None


@dataclass(frozen=True, repr=False)
class BoundaryScores(Brief):
    """Boundary IoU by category, and its mean.

    Attributes:
        miou: mean over the categories.
        ratio: width of a boundary as a fraction of the image's diagonal, None if in pixels.
        px: width in pixels, None if a fraction of the diagonal.
        categories: in the order of the run.
    """

    miou: float | None
    ratio: float | None
    px: int | None
    categories: tuple[BoundaryCategory, ...]


@dataclass(frozen=True)
class BoundaryFCategory:
    """Boundary F of one category.

    Attributes:
        id: value of its pixels.
        name: name for people.
        images: number of images with the category in the ground truth.
        f: mean over all images; an image where neither side has the category scores 1.
        f_present: mean over the images that have the category.
        precision: share of the predicted boundary near the true one, mean over all images.
        recall: share of the true boundary near the predicted one, mean over all images.
    """

    id: int
    name: str
    images: int
    f: float | None
    f_present: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True, repr=False)
class BoundaryFScores(Brief):
    """Boundary F by category, and its means.

    Attributes:
        f: mean over the categories of the mean over all images.
        f_present: the same over the images that have the category.
        threshold: how far apart boundaries may lie, in pixels or, below 1, as a fraction of the
            image's diagonal.
        categories: in the order of the run.
    """

    f: float | None
    f_present: float | None
    threshold: float
    categories: tuple[BoundaryFCategory, ...]


@dataclass(frozen=True, eq=False, repr=False)
class MeanIoUScores(Brief):
    """Every number of label maps; None is undefined.

    Attributes:
        miou: mean IoU of the categories, a fraction.
        pixel_accuracy: share of all true pixels predicted correctly.
        mean_accuracy: mean of the categories' accuracies.
        fw_iou: IoU weighted by the share of true pixels.
        iiou: mean iIoU of the categories with instances; None without instances.
        group_miou: mean IoU of the groups; None without groups.
        group_iiou: mean iIoU of the groups with instances.
        pixels: number of evaluated pixels.
        images: number of images.
        categories: in the order of the run; people call them classes.
        groups: groups of categories, which Cityscapes calls categories; empty where there are none.
        trimap: one per width.
        boundary: boundary IoU, None if not asked for.
        boundary_f: boundary F, None if not asked for.
        detectron2_boundary: detectron2's number, None without its compat mode.
    """

    miou: float | None
    pixel_accuracy: float | None
    mean_accuracy: float | None
    fw_iou: float | None
    iiou: float | None
    group_miou: float | None
    group_iiou: float | None
    pixels: int
    images: int
    categories: tuple[CategoryScores, ...]
    groups: tuple[GroupScores, ...]
    trimap: tuple[TrimapScores, ...]
    boundary: BoundaryScores | None
    boundary_f: BoundaryFScores | None
    detectron2_boundary: BoundaryScores | None


def _headline(result: Result[MeanIoUScores]) -> tuple[str, ...]:
    """What was measured, on which files, by which rules."""
    compat = result.settings["compat"]
    return (
        "Mean IoU",
        versus(result.inputs),
        f"{result.settings['classes']} classes",
        f"absent classes as {result.settings['absent']}",
        *([f"compat {compat}"] if compat else []),
        *filter(None, [boundary_of(result.settings).text()]),
    )


def _summary(result: Result[MeanIoUScores]) -> str:
    """How much was evaluated."""
    images = counted(result.scores.images, "image")
    classes = counted(len(result.scores.categories), "class", "classes")
    return f"{images}, {classes}, {counted(result.scores.pixels, 'pixel')}"


def _tables(result: Result[MeanIoUScores]) -> tuple[Table, ...]:
    """Means and categories, groups, bands."""
    found = [_category_table(result)]
    if result.scores.groups:
        found.append(_group_table(result))
    if result.scores.trimap:
        found += [_trimap_table(result.scores), _trimap_category_table(result.scores)]
    return tuple(found)


def _category_table(result: Result[MeanIoUScores]) -> Table:
    """The means in the first rows, then the categories."""
    found = result.scores
    fields = [
        Field("category", "class", "text"),
        Field("pixels", "gt px", "count", drop=2),
        Field("iou", "IoU"),
        Field("accuracy", "accuracy", drop=1),
    ]
    columns: list[list[Value]] = [
        ["mean", *(each.name for each in found.categories)],
        [found.pixels, *(each.pixels for each in found.categories)],
        [found.miou, *(each.iou for each in found.categories)],
        [found.mean_accuracy, *(each.accuracy for each in found.categories)],
    ]
    if result.settings["instances"]:
        fields.append(Field("iiou", "iIoU"))
        columns.append([found.iiou, *(each.iiou for each in found.categories)])
    for name, title in (("boundary", "boundary IoU"), ("detectron2_boundary", "detectron2")):
        scores: BoundaryScores | None = getattr(found, name)
        if scores is not None:
            fields.append(Field(f"{name}_iou", title))
            columns.append([scores.miou, *(each.iou for each in scores.categories)])
    if found.boundary_f is not None:
        fields += [Field("f", "F"), Field("f_present", "F present", drop=3)]
        by_category = found.boundary_f.categories
        columns.append([found.boundary_f.f, *(each.f for each in by_category)])
        columns.append([found.boundary_f.f_present, *(each.f_present for each in by_category)])
    rows = list(zip(*columns, strict=True))
    blank: list[Value] = [None] * (len(fields) - 3)
    others: list[tuple[Value, ...]] = [
        ("pixel accuracy", None, None, found.pixel_accuracy, *blank[1:]),
        ("fw IoU", None, found.fw_iou, *blank),
    ]
    return Table("category", tuple(fields), (rows[0], *others, *rows[1:]), totals=3)


def _group_table(result: Result[MeanIoUScores]) -> Table:
    """The means in the first row, then the groups."""
    found = result.scores
    fields = [Field("group", "category", "text"), Field("iou", "IoU")]
    rows: list[tuple[Value, ...]] = [
        ("mean", found.group_miou, found.group_iiou),
        *((each.name, each.iou, each.iiou) for each in found.groups),
    ]
    if result.settings["instances"]:
        fields.append(Field("iiou", "iIoU"))
    return Table("group", tuple(fields), tuple(row[: len(fields)] for row in rows), totals=1)


def _trimap_table(scores: MeanIoUScores) -> Table:
    """One row per width."""
    fields = (
        Field("width", "trimap px", "number"),
        Field("pixels", "gt px", "count"),
        Field("share", "of all"),
        Field("miou", "mIoU"),
    )
    rows = tuple(
        (band.width, band.pixels, band.pixels / scores.pixels if scores.pixels else None, band.miou)
        for band in scores.trimap
    )
    return Table("trimap", fields, rows)


def _trimap_category_table(scores: MeanIoUScores) -> Table:
    """One row per category, one column per width."""
    fields = (
        Field("category", "IoU in trimap", "text"),
        *(
            Field(f"iou_{band.width:g}", f"{band.width:g} px", drop=place)
            for place, band in enumerate(scores.trimap)
        ),
    )
    rows = tuple(
        (each.name, *(band.categories[place].iou for band in scores.trimap))
        for place, each in enumerate(scores.categories)
    )
    return Table("trimap category", fields, rows)


def image_table(result: MeanIoUResult) -> Table:
    """One row per image, worst first."""
    fields = (
        Field("image", "image", "text"),
        Field("pixels", "gt px", "count", drop=2),
        Field("miou", "mIoU"),
        Field("pixel_accuracy", "accuracy", drop=1),
        Field("classes", "classes", "count", drop=3),
    )
    worst_first = sorted(result.images, key=lambda each: (each.miou is None, each.miou or 0.0))
    rows = [(e.name, e.pixels, e.miou, e.pixel_accuracy, e.classes) for e in worst_first]
    return Table("image", fields, tuple(rows))


def _means(scores: MeanIoUScores) -> dict[str, float | None]:
    """The means by the names that papers give them."""
    found = {
        "mIoU": scores.miou,
        "pixel_accuracy": scores.pixel_accuracy,
        "mean_accuracy": scores.mean_accuracy,
        "fwIoU": scores.fw_iou,
        "iIoU": scores.iiou,
        "mIoU_groups": scores.group_miou,
        "iIoU_groups": scores.group_iiou,
    }
    found |= {f"mIoU_trimap_{band.width:g}": band.miou for band in scores.trimap}
    if scores.boundary is not None:
        found["boundary_IoU"] = scores.boundary.miou
    if scores.boundary_f is not None:
        found["boundary_F"] = scores.boundary_f.f
    return found


MEAN_IOU: Description[MeanIoUScores] = Description(
    place=f"{__name__}:MEAN_IOU",
    schema="segeval/miou/2",
    primary=lambda scores: scores.miou,
    brief=lambda scores: f"mIoU {percent(scores.miou)}",
    headline=_headline,
    summary=_summary,
    tables=_tables,
    values=asdict,
    flat=_means,
    others={"image": image_table},
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MeanIoUResult(Result[MeanIoUScores]):
    """Mean IoU of label maps, and the scores beside it.

    Attributes:
        statistics: statistics of every image, from which `mean_iou_scores` computes all numbers,
            also for weighted images.
    """

    statistics: LabelMapStatistics
    about: Description[MeanIoUScores] = MEAN_IOU

    @property
    def miou(self) -> float | None:
        """Mean IoU of the categories, a fraction; None if undefined."""
        return self.scores.miou

    @property
    def images(self) -> tuple[ImageScores, ...]:
        """What each image alone would score."""
        return image_scores(self.statistics)

    def show(self, image: str, **how: Any) -> Any:
        """One image as a picture, which a notebook shows: wrong pixels by their kind.

        The result does not keep its label maps: files are read again.

        Args:
            image: its name: the path of its label map in the folder, or the name with or without
                suffix.
            how: `images` (folder of the photographs; without, grey), `preds` and `gt` (in place of
                label maps that are gone) and `dark`.

        Returns:
            A picture with `save(path)` (.png, .pdf or .svg) and `notes`.

        Raises:
            InputError: for an image that does not exist, with its nearest names; for label maps
                that are gone; for files that have changed.
        """
        return self._picture(image, **how)

    def to_dict(self, *, per_image: bool = False) -> dict[str, Any]:
        """The object that `segeval miou --json` prints, without the hashes of the files.

        Args:
            per_image: add what each image alone would score.
        """
        document = super().to_dict()
        if per_image:
            document["results"]["per_image"] = [asdict(image) for image in self.images]
        return document
