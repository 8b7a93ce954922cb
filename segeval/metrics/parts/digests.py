"""Hashes of what was found in images, which tell whether two parts hold an image alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.image_columns import ImageStatistics
from segeval.metrics.splitmix64 import GOLDEN_GAMMA, mix

CLOSE = 1 << 14
"""Rows whose hashes stay near the processor."""


def row_digests(columns: list[NDArray[Any]]) -> NDArray[np.uint64]:
    """A hash of the values of each of N rows by splitmix64, uint64, shape (N,).

    Args:
        columns: at least one array of numbers or bools, shape (N,) each.
    """
    found = np.zeros(columns[0].shape, np.uint64)
    for start in range(0, len(found), CLOSE):
        state = found[start : start + CLOSE]
        for column in columns:
            state += column[start : start + CLOSE].astype(np.uint64)
            state += GOLDEN_GAMMA
            mix(state)
    return found


def statistics_digests(statistics: ImageStatistics) -> NDArray[np.uint64]:
    """A hash of all that statistics hold of each image, uint64, shape (I,).

    It depends neither on other images nor on the width of the columns.
    """
    number = len(statistics)
    found = np.zeros(number, np.uint64)
    for place, (offsets, names) in enumerate(statistics.BY_ROW.items()):
        lengths = np.diff(getattr(statistics, offsets))
        image = np.repeat(np.arange(number), lengths)
        columns = [column for name in names for column in _flat(getattr(statistics, name))]
        within = np.arange(len(image)) - np.repeat(getattr(statistics, offsets)[:-1], lengths)
        np.add.at(found, image, row_digests([within, np.full(len(image), place), *columns]))
    columns = [each for name in statistics.BY_IMAGE for each in _flat(getattr(statistics, name))]
    return row_digests([found, *columns])


def _flat(column: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """The columns of an array of numbers, shape (N,) each; none of text."""
    if column.dtype != object:
        size = int(np.prod(column.shape[1:], dtype=np.int64))
        yield from column.reshape(len(column), size).T


def with_hash(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table of plain values, such as that of the classes, with its hash as `sha256`."""
    text = json.dumps(table, sort_keys=True).encode()
    return {**table, "sha256": hashlib.sha256(text).hexdigest()}
