"""The result of mean IoU."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from segeval.frozen import frozen
from segeval.metrics.result import Description, Result
from segeval.metrics.semantic import tables
from segeval.metrics.semantic.per_image import ImageScores, image_scores
from segeval.metrics.semantic.scores import MeanIoUScores
from segeval.metrics.semantic.statistics import LabelMapStatistics
from segeval.metrics.tables import Field, Table
from segeval.words import percent


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


MEAN_IOU: Description[MeanIoUScores] = Description(
    place=f"{__name__}:MEAN_IOU",
    schema="segeval/miou/2",
    primary=lambda scores: scores.miou,
    brief=lambda scores: f"mIoU {percent(scores.miou)}",
    headline=tables.headline,
    summary=tables.summary,
    tables=tables.all_tables,
    values=asdict,
    flat=tables.means,
    others={"image": image_table},
)


@frozen(eq=False, repr=False, kw_only=True)
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
