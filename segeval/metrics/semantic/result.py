"""The result of an evaluation of label maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from segeval.errors import Note
from segeval.metrics.boundary_settings import boundary_of
from segeval.metrics.semantic.statistics import LabelMapStatistics
from segeval.metrics.tables import Field, Table, Value, envelope, html, shown, versus

SCHEMA = "segeval/miou/1"
"""Name and version of the JSON object; keys are only ever added within one version."""


@dataclass(frozen=True)
class ClassScores:
    """What one class scores; None is undefined.

    Attributes:
        id: of the class, as pixels have it.
        name: of the class.
        category: the group it belongs to, None where there are no groups.
        pixels: true pixels of the class.
        iou: intersection over union, over all images.
        accuracy: part of the true pixels that is predicted right.
        iiou: the same with pixels weighted by the size of their instance; None without instances.
    """

    id: int
    name: str
    category: str | None
    pixels: int
    iou: float | None
    accuracy: float | None
    iiou: float | None = None


@dataclass(frozen=True)
class GroupScores:
    """What one category of classes, such as "flat", scores.

    Attributes:
        name: of the category.
        iou: with its classes taken as one.
        iiou: likewise, weighted by instance; None without instances.
    """

    name: str
    iou: float | None
    iiou: float | None = None


@dataclass(frozen=True)
class BandClass:
    """What one class scores in a band.

    Attributes:
        id: of the class.
        name: of the class.
        pixels: true pixels of the class in the band.
        iou: over these pixels.
    """

    id: int
    name: str
    pixels: int
    iou: float | None


@dataclass(frozen=True)
class TrimapScores:
    """What is scored in the band around the boundaries of the ground truth.

    Attributes:
        width: of the band in pixels, as asked for.
        pixels: evaluated pixels in it.
        miou: mean IoU over these pixels.
        classes: in the order of the run.
    """

    width: float
    pixels: int
    miou: float | None
    classes: tuple[BandClass, ...]


@dataclass(frozen=True)
class BoundaryClass:
    """Boundary IoU of one class.

    Attributes:
        id: of the class.
        name: of the class.
        intersection: pixels that both boundaries have, over all images.
        union: pixels that one of them has.
        iou: their quotient.
    """

    id: int
    name: str
    intersection: int
    union: int
    iou: float | None


@dataclass(frozen=True)
class BoundaryScores:
    """Boundary IoU per class and its mean.

    Attributes:
        miou: mean over the classes.
        ratio: width of a boundary as a part of the image's diagonal, None if it is in pixels.
        px: width in pixels, None if it is a part of the diagonal.
        classes: in the order of the run.
    """

    miou: float | None
    ratio: float | None
    px: int | None
    classes: tuple[BoundaryClass, ...]


@dataclass(frozen=True)
class BoundaryFClass:
    """Boundary F of one class.

    Attributes:
        id: of the class.
        name: of the class.
        images: how many have the class in the ground truth.
        f: mean over all images; one where neither side has the class scores 1.
        f_present: mean over the images that have the class.
        precision: part of the predicted boundary that is near the true one, mean over all images.
        recall: part of the true boundary that is near the predicted one, likewise.
    """

    id: int
    name: str
    images: int
    f: float | None
    f_present: float | None
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class BoundaryFScores:
    """Boundary F per class and its means.

    Attributes:
        f: mean over the classes of the mean over all images.
        f_present: the same over the images that have the class.
        threshold: how far boundaries may lie apart, in pixels or, below 1, as a part of the
            image's diagonal.
        classes: in the order of the run.
    """

    f: float | None
    f_present: float | None
    threshold: float
    classes: tuple[BoundaryFClass, ...]


@dataclass(frozen=True)
class MeanIoUScores:
    """The numbers of label maps; None is undefined.

    Attributes:
        miou: mean IoU of the classes, a fraction.
        pixel_accuracy: part of all true pixels that is predicted right.
        mean_accuracy: mean of the classes' accuracies.
        fw_iou: IoU weighted by the share of true pixels.
        iiou: mean iIoU of the classes with instances; None without instances.
        category_miou: mean IoU of the categories; None without categories.
        category_iiou: mean iIoU of the categories with instances.
        pixels: how many were evaluated.
        images: how many there are.
        classes: in the order of the run.
        categories: groups of classes, empty where there are none.
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
    category_miou: float | None
    category_iiou: float | None
    pixels: int
    images: int
    classes: tuple[ClassScores, ...]
    categories: tuple[GroupScores, ...]
    trimap: tuple[TrimapScores, ...]
    boundary: BoundaryScores | None
    boundary_f: BoundaryFScores | None
    detectron2_boundary: BoundaryScores | None


@dataclass(frozen=True, eq=False, repr=False)
class MeanIoUResult(MeanIoUScores):
    """The numbers of label maps with everything needed to trace them.

    Attributes:
        inputs: for "preds" and "gt": path and count.
        settings: what was asked for, as plain values.
        notes: what the user should know.
        seconds: wall time.
        statistics: of every image; `mean_iou_scores` makes all numbers of them, for weighted images
            too.
    """

    inputs: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Any]
    notes: tuple[Note, ...]
    seconds: float
    statistics: LabelMapStatistics

    def __repr__(self) -> str:
        """One line: the files and mIoU."""
        return f"MeanIoUResult({versus(self.inputs)}: mIoU {shown(self.miou, 'percent')})"

    def _repr_html_(self) -> str:
        """The tables for notebooks."""
        return html(self.tables)

    @property
    def headline(self) -> tuple[str, ...]:
        """What was measured, on which files, by which rules."""
        compat = self.settings["compat"]
        return (
            "Mean IoU",
            versus(self.inputs),
            f"{self.settings['classes']} classes",
            f"absent classes as {self.settings['absent']}",
            *([f"compat {compat}"] if compat else []),
            *filter(None, [boundary_of(self.settings).text()]),
        )

    @property
    def summary(self) -> str:
        """How much was evaluated."""
        images, classes = self.images, len(self.classes)
        return (
            f"{images:,} image{'' if images == 1 else 's'}, "
            f"{classes:,} class{'' if classes == 1 else 'es'}, {self.pixels:,} pixels"
        )

    @property
    def primary(self) -> float | None:
        """Mean IoU."""
        return self.miou

    @property
    def tables(self) -> tuple[Table, ...]:
        """Means and classes, categories, bands."""
        tables = [self._class_table()]
        if self.categories:
            tables.append(self._category_table())
        if self.trimap:
            tables += [self._trimap_table(), self._trimap_class_table()]
        return tuple(tables)

    def to_dict(self) -> dict[str, Any]:
        """The object that `segeval miou --json` prints, without the hashes of the files."""
        numbers = ("miou", "pixel_accuracy", "mean_accuracy", "fw_iou", "iiou")
        parts = ("boundary", "boundary_f", "detectron2_boundary")
        found = {key: getattr(self, key) for key in (*numbers, "category_miou", "category_iiou")}
        results = {
            **found,
            "pixels": self.pixels,
            "classes": [asdict(each) for each in self.classes],
            "categories": [asdict(each) for each in self.categories],
            "trimap": [asdict(band) for band in self.trimap],
            **{
                key: None if getattr(self, key) is None else asdict(getattr(self, key))
                for key in parts
            },
        }
        return envelope(SCHEMA, self, results)

    def _class_table(self) -> Table:
        """The means in the first row, then the classes."""
        fields = [
            Field("class", "class", "text"),
            Field("pixels", "gt px", "count", drop=2),
            Field("iou", "IoU"),
            Field("accuracy", "accuracy", drop=1),
        ]
        columns: list[list[Value]] = [
            ["mean", *(each.name for each in self.classes)],
            [self.pixels, *(each.pixels for each in self.classes)],
            [self.miou, *(each.iou for each in self.classes)],
            [self.mean_accuracy, *(each.accuracy for each in self.classes)],
        ]
        if self.settings["instances"]:
            fields.append(Field("iiou", "iIoU"))
            columns.append([self.iiou, *(each.iiou for each in self.classes)])
        for name, title in (("boundary", "boundary IoU"), ("detectron2_boundary", "detectron2")):
            scores: BoundaryScores | None = getattr(self, name)
            if scores is not None:
                fields.append(Field(f"{name}_iou", title))
                columns.append([scores.miou, *(each.iou for each in scores.classes)])
        if self.boundary_f is not None:
            fields += [Field("f", "F"), Field("f_present", "F present", drop=3)]
            each_class = self.boundary_f.classes
            columns.append([self.boundary_f.f, *(each.f for each in each_class)])
            columns.append([self.boundary_f.f_present, *(each.f_present for each in each_class)])
        rows = list(zip(*columns, strict=True))
        blank: list[Value] = [None] * (len(fields) - 3)
        others: list[tuple[Value, ...]] = [
            ("pixel accuracy", None, None, self.pixel_accuracy, *blank[1:]),
            ("fw IoU", None, self.fw_iou, *blank),
        ]
        return Table("class", tuple(fields), (rows[0], *others, *rows[1:]), totals=3)

    def _category_table(self) -> Table:
        """The means in the first row, then the categories."""
        fields = [Field("category", "category", "text"), Field("iou", "IoU")]
        rows: list[tuple[Value, ...]] = [
            ("mean", self.category_miou, self.category_iiou),
            *((each.name, each.iou, each.iiou) for each in self.categories),
        ]
        if self.settings["instances"]:
            fields.append(Field("iiou", "iIoU"))
        return Table("category", tuple(fields), tuple(row[: len(fields)] for row in rows), totals=1)

    def _trimap_table(self) -> Table:
        """One row per width."""
        fields = (
            Field("width", "trimap px", "number"),
            Field("pixels", "gt px", "count"),
            Field("share", "of all"),
            Field("miou", "mIoU"),
        )
        rows = tuple(
            (band.width, band.pixels, band.pixels / self.pixels if self.pixels else None, band.miou)
            for band in self.trimap
        )
        return Table("trimap", fields, rows)

    def _trimap_class_table(self) -> Table:
        """One row per class, one column per width."""
        fields = (
            Field("class", "IoU in trimap", "text"),
            *(
                Field(f"iou_{band.width:g}", f"{band.width:g} px", drop=place)
                for place, band in enumerate(self.trimap)
            ),
        )
        rows = tuple(
            (each.name, *(band.classes[place].iou for band in self.trimap))
            for place, each in enumerate(self.classes)
        )
        return Table("trimap class", fields, rows)
