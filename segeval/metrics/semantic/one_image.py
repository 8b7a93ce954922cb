"""Everything that is counted on one label map, class by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.classes import BYTE_CLASSES, LabelClasses
from segeval.data.label_maps.pairs import LabelPair
from segeval.data.label_maps.read import index_map
from segeval.data.label_maps.unknown_labels import labels_seen, unknown_label
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import NO_BOUNDARIES, BoundarySettings
from segeval.metrics.semantic.boundary import class_boundary_counts
from segeval.metrics.semantic.boundary_f import edge_counts, radius_of
from segeval.metrics.semantic.confusion import Absent, confusion, count_classes
from segeval.metrics.semantic.detectron2 import detectron2_counts, detectron2_overlaps
from segeval.metrics.semantic.instance_iou import instances_of_image
from segeval.metrics.semantic.trimap import Metric, Void, band_index

MOST_CELLS = 1 << 22
"""Cells of the confusion matrix of one image: 32 MB. Without a matrix, counting takes longer."""


@frozen
class Plan:
    """What is counted on every image.

    Attributes:
        classes: C classes of the run.
        absent: which classes count in a mean.
        widths: widths of the trimap's B bands, in pixels on either side of a boundary.
        metric: how their distances are measured.
        void: what void does at a boundary.
        boundary: width of boundaries, also whether boundary IoU is asked for.
        f_threshold: threshold of boundary F; None for none.
        as_detectron2: whether to count as detectron2 does.
        counts_instances: whether every image has a file of instances.
    """

    classes: LabelClasses
    absent: Absent = "cityscapes"
    widths: tuple[float, ...] = ()
    metric: Metric = "euclid"
    void: Void = "ignore"
    boundary: BoundarySettings = NO_BOUNDARIES
    f_threshold: float | None = None
    as_detectron2: bool = False
    counts_instances: bool = False

    @property
    def needs_index_maps(self) -> bool:
        """Whether anything beyond the confusion matrix is asked for."""
        by_boundary = self.boundary.compared or self.f_threshold is not None
        return bool(self.widths) or self.as_detectron2 or by_boundary

    @property
    def columns(self) -> tuple[int, ...]:
        """How many columns each part of a class's row takes.

        The place of the class; pixels by band; pixels in its group; boundaries; edges of
        boundary F; detectron2's boundaries.
        """
        return (
            1,
            4 * (len(self.widths) + 1),
            1 if self.classes.groups else 0,
            2 if self.boundary.compared else 0,
            4 if self.f_threshold is not None else 0,
            2 if self.as_detectron2 else 0,
        )


@frozen(eq=False)
class ImageCounts:
    """Counts of one image; None for what was not asked for.

    Attributes:
        rows: one per class present on either side, with the columns of `Plan.columns`, int64.
        instances: label, size, pixels with the right label and with one of the right group,
            int64, shape (instances, 4).
        false_in_group: see `instances_of_image`.
        palettes: how many of the two files have a palette.
        with_void: whether the ground truth has pixels that are not evaluated.
    """

    rows: NDArray[np.int64]
    instances: NDArray[np.int64] | None
    false_in_group: NDArray[np.int64] | None
    palettes: int
    with_void: bool


def count_image(pair: LabelPair, plan: Plan, pairs: Sequence[LabelPair] = ()) -> ImageCounts:
    """Count one image.

    Args:
        pair: label maps of the image.
        plan: what is counted.
        pairs: all label maps of the run, which an error about labels looks at.

    Raises:
        InputError: as `LabelPair.load`; or if a label is not among the run's.
    """
    pred, gt, palettes = pair.load()
    classes = len(plan.classes)
    table = plan.classes.table(gt.dtype.type)
    gt_index = pred_index = None
    if plan.needs_index_maps or gt.dtype != np.uint8 or classes > BYTE_CLASSES:
        gt_index, pred_index = index_map(gt, table), index_map(pred, table)
    if gt_index is not None and pred_index is not None and _is_large(plan):
        by_class, *unknown = _counted_directly(pred_index, gt_index, plan)
        columns = [np.arange(classes)[:, None], by_class]
    else:
        counts = _confusion(pred, gt, pred_index, gt_index, table, plan)
        unknown = [counts[:, classes + 1, :].sum(), counts[:, :, classes + 1].sum()]
        columns = [np.arange(classes)[:, None], _by_class(counts[:, :classes, : classes + 1])]
        if plan.classes.groups:
            columns.append(_in_group(counts[:, :classes, :classes], plan.classes.groups))
    for labels, name, pixels in zip(
        (gt, pred), (pair.gt_name, pair.pred_name), unknown, strict=True
    ):
        if pixels:
            seen = labels_seen([pair, *pairs])
            raise unknown_label(labels, name, plan.classes, is_gt=labels is gt, seen=seen).refusal()
    if gt_index is not None and pred_index is not None:
        columns += _by_boundary(pred_index, gt_index, plan)
    rows = np.hstack(columns)
    instances = false_in_group = None
    if plan.counts_instances and pair.instance_file is not None:
        as_bytes = (each.astype(np.uint8, copy=False) for each in (pred, gt))
        instances, false_in_group = instances_of_image(pair.instance_file, *as_bytes)
    present = rows[:, 1:].any(axis=1)
    evaluated = int(rows[:, 2 : plan.columns[1] + 1 : 4].sum())  # in the ground truth, by band
    return ImageCounts(
        rows[present], instances, false_in_group, palettes, with_void=evaluated < gt.size
    )


def _is_large(plan: Plan) -> bool:
    """Whether a confusion matrix would have too many cells."""
    cells = (len(plan.classes) + 2) ** 2 * (len(plan.widths) + 1)
    return cells > MOST_CELLS and not plan.classes.groups


def _counted_directly(
    pred_index: NDArray[Any], gt_index: NDArray[Any], plan: Plan
) -> tuple[NDArray[np.int64], int, int]:
    """What `_by_class` gives, without a matrix; pixels of unknown labels in both maps."""
    classes = len(plan.classes)
    counts = np.zeros((classes, len(plan.widths) + 1, 4), np.int64)
    band = _bands(gt_index, plan)
    if band is None:
        band = np.zeros(gt_index.shape, np.uint8)
    unknown_gt, unknown_pred = count_classes(
        pred_index.ravel(), gt_index.ravel(), band.ravel(), classes, counts
    )
    return counts.reshape(classes, -1), int(unknown_gt), int(unknown_pred)


def _bands(gt_index: NDArray[Any], plan: Plan) -> NDArray[np.uint8] | None:
    """The band of every pixel (H, W), None without a trimap."""
    if not plan.widths:
        return None
    classes = len(plan.classes)
    return band_index(gt_index, classes, plan.widths, metric=plan.metric, void=plan.void)


def _by_class(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Right, true, predicted and ignored pixels by class and band (C, 4 (B + 1)).

    counts (B + 1, C, C + 1) are by band, true and predicted class, the last column for labels that
    are not evaluated.
    """
    right = np.diagonal(counts, axis1=1, axis2=2)
    columns = (right, counts.sum(axis=2), counts[:, :, :-1].sum(axis=1), counts[:, :, -1])
    by_class: NDArray[np.int64] = np.stack(columns, axis=2).transpose(1, 0, 2)
    return by_class.reshape(counts.shape[1], -1)


def _in_group(counts: NDArray[np.int64], groups: tuple[str, ...]) -> NDArray[np.int64]:
    """Pixels of each class predicted as one of its group (C, 1)."""
    names = np.array(groups)
    same = names[:, None] == names[None, :]
    found: NDArray[np.int64] = (counts.sum(axis=0) * same).sum(axis=1, keepdims=True)
    return found


def _by_boundary(
    pred_index: NDArray[Any], gt_index: NDArray[Any], plan: Plan
) -> list[NDArray[np.int64]]:
    """Columns of what was asked for about boundaries."""
    classes, columns = len(plan.classes), []
    if plan.boundary.compared:
        width = plan.boundary.pixels(gt_index.shape)
        columns.append(class_boundary_counts(pred_index, gt_index, classes, width))
    if plan.f_threshold is not None:
        radius = radius_of(gt_index.shape, plan.f_threshold)
        columns.append(edge_counts(pred_index, gt_index, classes, radius))
    if plan.as_detectron2:
        counts = detectron2_counts(pred_index, gt_index, classes)
        columns.append(detectron2_overlaps(counts))
    return columns


def _confusion(
    pred: NDArray[Any],
    gt: NDArray[Any],
    pred_index: NDArray[Any] | None,
    gt_index: NDArray[Any] | None,
    table: NDArray[Any],
    plan: Plan,
) -> NDArray[np.int64]:
    """Pixels by band, true and predicted place in the table (B + 1, C + 2, C + 2)."""
    classes = len(plan.classes)
    if gt_index is None or pred_index is None:
        return confusion(pred, gt, table, table, size=classes + 2)
    band = _bands(gt_index, plan)
    same = np.arange(classes + 2, dtype=gt_index.dtype)
    return confusion(
        pred_index, gt_index, same, same,
        size=classes + 2, band=band, bands=len(plan.widths) + 1,
    )  # fmt: skip
