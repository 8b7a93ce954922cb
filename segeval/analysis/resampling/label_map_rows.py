"""What label maps add to the numbers of mean IoU, image by image."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.weighted_sums import LANES, Lanes, Rows
from segeval.frozen import frozen
from segeval.metrics.semantic.boundary_f import boundary_f_of
from segeval.metrics.semantic.instance_iou import OF_INSTANCES, weighed_instances
from segeval.metrics.semantic.statistics import GT, LabelMapStatistics

Floats = NDArray[np.float64]

LABELS = 256
"""Label ids of 8 bits."""


@frozen(eq=False)
class LabelMapTotals:
    """Sums over weighted images, of `LANES` replicates.

    Attributes:
        bands: pixels by class, band and column of `LabelMapStatistics.pixels`, float64, shape
            (C, B + 1, 4, LANES).
        whole: the same with all bands as one, float64, shape (C, 4, LANES).
        in_group: pixels of each class predicted as any of its group, float64, (C, 1 or 0, LANES).
        overlaps: intersection and union of boundaries, float64, (C, 2, LANES), by key in JSON.
        edges: sums of boundary F, see `LabelMapRows`; None if not asked for.
        instances: weighted pixels of instances with the right and with another label, float64,
            shape (256, 2, LANES); None without instances.
        of_groups: weighted pixels with one of the right and of another group, and pixels wrongly
            predicted as each of `OF_INSTANCES`, float64, (groups, 3, LANES); None like instances.
    """

    bands: Floats
    whole: Floats
    in_group: Floats
    overlaps: Mapping[str, Floats]
    edges: Floats | None
    instances: Floats | None
    of_groups: Floats | None


@frozen(eq=False)
class LabelMapRows:
    """What images add, of one model or of two.

    Attributes:
        pixels: pixels by class: those of bands, of groups and of boundaries, side by side.
        edges: by class present: F, precision, recall, F where the ground truth has the class, 1,
            and 1 where the ground truth has it. None without boundary F.
        labels: weighted pixels of instances by label. None without instances.
        groups: weighted pixels of instances by group. None without instances.
        false: pixels wrongly predicted as each group. None without instances.
    """

    pixels: Rows
    edges: Rows | None
    labels: Rows | None
    groups: Rows | None
    false: Rows | None

    def beside(self, other: LabelMapRows, sources: int) -> LabelMapRows:
        """The rows of two models, as `Rows.beside`."""
        return LabelMapRows(
            self.pixels.beside(other.pixels, sources),
            *(
                None if one is None or its is None else one.beside(its, sources)
                for one, its in (
                    (self.edges, other.edges),
                    (self.labels, other.labels),
                    (self.groups, other.groups),
                    (self.false, other.false),
                )
            ),
        )

    def totals(self, weights: Lanes, statistics: LabelMapStatistics) -> LabelMapTotals:
        """Sums for the weights (S, LANES) of the images of statistics, or of two such models."""
        bands = len(statistics.widths) + 1
        columns = (
            4 * bands,
            statistics.in_group.shape[1],
            statistics.boundary.shape[1],
            statistics.detectron2.shape[1],
        )
        pixels, in_group, boundary, detectron2 = np.split(
            self.pixels.sums(weights), np.cumsum(columns)[:-1], axis=1
        )
        by_band = pixels.reshape(len(pixels), bands, 4, LANES)
        of_groups = None
        if self.groups is not None and self.false is not None:
            # one place, a column for each group
            false = self.false.sums(weights).reshape(len(OF_INSTANCES), 1, LANES)
            of_groups = np.concatenate([self.groups.sums(weights), false], axis=1)
        overlaps = {"boundary": boundary, "detectron2_boundary": detectron2}
        return LabelMapTotals(
            by_band,
            by_band.sum(axis=1),
            in_group,
            {name: each for name, each in overlaps.items() if each.shape[1]},
            None if self.edges is None else self.edges.sums(weights),
            None if self.labels is None else self.labels.sums(weights),
            of_groups,
        )


def rows_of(statistics: LabelMapStatistics) -> LabelMapRows:
    """What the images of one model add."""
    own, images = statistics, np.arange(len(statistics))
    classes, image = len(own.category_id), np.repeat(images, np.diff(own.offsets))
    columns = (own.pixels, own.in_group, own.boundary, own.detectron2)
    pixels = [each.reshape(len(image), int(np.prod(each.shape[1:]))) for each in columns]
    edges = None
    if own.f_threshold is not None:
        in_gt: NDArray[np.bool_] = np.asarray(own.pixels[:, :, GT].any(axis=1))
        found = boundary_f_of(own.edges, in_gt)
        of_present = np.where(in_gt, found.f, 0.0)
        fractions = [
            found.f, found.precision, found.recall, of_present, np.ones(len(image)), in_gt
        ]  # fmt: skip
        edges = Rows.of(own.category, image, np.stack(fractions, axis=1), classes)
    labels = groups = false = None
    if own.has_instances:
        group, weighed = weighed_instances(own.instance_label, own.instance_pixels)
        of_instance = np.repeat(images, np.diff(own.instance_offsets))
        labels = Rows.of(own.instance_label, of_instance, weighed[:, :2], LABELS)
        groups = Rows.of(group, of_instance, weighed[:, 2:], len(OF_INSTANCES))
        false = Rows.of(np.zeros_like(images), images, own.false_in_group, 1)
    joined = np.concatenate(pixels, axis=1)
    return LabelMapRows(Rows.of(own.category, image, joined, classes), edges, labels, groups, false)
