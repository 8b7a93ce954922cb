"""What was seen in some label maps of a run, known without the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.label_agreement import LabelSample, LabelTable
from segeval.data.label_maps.classes import LARGEST_ID
from segeval.data.label_maps.unknown_labels import Seen
from segeval.frozen import frozen

MOST = 1 << 53
"""No number of pixels is as high."""


@frozen(eq=False)
class KnownSample:
    """What a `LabelSample` says, kept as plain values.

    Attributes:
        values: by the names of its methods.
    """

    values: Mapping[str, Any]

    @classmethod
    def of(cls, sample: LabelSample) -> KnownSample:
        """All that a sample says."""
        seen, predicted, table = sample.seen(), sample.predicted(), sample.table()
        labels = np.flatnonzero(predicted)
        return cls({
            "seen": [sorted(seen.gt), sorted(seen.preds or ())],
            "predicted": [labels.tolist(), predicted[labels].tolist()],
            "table": [each.tolist() for each in (table.gt, table.pred, table.pixels)],
            "borders": sample.borders().tolist(),
            "misplaced": list(sample.misplaced()),
        })  # fmt: skip

    @classmethod
    def joined(cls, samples: Sequence[Mapping[str, Any]]) -> KnownSample:
        """What several samples say, as the values that `of` keeps.

        Raises:
            ValueError: for other values.
        """
        for each in samples:
            _check(each)
        if len(samples) == 1:
            return cls(samples[0])
        return cls({
            "seen": [
                sorted({*chain.from_iterable(each["seen"][side] for each in samples)})
                for side in (0, 1)
            ],
            "predicted": _added_up([each["predicted"] for each in samples]),
            "table": _added_up([each["table"] for each in samples]),
            "borders": np.sum([each["borders"] for each in samples], axis=0).tolist(),
            "misplaced": list(
                dict.fromkeys(chain.from_iterable(each["misplaced"] for each in samples))
            ),
        })  # fmt: skip

    def seen(self) -> Seen:
        """The labels of both sides."""
        gt, preds = self.values["seen"]
        return Seen(frozenset(gt), frozenset(preds))

    def predicted(self) -> NDArray[np.int64]:
        """Evaluated pixels predicted as each label, shape (65536,)."""
        labels, pixels = self.values["predicted"]
        found = np.zeros(LARGEST_ID + 1, np.int64)
        found[labels] = pixels
        return found

    def table(self) -> LabelTable:
        """The labels of the evaluated pixels."""
        return LabelTable(*(np.array(column, np.int64) for column in self.values["table"]))

    def borders(self) -> NDArray[np.int64]:
        """Blended borders and all borders, of predictions and of ground truth, shape (2, 2)."""
        return np.array(self.values["borders"], np.int64)

    def misplaced(self) -> Sequence[str]:
        """Where predictions fit better than where they are."""
        return list(self.values["misplaced"])


def _added_up(tables: Sequence[Sequence[Sequence[int]]]) -> list[list[int]]:
    """Rows of labels with pixels in the last column; pixels of equal labels add up."""
    found: dict[tuple[int, ...], int] = {}
    for columns in tables:
        for *labels, pixels in zip(*columns, strict=True):
            found[tuple(labels)] = found.get(tuple(labels), 0) + pixels
    width = len(tables[0]) - 1
    labels_of = [[labels[place] for labels in found] for place in range(width)]
    return [*labels_of, list(found.values())]


def _check(values: Any) -> None:
    """Refuse values that no sample has.

    Raises:
        ValueError: for these.
    """
    is_whole = isinstance(values, dict) and {*values} == {
        "seen", "predicted", "table", "borders", "misplaced"
    }  # fmt: skip
    sound = (
        is_whole
        and _are_labels(values["seen"], 2)
        and _are_counted(values["predicted"], 1)
        and _are_counted(values["table"], 2)
        and _are_whole(values["borders"], 2, MOST)
        and all(len(each) == 2 for each in values["borders"])
        and isinstance(values["misplaced"], list)
        and all(isinstance(each, str) for each in values["misplaced"])
    )
    if not sound:
        raise ValueError("no sample of label maps")


def _are_counted(columns: Any, labels: int) -> bool:
    """Whether these are columns of labels, each row once, and one of numbers of pixels."""
    return (
        _are_whole(columns, labels + 1, MOST)
        and len({len(each) for each in columns}) == 1
        and _are_labels(columns[:-1], labels)
        and len({*zip(*columns[:-1], strict=True)}) == len(columns[0])
    )


def _are_labels(columns: Any, number: int) -> bool:
    """Whether these are so many lists of labels."""
    return _are_whole(columns, number, LARGEST_ID + 1)


def _are_whole(columns: Any, number: int, end: int) -> bool:
    """Whether these are so many lists of whole numbers from 0 to `end` - 1."""
    return (
        isinstance(columns, list)
        and len(columns) == number
        and all(isinstance(each, list) for each in columns)
        and all(type(value) is int and 0 <= value < end for each in columns for value in each)
    )
