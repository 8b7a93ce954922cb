"""Everything that is counted on one image, from which all numbers of a run are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.label_maps.classes import BYTE_CLASSES, LabelClasses
from segeval.data.label_maps.pairs import LabelPair
from segeval.data.label_maps.read import index_map, unknown_label
from segeval.metrics.boundary_settings import NO_BOUNDARIES, BoundarySettings
from segeval.metrics.semantic.boundary import class_boundary_counts
from segeval.metrics.semantic.boundary_f import BoundaryF, boundary_f, radius_of
from segeval.metrics.semantic.confusion import Absent, confusion
from segeval.metrics.semantic.detectron2 import detectron2_counts
from segeval.metrics.semantic.instance_iou import instances_of_image
from segeval.metrics.semantic.trimap import Metric, Void, band_index


@dataclass(frozen=True)
class Plan:
    """What is counted on every image.

    Attributes:
        classes: of the run, C of them.
        absent: which classes count in a mean.
        widths: of the trimap's bands, in pixels on either side of a boundary; B of them.
        metric: how their distances are measured.
        void: what void does at a boundary.
        boundary: width of boundaries; says whether boundary IoU is asked for.
        f_threshold: of boundary F; None for none.
        detectron2: whether to count as detectron2 does.
        instances: whether every image has a file of instances.
    """

    classes: LabelClasses
    absent: Absent = "cityscapes"
    widths: tuple[float, ...] = ()
    metric: Metric = "euclid"
    void: Void = "ignore"
    boundary: BoundarySettings = NO_BOUNDARIES
    f_threshold: float | None = None
    detectron2: bool = False
    instances: bool = False

    @property
    def needs_index_maps(self) -> bool:
        """Whether something beside the confusion matrix is asked for."""
        by_boundary = self.boundary.compared or self.f_threshold is not None
        return bool(self.widths) or self.detectron2 or by_boundary


@dataclass(frozen=True, eq=False)
class ImageCounts:
    """What one image holds; None for what is not asked for.

    Attributes:
        counts: pixels by band, true class and predicted class, the last predicted class being all
            other labels; int64, shape (B + 1, C, C + 1). The last band is outside of the others.
        boundary: intersection and union of boundaries, int64, shape (C, 2).
        f: boundary F of every class.
        detectron2: pixels by true and predicted boundary class, as detectron2 counts them.
        instances: see `instances_of_image`.
        palettes: how many of the two files have a palette.
    """

    counts: NDArray[np.int64]
    boundary: NDArray[np.int64] | None
    f: BoundaryF | None
    detectron2: NDArray[np.int64] | None
    instances: tuple[NDArray[np.int64], NDArray[np.int64]] | None
    palettes: int


def count_image(pair: LabelPair, plan: Plan) -> ImageCounts:
    """Count one image.

    Raises:
        InputError: as `LabelPair.load`; or if a label is none of the run's.
    """
    pred, gt, palettes = pair.load()
    classes = len(plan.classes)
    table = plan.classes.table(gt.dtype.type)
    gt_index = pred_index = None
    if plan.needs_index_maps or gt.dtype != np.uint8 or classes > BYTE_CLASSES:
        gt_index, pred_index = index_map(gt, table), index_map(pred, table)
    counts = _confusion(pred, gt, pred_index, gt_index, table, plan)
    for labels, name, axes in ((gt, pair.gt_name, (0, 2)), (pred, pair.pred_name, (0, 1))):
        if counts.sum(axis=axes)[classes + 1]:
            raise unknown_label(labels, name, plan.classes, is_gt=labels is gt)
    instances = None
    if plan.instances and pair.instances is not None:
        as_bytes = (each.astype(np.uint8, copy=False) for each in (pred, gt))
        instances = instances_of_image(pair.instances, *as_bytes)
    boundary = f = detectron2 = None
    if gt_index is not None and pred_index is not None:
        if plan.boundary.compared:
            width = plan.boundary.pixels(gt.shape)
            boundary = class_boundary_counts(pred_index, gt_index, classes, width)
        if plan.f_threshold is not None:
            radius = radius_of(gt.shape, plan.f_threshold)
            f = boundary_f(pred_index, gt_index, classes, radius)
        if plan.detectron2:
            detectron2 = detectron2_counts(pred_index, gt_index, classes)
    return ImageCounts(
        np.ascontiguousarray(counts[:, :classes, : classes + 1]),
        boundary, f, detectron2, instances, palettes,
    )  # fmt: skip


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
    band = None
    if plan.widths:
        band = band_index(gt_index, classes, plan.widths, metric=plan.metric, void=plan.void)
    same = np.arange(classes + 2, dtype=gt_index.dtype)
    return confusion(
        pred_index, gt_index, same, same,
        size=classes + 2, band=band, bands=len(plan.widths) + 1,
    )  # fmt: skip
