"""What mean IoU keeps of every label map: pixels by class present, not a confusion matrix.

A class in an image takes 18 bytes for mean IoU, 16 more for every band of a trimap and for boundary
F, 8 for boundary IoU, 4 where there are groups. Only iIoU keeps a row of 13 bytes per instance: the
official sum goes instance by instance, which decides its last digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.image_columns import ImageStatistics, narrow, offsets_of, rules_of
from segeval.metrics.semantic.confusion import Absent
from segeval.metrics.semantic.instance_iou import OF_INSTANCES
from segeval.metrics.semantic.one_image import ImageCounts, Plan

TRUE, GT, PREDICTED, IGNORED = range(4)
"""Columns of a class's pixels: predicted correctly; in the ground truth; predicted where the ground
truth is evaluated; in the ground truth, but predicted as labels that are not evaluated."""


@frozen(eq=False, kw_only=True, repr=False)
class LabelMapStatistics(ImageStatistics):
    """Pixels by image and class present, the source of every number of mean IoU follows.

    What was not asked for has no columns: its shape ends in 0.

    Attributes:
        rules: other settings that decide the numbers, such as `trimap_void="edge"`.
        keys: keys of I images, by which files were paired, ascending.
        category_id: values of the pixels of C categories, int64, shape (C,).
        category_names: C names.
        category_groups: group of each category; empty where there are no groups.
        absent: which classes count in a mean.
        widths: widths of B bands of a trimap in pixels, as asked for, float64, shape (B,).
        boundary_ratio: width of boundaries as a fraction of the image's diagonal, or None.
        boundary_px: width of boundaries in pixels, or None.
        f_threshold: threshold of boundary F, None if not asked for.
        offsets: image i has the rows `offsets[i]:offsets[i + 1]`, one per class present on either
            side; int64, shape (I + 1,).
        category: place among the C, unsigned, shape (R,).
        pixels: pixels by band, the last one outside the others, and by `TRUE`, `GT`, `PREDICTED`,
            `IGNORED`; unsigned, shape (R, B + 1, 4).
        in_group: pixels of the category predicted as any of its group, unsigned, shape
            (R, 1) or (R, 0).
        boundary: intersection and union of boundaries, unsigned, shape (R, 2) or (R, 0).
        edges: boundary pixels of boundary F: true ones, those of them that are near, predicted
            ones, those of them that are near; unsigned, shape (R, 4) or (R, 0).
        detectron2: intersection and union of boundaries as detectron2 counts them, unsigned, shape
            (R, 2) or (R, 0).
        instance_offsets: image i has the instances `instance_offsets[i]:instance_offsets[i + 1]`,
            int64, shape (I + 1,).
        instance_label: label id, uint8, shape (N,).
        instance_pixels: size, pixels with the right label, pixels with a label of the right
            group, unsigned, shape (N, 3).
        false_in_group: pixels wrongly predicted as each group with instances, unsigned, shape
            (I, 2) or, without instances, (I, 0).
    """

    BY_IMAGE: ClassVar = ("false_in_group",)
    BY_ROW: ClassVar = {
        "offsets": ("category", "pixels", "in_group", "boundary", "edges", "detectron2"),
        "instance_offsets": ("instance_label", "instance_pixels"),
    }

    rules: tuple[str, ...]
    keys: tuple[str, ...]
    category_id: NDArray[np.int64]
    category_names: tuple[str, ...]
    category_groups: tuple[str, ...]
    absent: Absent
    widths: NDArray[np.float64]
    boundary_ratio: float | None
    boundary_px: int | None
    f_threshold: float | None
    offsets: NDArray[np.int64]
    category: NDArray[np.unsignedinteger]
    pixels: NDArray[np.unsignedinteger]
    in_group: NDArray[np.unsignedinteger]
    boundary: NDArray[np.unsignedinteger]
    edges: NDArray[np.unsignedinteger]
    detectron2: NDArray[np.unsignedinteger]
    instance_offsets: NDArray[np.int64]
    instance_label: NDArray[np.uint8]
    instance_pixels: NDArray[np.unsignedinteger]
    false_in_group: NDArray[np.unsignedinteger]

    @property
    def has_instances(self) -> bool:
        """Whether iIoU was asked for."""
        return bool(self.false_in_group.shape[1])

    @property
    def as_detectron2(self) -> bool:
        """Whether predictions of labels that are not evaluated are left out, as detectron2 does."""
        return bool(self.detectron2.shape[1])


def label_map_statistics(
    images: Sequence[ImageCounts], keys: Sequence[str], plan: Plan, widths: Sequence[float]
) -> LabelMapStatistics:
    """Statistics of images counted one by one.

    Args:
        images: counts of I images.
        keys: key of each image, in any order.
        plan: what was counted.
        widths: widths of the trimap's bands, as asked for.
    """
    sizes = plan.columns
    rows = np.concatenate([np.zeros((0, sum(sizes)), np.int64), *(each.rows for each in images)])
    category, pixels, in_group, boundary, edges, detectron2 = np.split(
        rows, np.cumsum(sizes)[:-1], axis=1
    )
    of_instances = [each.instances for each in images if each.instances is not None]
    instances = np.concatenate([np.zeros((0, 4), np.int64), *of_instances])
    false = np.zeros((len(images), len(OF_INSTANCES) if plan.counts_instances else 0), np.int64)
    for place, each in enumerate(images):
        if each.false_in_group is not None:
            false[place] = each.false_in_group
    in_given_order = LabelMapStatistics(
        rules=rules_of_plan(plan, widths),
        keys=tuple(keys),
        category_id=np.array(plan.classes.ids, np.int64),
        category_names=plan.classes.names,
        category_groups=plan.classes.groups,
        absent=plan.absent,
        widths=np.array(widths, np.float64),
        boundary_ratio=plan.boundary.ratio,
        boundary_px=plan.boundary.px,
        f_threshold=plan.f_threshold,
        offsets=offsets_of([len(each.rows) for each in images]),
        category=narrow(category[:, 0]),
        pixels=_pixels(pixels).reshape(len(rows), len(plan.widths) + 1, 4),
        in_group=_pixels(in_group),
        boundary=_pixels(boundary),
        edges=_pixels(edges),
        detectron2=_pixels(detectron2),
        instance_offsets=offsets_of(
            [0 if each.instances is None else len(each.instances) for each in images]
        ),
        instance_label=instances[:, 0].astype(np.uint8),
        instance_pixels=_pixels(instances[:, 1:]),
        false_in_group=_pixels(false),
    )
    return LabelMapStatistics.merge([in_given_order])


def rules_of_plan(plan: Plan, widths: Sequence[float]) -> tuple[str, ...]:
    """Settings that decide the numbers, as statistics keep them.

    Args:
        plan: what was counted.
        widths: widths of the trimap's bands, as asked for.
    """
    return rules_of({
        "ignore": plan.classes.ignored_ids,
        "trimap_metric": plan.metric,
        "trimap_void": plan.void,
        "trimap_total_width": tuple(widths) != plan.widths,
    })  # fmt: skip


def _pixels(counts: NDArray[np.int64]) -> NDArray[np.unsignedinteger]:
    """Numbers of pixels in 32 bits where they fit, so that parts have the same dtype."""
    large = bool((counts > np.iinfo(np.uint32).max).any())
    return counts.astype(np.int64 if large else np.uint32)
