"""Columns by image: sums, weights, and what cannot be merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.errors import InputError, MismatchError, ShapeError
from segeval.metrics.image_columns import merged, narrow, sums, whole_weights
from segeval.metrics.open_images import OpenImagesStatistics
from segeval.metrics.semantic import LabelMapStatistics


@dataclass(frozen=True, eq=False)
class Counts:
    """Statistics of one kind of row."""

    keys: tuple[str, ...]
    offsets: NDArray[np.int64]
    values: NDArray[np.int64]
    rule: float | None = None


def counts(keys: str, lengths: list[int], values: list[int], rule: float | None = None) -> Counts:
    """Statistics of images that are named by letters."""
    return Counts(tuple(keys), np.cumsum([0, *lengths]), np.array(values, np.int64), rule)


def test_images_and_their_rows_come_in_order_of_the_keys() -> None:
    found = merged([counts("db", [1, 2], [9, 3, 4]), counts("ca", [0, 2], [1, 2])],
                   rows={"offsets": ("values",)})  # fmt: skip
    assert found.keys == ("a", "b", "c", "d")
    assert found.offsets.tolist() == [0, 2, 4, 4, 5]
    assert found.values.tolist() == [1, 2, 3, 4, 9]


def test_parts_without_images_add_nothing() -> None:
    one = counts("a", [2], [1, 2])
    found = merged([counts("", [], []), one], rows={"offsets": ("values",)})
    assert (found.keys, found.values.tolist()) == (("a",), [1, 2])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([("a", 1.0), ("b", 2.0)], "the parts differ in `rule`, 1.0 and 2.0, expected"),
        ([("a", None), ("b", 2.0)], "the parts differ in `rule`, None and 2.0, expected"),
        ([("a", 1.0), ("a", 1.0)], "part #1: image id 'a' is also in part #0. `parts` must"),
    ],
)
def test_what_cannot_be_merged_is_refused(parts: list[Any], message: str) -> None:
    made = [counts(keys, [1], [1], rule) for keys, rule in parts]
    with pytest.raises(MismatchError, match=message):
        merged(made, rows={"offsets": ("values",)})


def test_a_shared_image_is_the_mistake_that_it_is_in_ground_truth() -> None:
    with pytest.raises(MismatchError) as refused:
        merged([counts("", [], []), counts("ab", [0, 0], []), counts("bac", [0] * 3, [])],
               rows={"offsets": ("values",)})  # fmt: skip
    found = refused.value
    assert (found.code, found.option, found.count) == ("duplicate-image", "parts", 2)
    assert found.message.startswith("part #2: image id 'a' is also in part #1. 1 more like it.")


@pytest.mark.parametrize("kind", [LabelMapStatistics, OpenImagesStatistics])
def test_only_statistics_of_one_kind_merge(kind: Any) -> None:
    for parts, words in (([1], "int"), ([counts("a", [0], [])], "Counts"), ([], "empty")):
        with pytest.raises(
            InputError, match=f"`parts` is {words}, expected at least one {kind.__name__}"
        ):
            kind.merge(parts)


@pytest.mark.parametrize("large", [1, 1 << 54])
def test_sums_are_exact_whatever_their_size(large: int) -> None:
    place = np.array([0, 2, 0])
    values = np.array([[large + 1, 2], [3, 4], [5, 6]])
    found = sums(place, values, np.array([1, 7, 2]), 3)
    assert found.tolist() == [[large + 11, 14], [0, 0], [21, 28]]
    assert sums(place, values[:, 0], np.array([1, 7, 2]), 3).tolist() == [large + 11, 0, 21]
    assert sums(place, values[:, :0], np.array([1, 1, 1]), 3).shape == (3, 0)


def test_weights_are_whole_numbers_one_per_image() -> None:
    assert whole_weights(None, 2).tolist() == [1, 1]
    assert whole_weights([0, 3], 2).tolist() == [0, 3]
    for wrong, value in (([0.5, 1.0], "0.5"), ([1, -1], "-1"), (["1", "2"], "'1'")):
        with pytest.raises(
            InputError, match=f"`weights` holds {value}, expected whole numbers from 0 to"
        ):
            whole_weights(wrong, 2)
    with pytest.raises(ShapeError, match=r"`weights` has shape \(1,\), expected one per image"):
        whole_weights([1], 2)


@pytest.mark.parametrize(
    ("largest", "dtype"),
    [(0, "uint16"), (65_535, "uint16"), (65_536, "uint32"), (1 << 40, "int64")],
)
def test_counts_take_the_narrowest_dtype(largest: int, dtype: str) -> None:
    assert narrow(np.array([0, largest])).dtype == dtype
    assert narrow(np.array([], np.int64)).dtype == "uint16"
