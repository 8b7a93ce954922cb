"""Mean IoU and the numbers beside it for other weights of the images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.label_map_images import LabelMapImages
from segeval.analysis.resampling.label_map_rows import LabelMapRows, rows_of
from segeval.analysis.resampling.replicates import (
    Numbers,
    ResampledStatistics,
    mean_of_defined,
    over,
)
from segeval.analysis.resampling.weighted_sums import Lanes
from segeval.data.cityscapes.labels import INSTANCE_CLASSES
from segeval.frozen import frozen
from segeval.metrics.semantic.confusion import Absent
from segeval.metrics.semantic.instance_iou import OF_INSTANCES
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.semantic.statistics import GT, IGNORED, PREDICTED, TRUE, LabelMapStatistics

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@frozen(eq=False)
class LabelMapPart:
    """What the numbers of label maps are computed from.

    Attributes:
        statistics: those of the first model, for rules, classes and ground truth.
        rows: what images add, of one model or of two.
    """

    statistics: LabelMapStatistics
    rows: LabelMapRows

    @property
    def described(self) -> tuple[Any, ...]:
        """Rules, classes and ground truth, which two evaluations must share to be mixed."""
        own = self.statistics
        gt = own.pixels[:, :, GT]
        image = np.repeat(np.arange(len(own)), np.diff(own.offsets))
        known = gt.any(axis=1)
        return (
            own.rules,
            own.category_id.tolist(),
            own.category_groups,
            own.absent,
            own.widths.tolist(),
            (own.boundary_ratio, own.boundary_px, own.f_threshold, own.as_detectron2),
            own.has_instances,
            image[known].tobytes(),
            own.category[known].astype(np.int64).tobytes(),
            gt[known].astype(np.int64).tobytes(),
        )

    def beside(self, other: LabelMapPart) -> LabelMapPart:
        """The parts of two models as one; the weights of the other's images follow."""
        return replace(self, rows=self.rows.beside(other.rows, len(self.statistics)))

    def numbers(self, weights: Lanes) -> Iterator[Numbers]:
        """All numbers of `LANES` replicates, as `Part.numbers` says."""
        totals = self.rows.totals(weights, self.statistics)
        yield from self._of_pixels(totals.whole, (), None)
        if totals.instances is not None:
            yield from self._of_instances(totals.whole, totals.instances, totals.of_groups)
        if self.statistics.category_groups:
            yield from self._of_groups(totals.whole, totals.in_group)
            if totals.of_groups is not None:
                yield from self._of_group_instances(totals.of_groups)
        for band, width in enumerate(self._widths):
            pixels = totals.bands[:, : band + 1].sum(axis=1)
            yield from self._of_pixels(pixels, ("trimap", width), band)
        whole_gt = totals.whole[:, GT]
        for name, pixels in totals.overlaps.items():
            absent: Absent = "cityscapes" if name == "detectron2_boundary" else self._absent
            iou = by_rule(over(pixels[:, 0], pixels[:, 1]), whole_gt, absent)
            yield from self._of_classes((name,), "miou", {"iou": iou}, self._images.by_band[-1])
        if totals.edges is not None:
            yield from self._of_edges(totals.edges, totals.whole, weights)

    def _of_pixels(self, pixels: Floats, before: tuple[Any, ...], band: int | None) -> Any:
        """IoU from sums of pixels (C, 4, LANES), of all of them or of a band."""
        right, predicted = pixels[:, TRUE], pixels[:, PREDICTED]
        gt = pixels[:, GT] - pixels[:, IGNORED] * self.statistics.as_detectron2
        iou = by_rule(over(right, gt + predicted - right), gt, self._absent)
        images, every = self._images.by_band[-1 if band is None else band]
        if band is not None:
            yield from self._of_classes(before, "miou", {"iou": iou}, (images, every))
            return
        accuracy = over(right, gt)
        if self._absent == "zero":
            accuracy = np.nan_to_num(accuracy)
        evaluated = gt.sum(axis=0, keepdims=True)
        weighted = (np.nan_to_num(iou) * gt).sum(axis=0, keepdims=True)
        for key, values in (
            ("miou", mean_of_defined(iou)),
            ("pixel_accuracy", over(right.sum(axis=0, keepdims=True), evaluated)),
            ("mean_accuracy", mean_of_defined(accuracy)),
            ("fw_iou", over(weighted, evaluated)),
        ):
            yield Numbers(before, None, key, values, every)
        for key, values in (("iou", iou), ("accuracy", accuracy)):
            yield Numbers((*before, "categories"), self._ids, key, values, images)

    def _of_classes(
        self,
        before: tuple[Any, ...],
        mean: str,
        by_class: dict[str, Floats],
        images: tuple[Counts, Counts],
    ) -> Iterator[Numbers]:
        """The mean of the first numbers, and the numbers of every class."""
        yield Numbers(before, None, mean, mean_of_defined(next(iter(by_class.values()))), images[1])
        for key, values in by_class.items():
            yield Numbers((*before, "categories"), self._ids, key, values, images[0])

    def _of_instances(
        self, whole: Floats, instances: Floats, of_groups: Floats | None
    ) -> Iterator[Numbers]:
        """The iIoU of every class from weighted pixels of instances (256, 2, LANES)."""
        labels = list(self._ids)
        evaluated = np.isin(labels, INSTANCE_CLASSES)
        right, missed = (np.zeros(whole[:, TRUE].shape) for _ in range(2))
        own = self.statistics.category_id[evaluated]
        right[evaluated], missed[evaluated] = instances[own, 0], instances[own, 1]
        false = whole[:, PREDICTED] - whole[:, TRUE]
        iiou = over(right, right + false + missed)
        iiou[~evaluated] = np.nan
        if self._absent == "zero":
            iiou[evaluated] = np.nan_to_num(iiou[evaluated])
        by_label = self._images.by_label
        images = np.zeros(len(labels), np.int64)
        images[evaluated] = by_label[own]
        every = self._images.with_instances
        yield from self._of_classes((), "iiou", {"iiou": iiou}, (images, every))

    def _of_groups(self, whole: Floats, in_group: Floats) -> Iterator[Numbers]:
        """The IoU of every group of classes."""
        gt = whole[:, GT] - whole[:, IGNORED] * self.statistics.as_detectron2
        right, gt, predicted = (
            self._by_group @ each for each in (in_group[:, 0], gt, whole[:, PREDICTED])
        )
        iou = by_rule(over(right, gt + predicted - right), gt, self._absent)
        group = self._by_group.argmax(axis=0)
        images = self._images.by_group(group, len(self._group_names))
        yield Numbers((), None, "group_miou", mean_of_defined(iou), self._images.by_band[-1][1])
        yield Numbers(("groups",), self._group_names, "iou", iou, images)

    def _of_group_instances(self, totals: Floats) -> Iterator[Numbers]:
        """The iIoU of every group from weighted and from false pixels (groups, 3, LANES)."""
        iiou = np.full((len(self._group_names), totals.shape[2]), np.nan)
        images = np.zeros(len(self._group_names), np.int64)
        found = self._images.by_group_of_instances
        for place, name in enumerate(self._group_names):
            if name in OF_INSTANCES:
                own = OF_INSTANCES.index(str(name))
                right, missed, false = totals[own]
                iiou[place] = over(right, right + false + missed)
                images[place] = found[own]
        every = self._images.with_instances
        yield Numbers((), None, "group_iiou", mean_of_defined(iiou), every)
        yield Numbers(("groups",), self._group_names, "iiou", iiou, images)

    def _of_edges(self, edges: Floats, whole: Floats, weights: Lanes) -> Iterator[Numbers]:
        """Boundary F from sums over classes in images (C, 6, LANES), see `LabelMapRows`."""
        drawn = weights.sum(axis=0)
        rows, with_class = edges[:, 4], edges[:, 5]
        # a class without a boundary on either side scores 1, even if the image lacks it
        found = [(edges[:, k] + (drawn - rows)) / np.maximum(drawn, 1) for k in range(3)]
        everything = whole[:, GT] + whole[:, PREDICTED] * (self._absent != "detectron2")
        f, precision, recall = (np.where(everything > 0, each, np.nan) for each in found)
        present = over(edges[:, 3], with_class)
        if self._absent == "zero":
            f, precision, recall, present = map(np.nan_to_num, (f, precision, recall, present))
        by_class = {"f": f, "precision": precision, "recall": recall}
        yield from self._of_classes(("boundary_f",), "f", by_class, self._images.by_band[-1])
        yield from self._of_classes(
            ("boundary_f",), "f_present", {"f_present": present}, self._images.by_band[-1]
        )

    @property
    def _absent(self) -> Absent:
        return self.statistics.absent

    @cached_property
    def _ids(self) -> tuple[int | str, ...]:
        return tuple(self.statistics.category_id.tolist())

    @cached_property
    def _widths(self) -> tuple[Any, ...]:
        """Widths of bands as JSON has them, whole ones without a point."""
        widths = self.statistics.widths.tolist()
        return tuple(int(width) if width == int(width) else width for width in widths)

    @cached_property
    def _group_names(self) -> tuple[int | str, ...]:
        return tuple(dict.fromkeys(self.statistics.category_groups))

    @cached_property
    def _by_group(self) -> Floats:
        """1 where a class is in a group, float64, shape (groups, C)."""
        names = np.array(self._group_names)[:, np.newaxis]
        is_in: NDArray[np.bool_] = names == np.array(self.statistics.category_groups)
        return is_in.astype(np.float64)

    @cached_property
    def _images(self) -> LabelMapImages:
        """Numbers of images with what numbers are about."""
        return LabelMapImages(self.statistics)


def by_rule(ratio: Floats, gt: Floats, absent: Absent) -> Floats:
    """Ratios of classes, NaN for classes that the rule leaves out, as `ratio_by_rule`."""
    if absent == "zero":
        return np.nan_to_num(ratio)
    return np.where(gt > 0, ratio, np.nan) if absent == "detectron2" else ratio


def of_result(result: MeanIoUResult) -> ResampledStatistics:
    """The numbers of label maps for other weights of their images."""
    own = result.statistics
    return ResampledStatistics(
        image_ids=own.keys,
        file_names=own.keys,
        parts={(): LabelMapPart(own, rows_of(own))},
        document=result.to_dict()["results"],
    )
