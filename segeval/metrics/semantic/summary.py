"""From the statistics of label maps to the numbers of mean IoU."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.labels import INSTANCE_CLASSES
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import BoundarySettings
from segeval.metrics.image_columns import per_row, sums, whole_weights
from segeval.metrics.semantic.boundary_f import boundary_f_of
from segeval.metrics.semantic.confusion import Absent, divided, mean, ratio_by_rule, scored
from segeval.metrics.semantic.detectron2 import RATIO
from segeval.metrics.semantic.instance_iou import InstanceTotals, instance_totals
from segeval.metrics.semantic.scores import (
    BandCategory,
    BoundaryCategory,
    BoundaryFCategory,
    BoundaryFScores,
    BoundaryScores,
    CategoryScores,
    GroupScores,
    MeanIoUScores,
    TrimapScores,
)
from segeval.metrics.semantic.statistics import GT, IGNORED, PREDICTED, TRUE, LabelMapStatistics
from segeval.metrics.undefined import or_none


@frozen(eq=False)
class Totals:
    """Pixels of weighted images, added up.

    Attributes:
        statistics: statistics of I images.
        weights: how often each image counts, int64, shape (I,).
        copies: how often each row of the statistics counts, int64, shape (R,).
        pixels: by class, band and column of `LabelMapStatistics.pixels`, int64, (C, B + 1, 4).
        whole: the same with all bands as one, int64, (C, 4).
    """

    statistics: LabelMapStatistics
    weights: NDArray[np.int64]
    copies: NDArray[np.int64]
    pixels: NDArray[np.int64]
    whole: NDArray[np.int64]

    def by_class(self, column: NDArray[Any]) -> NDArray[np.int64]:
        """A column of the statistics added up by class, int64, shape (C, ...)."""
        statistics = self.statistics
        return sums(statistics.category, column, self.copies, len(statistics.category_id))

    def judged(
        self, pixels: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """True, ground truth and predicted pixels, (C,) each, from columns (C, 4).

        With detectron2's rule, those predicted as labels that are not evaluated are dropped.
        """
        gt = pixels[:, GT] - pixels[:, IGNORED] * self.statistics.as_detectron2
        return pixels[:, TRUE], gt, pixels[:, PREDICTED]


def totals_of(statistics: LabelMapStatistics, weights: NDArray[np.int64] | None = None) -> Totals:
    """Statistics added up; for arguments and errors see `mean_iou_scores`."""
    by_image = whole_weights(weights, len(statistics))
    copies = per_row(by_image, statistics.offsets)
    classes = len(statistics.category_id)
    pixels = sums(statistics.category, statistics.pixels, copies, classes)
    return Totals(statistics, by_image, copies, pixels, pixels.sum(axis=1))


def mean_iou_scores(
    statistics: LabelMapStatistics, weights: NDArray[np.int64] | None = None
) -> MeanIoUScores:
    """Every number of mean IoU.

    Args:
        statistics: statistics of I images.
        weights: how often each image counts, in the order of `statistics.keys`, whole numbers,
            shape (I,); None for once each.

    Raises:
        ShapeError: unless there is one weight per image.
        InputError: if a weight is negative or not a whole number.

    Example:
        >>> from segeval import mean_iou
        >>> gt = np.array([[0, 0, 1, 1]])
        >>> result = mean_iou([gt, 1 - gt], [gt, gt], classes=2)
        >>> result.miou, mean_iou_scores(result.statistics, np.array([3, 1])).miou
        (0.3333333333333333, 0.6)
    """
    totals = totals_of(statistics, weights)
    scores = scored(*totals.judged(totals.whole), statistics.absent)
    instances = _instances(totals)
    iious = _iious(totals, instances)
    groups, group_means = _groups(totals, instances)
    return MeanIoUScores(
        miou=or_none(scores.miou),
        pixel_accuracy=or_none(scores.pixel_accuracy),
        mean_accuracy=or_none(scores.mean_accuracy),
        fw_iou=or_none(scores.fw_iou),
        iiou=or_none(mean(iious)),
        group_miou=group_means[0],
        group_iiou=group_means[1],
        pixels=int(scores.gt.sum()),
        images=int(totals.weights.sum()),
        categories=tuple(
            CategoryScores(
                label,
                name,
                statistics.category_groups[place] if statistics.category_groups else None,
                int(scores.gt[place]),
                or_none(scores.iou[place]),
                or_none(scores.accuracy[place]),
                or_none(iious[place]),
            )
            for place, (label, name) in enumerate(_ids_and_names(statistics))
        ),
        groups=groups,
        trimap=_trimap(totals),
        boundary=_boundary(totals),
        boundary_f=_boundary_f(totals),
        detectron2_boundary=_detectron2(totals),
    )


def _ids_and_names(statistics: LabelMapStatistics) -> list[tuple[int, str]]:
    """Id and name of every category."""
    return list(zip(statistics.category_id.tolist(), statistics.category_names, strict=True))


def _instances(totals: Totals) -> InstanceTotals | None:
    """Pixels weighted by instance, None if iIoU was not asked for."""
    statistics = totals.statistics
    if not statistics.has_instances:
        return None
    return instance_totals(
        statistics.instance_label,
        statistics.instance_pixels,
        per_row(totals.weights, statistics.instance_offsets),
        totals.weights @ statistics.false_in_group.astype(np.int64),
    )


def _iious(totals: Totals, instances: InstanceTotals | None) -> NDArray[np.float64]:
    """The iIoU of every category, NaN where undefined."""
    labels = totals.statistics.category_id.tolist()
    if instances is None:
        return np.full(len(labels), np.nan)
    false = (totals.whole[:, PREDICTED] - totals.whole[:, TRUE]).tolist()
    found = np.array([instances.of_category(*each) for each in zip(labels, false, strict=True)])
    if totals.statistics.absent == "zero":
        return np.where(np.isin(labels, INSTANCE_CLASSES), np.nan_to_num(found), found)
    return found


def _groups(
    totals: Totals, instances: InstanceTotals | None
) -> tuple[tuple[GroupScores, ...], tuple[float | None, float | None]]:
    """Scores of the groups, and their means."""
    statistics = totals.statistics
    if not statistics.category_groups:
        return (), (None, None)
    names = tuple(dict.fromkeys(statistics.category_groups))
    place = np.array([names.index(name) for name in statistics.category_groups])
    _, gt, predicted = totals.judged(totals.whole)
    once = np.ones(len(place), np.int64)
    in_group = totals.by_class(statistics.in_group)[:, 0]
    right, gt, predicted = (
        sums(place, column, once, len(names)) for column in (in_group, gt, predicted)
    )
    scores = scored(right, gt, predicted, statistics.absent)
    iious = np.full(len(names), np.nan)
    if instances is not None:
        iious = np.array([instances.of_group(name) for name in names])
    groups = tuple(
        GroupScores(name, or_none(scores.iou[i]), or_none(iious[i])) for i, name in enumerate(names)
    )
    return groups, (or_none(scores.miou), or_none(mean(iious)))


def _trimap(totals: Totals) -> tuple[TrimapScores, ...]:
    """Scores of every band; a band includes the narrower ones."""
    statistics = totals.statistics
    found = []
    for band, width in enumerate(statistics.widths.tolist()):
        pixels = totals.pixels[:, : band + 1].sum(axis=1)
        scores = scored(*totals.judged(pixels), statistics.absent)
        categories = tuple(
            BandCategory(label, name, int(scores.gt[place]), or_none(scores.iou[place]))
            for place, (label, name) in enumerate(_ids_and_names(statistics))
        )
        found.append(TrimapScores(width, int(scores.gt.sum()), or_none(scores.miou), categories))
    return tuple(found)


def _boundary(totals: Totals) -> BoundaryScores | None:
    """Boundary IoU of every category and its mean."""
    statistics = totals.statistics
    width = BoundarySettings(statistics.boundary_ratio, statistics.boundary_px)
    if not width.compared:
        return None
    return _boundary_scores(totals, statistics.boundary, width, statistics.absent)


def _detectron2(totals: Totals) -> BoundaryScores | None:
    """detectron2's boundary IoU."""
    if not totals.statistics.as_detectron2:
        return None
    width = BoundarySettings(RATIO, None)
    return _boundary_scores(totals, totals.statistics.detectron2, width, "cityscapes")


def _boundary_scores(
    totals: Totals,
    column: NDArray[np.unsignedinteger],
    width: BoundarySettings,
    absent: Absent,
) -> BoundaryScores:
    """Scores from a column of intersections and unions (R, 2)."""
    pixels = totals.by_class(column)
    iou = ratio_by_rule(pixels[:, 0], pixels[:, 1], totals.whole[:, GT], absent)
    categories = tuple(
        BoundaryCategory(label, name, int(pixels[i, 0]), int(pixels[i, 1]), or_none(iou[i]))
        for i, (label, name) in enumerate(_ids_and_names(totals.statistics))
    )
    return BoundaryScores(or_none(mean(iou)), width.ratio, width.px, categories)


def _boundary_f(totals: Totals) -> BoundaryFScores | None:
    """Boundary F of every category and its means."""
    statistics = totals.statistics
    if statistics.f_threshold is None:
        return None
    in_gt: NDArray[np.bool_] = np.asarray(statistics.pixels[:, :, GT].any(axis=1))
    in_images = boundary_f_of(statistics.edges, in_gt)
    images = max(int(totals.weights.sum()), 1)
    of_present = np.where(in_gt, in_images.f, 0.0)
    # a class without a boundary on either side scores 1, even if the image lacks it
    f, precision, recall = (
        _added(totals, values, 1.0) / images
        for values in (in_images.f, in_images.precision, in_images.recall)
    )
    with_class = totals.by_class(in_gt)
    gt, predicted = totals.whole[:, GT], totals.whole[:, PREDICTED]
    everything = gt if statistics.absent == "detectron2" else gt + predicted
    f, precision, recall = np.where(everything > 0, (f, precision, recall), np.nan)
    present = divided(_added(totals, of_present, 0.0), with_class)
    if statistics.absent == "zero":
        f, precision, recall, present = np.nan_to_num((f, precision, recall, present))
    categories = tuple(
        BoundaryFCategory(
            label,
            name,
            int(with_class[i]),
            or_none(f[i]),
            or_none(present[i]),
            or_none(precision[i]),
            or_none(recall[i]),
        )
        for i, (label, name) in enumerate(_ids_and_names(statistics))
    )
    return BoundaryFScores(
        or_none(mean(f)), or_none(mean(present)), statistics.f_threshold, categories
    )


def _added(totals: Totals, values: NDArray[np.float64], absent: float) -> NDArray[np.float64]:
    """Fractions (R,) added by class, image by image like the official tool, float64, (C,).

    A class that has no row in an image adds `absent`.
    """
    statistics = totals.statistics
    shape = len(statistics), len(statistics.category_id)
    by_image = np.full(shape, absent)
    by_image[per_row(np.arange(shape[0]), statistics.offsets), statistics.category] = values
    by_image *= totals.weights[:, None]
    place = np.broadcast_to(np.arange(shape[1]), shape)
    total = np.bincount(place.ravel(), weights=by_image.ravel(), minlength=shape[1])
    return total.astype(np.float64)
