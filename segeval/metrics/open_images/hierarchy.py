"""Expansion along the tree of classes: an object of a class is also one of every class above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def expanded(
    label: NDArray[np.int64],
    labels: Sequence[str],
    others: Mapping[str, Sequence[str]],
    classes: Mapping[str, int],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every row, and a copy for each further label that it implies.

    Args:
        label: index of each row in labels, int64, shape (N,).
        labels: names.
        others: further labels that a label implies: those above it for objects and labels present
            in an image, those below it for absent labels.
        classes: number of each name.

    Returns:
        Index of the row that each new row copies, int64, and the number of its class, int64; copies
        follow their row.

    Source:
        tensorflow/models object_detection (2019-10), oid_hierarchical_labels_expansion.py.

    Example:
        >>> rows, found = expanded(
        ...     np.array([0, 1]),
        ...     ["cat", "car"],
        ...     {"cat": ["animal"]},
        ...     {"animal": 0, "car": 1, "cat": 2},
        ... )
        >>> rows, found
        (array([0, 0, 1]), array([2, 0, 1]))
    """
    used = set(np.unique(label).tolist())
    implied = [
        [classes[one] for one in (name, *others.get(name, ()))] if code in used else []
        for code, name in enumerate(labels)
    ]
    counts = np.array([len(numbers) for numbers in implied], np.int64)
    starts = np.cumsum(counts) - counts
    flat = np.array([number for numbers in implied for number in numbers], np.int64)
    copies = counts[label]
    rows = np.repeat(np.arange(len(label)), copies)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(copies) - copies, copies)
    return rows, flat[starts[label[rows]] + within]
