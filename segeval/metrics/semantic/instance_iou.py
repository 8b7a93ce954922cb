"""Cityscapes' iIoU: IoU in which every instance weighs the same, however large it is.

Source: cityscapesScripts 2.3.0, evalPixelLevelSemanticLabeling.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.label_maps import unknown_instances
from segeval.data.cityscapes.labels import (
    FIRST_INSTANCE,
    INSTANCE_CLASSES,
    INSTANCES,
    LABELS,
    label_of,
)
from segeval.data.label_maps.pairs import load_instances
from segeval.findings import raise_first
from segeval.frozen import frozen
from segeval.kernels.promise import kernel
from segeval.metrics.semantic.confusion import confusion

FIRST = FIRST_INSTANCE + 1
"""Smallest id that iIoU counts as an instance: the official tool takes ids `> 1000`, although 1000
would be one too (of label 1, which has no instances)."""

GROUPS = tuple(dict.fromkeys(label.group for label in LABELS))
"""Groups of labels; Cityscapes calls them categories."""

OF_INSTANCES = tuple(dict.fromkeys(label.group for label in INSTANCES))
"""Groups whose labels all have instances."""


@frozen(eq=False)
class InstanceTotals:
    """Pixels over all images, each weighted by the size of its instance.

    Attributes:
        right: pixels with the right label, by label id, float64, shape (256,).
        missed: pixels with another label, by label id, float64, shape (256,).
        right_group: pixels with a label of the right group, by place in `OF_INSTANCES`, float64.
        missed_group: pixels with a label of another group, by the same place, float64.
        false_group: pixels wrongly predicted as each group, unweighted, by the same place, int64.
    """

    right: NDArray[np.float64]
    missed: NDArray[np.float64]
    right_group: NDArray[np.float64]
    missed_group: NDArray[np.float64]
    false_group: NDArray[np.int64]

    def of_category(self, label: int, false: int) -> float:
        """The iIoU of a category with `false` wrong pixels predicted as it; NaN where undefined."""
        if label not in INSTANCE_CLASSES:
            return float("nan")
        return _quotient(float(self.right[label]), float(self.missed[label]), false)

    def of_group(self, name: str) -> float:
        """The iIoU of a group; NaN where undefined."""
        if name not in OF_INSTANCES:
            return float("nan")
        k = OF_INSTANCES.index(name)
        right, missed = float(self.right_group[k]), float(self.missed_group[k])
        return _quotient(right, missed, int(self.false_group[k]))


def instance_totals(
    label: NDArray[np.uint8],
    pixels: NDArray[Any],
    copies: NDArray[np.int64],
    false_group: NDArray[np.int64],
) -> InstanceTotals:
    """Add up instances one by one, like the official tool, to agree in the last digit.

    Args:
        label: label ids, uint8, shape (N,).
        pixels: size, pixels with the right label, pixels with one of the right group, (N, 3).
        copies: how often each instance counts, int64, shape (N,).
        false_group: see `InstanceTotals`.
    """
    group, columns = weighed_instances(label, pixels)

    def added(column: int, place: NDArray[Any], length: int) -> NDArray[np.float64]:
        weighted = copies * columns[:, column]
        return np.bincount(place, weights=weighted, minlength=length).astype(np.float64)

    return InstanceTotals(
        added(0, label, 256),
        added(1, label, 256),
        added(2, group, len(OF_INSTANCES)),
        added(3, group, len(OF_INSTANCES)),
        false_group,
    )


def weighed_instances(
    label: NDArray[np.uint8], pixels: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What instances add to iIoU: their pixels, as if each had the average size of its label.

    Args:
        label: label ids, uint8, shape (N,).
        pixels: size, pixels with the right label, pixels with one of the right group, (N, 3).

    Returns:
        Place of each one's group in `OF_INSTANCES`, int64, shape (N,); and weighted pixels with the
        right and with another label, with one of the right and of another group, float64, (N, 4).
    """
    average, group = np.zeros(256), np.zeros(256, np.int64)
    for each in INSTANCES:
        average[each.id] = each.average_size or 0
        group[each.id] = OF_INSTANCES.index(each.group)
    size, right, in_group = pixels.T.astype(np.float64)
    weight = average[label] / size
    columns = (right, size - right, in_group, size - in_group)
    return group[label], np.stack([counts * weight for counts in columns], axis=1)


def instances_of_image(
    path: Path, pred: NDArray[np.uint8], gt: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Instances of one image, and what is wrongly predicted as their groups.

    Args:
        path: path of the file of instances.
        pred: predicted label ids, uint8, shape (H, W).
        gt: true label ids, uint8, shape (H, W).

    Returns:
        Label id, size, pixels with the right label and with one of the right group, int64, shape
        (instances, 4), by ascending instance id; and evaluated pixels wrongly predicted as each of
        `OF_INSTANCES`, int64, shape (2,).

    Raises:
        FormatError: if an instance has a label without instances.
        MismatchError: if the sizes differ.
    """
    ids = load_instances(path, gt.shape)
    truth, predicted = _group_tables()
    counts = count_instances(pred.ravel(), ids.ravel(), predicted)
    found = np.flatnonzero(counts[:, 0])
    found = found[found >= FIRST]
    labels = label_of(found)
    evaluated = np.isin(labels, INSTANCE_CLASSES)
    raise_first(unknown_instances(path, found))
    rows = np.column_stack([labels, counts[found]])[evaluated]
    known = len(GROUPS)
    by_group = confusion(pred, gt, predicted, truth, size=known + 1)[0, :known, :known]
    false = by_group.sum(axis=0) - by_group.diagonal()
    return rows, false[[GROUPS.index(name) for name in OF_INSTANCES]]


@kernel
def count_instances(
    pred: NDArray[np.uint8], ids: NDArray[np.uint16], group: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Size, hits and hits of the group of every id (65536, 3); pred and ids (P,).

    Assumes maps of one size, proven by `load_instances`, and ids of 16 bits.
    """
    counts = np.zeros((1 << 16, 3), np.int64)
    for i in range(len(ids)):
        number = ids[i]
        if number >= FIRST:
            label = number // FIRST_INSTANCE
            counts[number, 0] += 1
            counts[number, 1] += pred[i] == label
            counts[number, 2] += group[pred[i]] == group[label]
    return counts


def _group_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Group of every true and of every predicted label (256,).

    Ignored labels have none in the truth. As predictions they have one if all labels of their
    group have instances: so the official tool counts caravans and trailers.
    """
    truth = np.full(256, len(GROUPS), np.uint8)
    predicted = truth.copy()
    for label in LABELS:
        if label.id < 0:
            continue
        place = GROUPS.index(label.group)
        if not label.ignored:
            truth[label.id] = place
        if not label.ignored or label.group in OF_INSTANCES:
            predicted[label.id] = place
    return truth, predicted


def _quotient(hits: float, misses: float, false: int) -> float:
    """Hits over everything, NaN if there is nothing."""
    everything = hits + false + misses
    return hits / everything if everything else float("nan")
