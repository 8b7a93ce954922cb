"""Cityscapes' iIoU: IoU in which every instance weighs the same, however large it is.

Source: cityscapesScripts 2.3.0, evalPixelLevelSemanticLabeling.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.data.cityscapes.labels import (
    FIRST_INSTANCE,
    INSTANCE_CLASSES,
    INSTANCES,
    LABELS,
    label_of,
)
from segeval.data.pictures.png import read_label_map
from segeval.errors import FormatError, MismatchError
from segeval.kernels.promise import kernel
from segeval.metrics.semantic.confusion import confusion
from segeval.words import size_text

FIRST = FIRST_INSTANCE + 1
"""Smallest id that iIoU takes for an instance: the official tool looks at ids `> 1000`, although
1000 would be one too (of label 1, which has no instances)."""

CATEGORIES = tuple(dict.fromkeys(label.category for label in LABELS))

OF_INSTANCES = tuple(dict.fromkeys(label.category for label in INSTANCES))
"""Categories all of whose labels have instances."""


class InstanceTotals:
    """The sums over images, added one image after the other, in this order."""

    def __init__(self) -> None:
        self.hits = {label.id: 0.0 for label in INSTANCES}
        self.misses = dict(self.hits)
        self.group_hits = dict.fromkeys(OF_INSTANCES, 0.0)
        self.group_misses = dict(self.group_hits)
        self.groups = np.zeros((len(CATEGORIES) + 1, len(CATEGORIES) + 1), np.int64)

    def add(self, rows: NDArray[np.int64], groups: NDArray[np.int64]) -> None:
        """One image: see `instances_of_image`."""
        by_id = {label.id: label for label in INSTANCES}
        for number, size, hits, group_hits in rows.tolist():
            label = by_id[number // FIRST_INSTANCE]
            weight = float(label.average_size or 0) / float(size)
            self.hits[label.id] += float(hits) * weight
            self.misses[label.id] += float(size - hits) * weight
            self.group_hits[label.category] += float(group_hits) * weight
            self.group_misses[label.category] += float(size - group_hits) * weight
        self.groups += groups

    def of_class(self, label: int, false: int) -> float:
        """The iIoU of a class with `false` pixels wrongly predicted as it; NaN where undefined."""
        if label not in self.hits:
            return float("nan")
        return _quotient(self.hits[label], self.misses[label], false)

    def of_category(self, name: str) -> float:
        """The iIoU of a category; NaN where undefined."""
        if name not in self.group_hits:
            return float("nan")
        column = self.groups[: len(CATEGORIES), CATEGORIES.index(name)]
        false = int(column.sum()) - int(column[CATEGORIES.index(name)])
        return _quotient(self.group_hits[name], self.group_misses[name], false)


def instances_of_image(
    path: Path, pred: NDArray[np.uint8], gt: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Instances of one image, and its pixels by category.

    Args:
        path: of the file of instances.
        pred: label ids, uint8, shape (H, W).
        gt: likewise.

    Returns:
        id, size, pixels with the right label, pixels with a label of the right category, int64,
        shape (instances, 4), by ascending id; and pixels by true and predicted category.

    Raises:
        FormatError: if an instance is of a label that has none.
        MismatchError: if the sizes differ.
    """
    ids = read_label_map(path).labels.astype(np.uint16, copy=False)
    if ids.shape != gt.shape:
        raise MismatchError(
            f"{path}: has {size_text(ids.shape)} pixels, the label map beside it "
            f"{size_text(gt.shape)}.",
            code="sizes",
            path=str(path),
        )
    truth, predicted = _category_tables()
    counts = count_instances(pred.ravel(), ids.ravel(), predicted)
    found = np.flatnonzero(counts[:, 0])
    found = found[found >= FIRST]
    labels = label_of(found)
    evaluated = np.isin(labels, INSTANCE_CLASSES)
    wrong = ~evaluated & ~np.isin(labels, [label.id for label in LABELS if label.ignored])
    if wrong.any():
        first = int(np.argmax(wrong))
        raise FormatError(
            f"{path}: instance {found[first]} is of the label {labels[first]}, which has no "
            f"instances; expected {FIRST_INSTANCE} times the label id, and a number.",
            code="instance-label",
            path=str(path),
        )
    rows = np.column_stack([found, counts[found]])[evaluated]
    size = len(CATEGORIES) + 1
    return rows, confusion(pred, gt, predicted, truth, size=size)[0]


@kernel
def count_instances(
    pred: NDArray[np.uint8], ids: NDArray[np.uint16], category: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Size, hits and hits of the category of every id (65536, 3); pred and ids (P,)."""
    counts = np.zeros((1 << 16, 3), np.int64)
    for i in range(len(ids)):
        number = ids[i]
        if number >= FIRST:
            label = number // FIRST_INSTANCE
            counts[number, 0] += 1
            counts[number, 1] += pred[i] == label
            counts[number, 2] += category[pred[i]] == category[label]
    return counts


def _category_tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Category of every true and of every predicted label (256,).

    Ignored labels have none in the truth. As predictions they do if all labels of their category
    have instances, which is how the official tool counts caravans and trailers.
    """
    truth = np.full(256, len(CATEGORIES), np.uint8)
    predicted = truth.copy()
    for label in LABELS:
        if label.id < 0:
            continue
        place = CATEGORIES.index(label.category)
        if not label.ignored:
            truth[label.id] = place
        if not label.ignored or label.category in OF_INSTANCES:
            predicted[label.id] = place
    return truth, predicted


def _quotient(hits: float, misses: float, false: int) -> float:
    """Hits over everything, NaN if there is nothing."""
    everything = hits + false + misses
    return hits / everything if everything else float("nan")
