"""Arrays that do not fit together: refused when a column is made, before a kernel sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segeval.errors import FormatError, InputError, ShapeError
from segeval.limits import raised
from segeval.masks import CompressedMasks, Polygons, RunLengths, area, decode, encode, rasterise

SQUARE = np.array([[0.0, 0], [9, 0], [9, 9], [0, 9]])


def runs(**change: Any) -> RunLengths:
    arrays: dict[str, Any] = {
        "counts": np.array([2, 4, 6], np.uint32),
        "offsets": np.array([0, 2, 3]),
        "sizes": np.array([[2, 3], [1, 6]], np.int32),
    }
    return RunLengths(**{**arrays, **change})


def strings(**change: Any) -> CompressedMasks:
    arrays: dict[str, Any] = {
        "text": np.frombuffer(b"0130006", np.uint8).copy(),
        "starts": np.array([0, 6]),
        "lengths": np.array([6, 1], np.int32),
        "sizes": np.array([[3, 3], [2, 3]], np.int32),
    }
    return CompressedMasks(**{**arrays, **change})


def polygons(**change: Any) -> Polygons:
    arrays: dict[str, Any] = {
        "points": SQUARE,
        "part_offsets": np.array([0, 4]),
        "mask_offsets": np.array([0, 1]),
    }
    return Polygons(**{**arrays, **change})


def refusal(make: Any, **change: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        make(**change)
    return caught.value


@pytest.mark.parametrize(
    ("size", "kind", "words"),
    [
        ([-1, 6], ShapeError, "mask #1 has size -1 x 6, expected a height and a width of 0 or"),
        ([1, -6], ShapeError, "mask #1 has size 1 x -6"),
        ([1, 10_000_001], FormatError, "masks: mask #1 has a side of 10,000,001 pixels"),
        ([9_000_000, 9_000_000], FormatError, "masks: mask #1 has 81,000,000,000,000 pixels"),
        ([2**31, 1], FormatError, "masks: mask #1 has a side of 2,147,483,648 pixels"),
        ([2**62, 2**62], FormatError, "masks: mask #1 has a side of 4,611,686,018,427,387,904"),
    ],
)
@pytest.mark.parametrize("make", [runs, strings])
def test_sizes_are_proven(make: Any, size: list[int], kind: type, words: str) -> None:
    error = refusal(make, sizes=np.array([[2, 3], size]))
    assert isinstance(error, kind)
    assert error.message.startswith(words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sizes": np.ones((3, 2), np.int32)}, "sizes has shape (3, 2), expected (2, 2)"),
        ({"sizes": np.ones((2, 2))}, "sizes of the masks is float64, expected int32"),
        ({"offsets": np.array([0, 2, 4])}, "offsets of the masks go from 0 to 4 over 3 counts"),
        ({"offsets": np.array([3, 1, 3])}, "offsets of the masks go from 3 to 3 over 3 counts"),
        ({"offsets": np.array([-9, 1, 3])}, "offsets of the masks go from -9 to 3"),
        ({"offsets": np.empty(0, np.int64)}, "offsets of the masks are none for 3 counts"),
        ({"offsets": np.array([0, 2, 3], np.int32)}, "offsets of the masks is int32, expected"),
        ({"counts": np.ones((3, 1), np.uint32)}, "counts of the masks has shape (3, 1), expected"),
        ({"counts": [2, 4, 6]}, "counts of the masks is list, expected uint32"),
        ({"counts": np.array([2, 4, 6], object)}, "counts of the masks is object, expected"),
    ],
)
def test_runs_are_proven(change: Any, words: str) -> None:
    assert refusal(runs, **change).message.startswith(words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"starts": np.array([0, 7])}, "mask #1 has 1 characters from 7 on, expected a part of"),
        ({"starts": np.array([-1, 6])}, "mask #0 has 6 characters from -1 on"),
        ({"starts": np.array([2**63 - 1, 6])}, "mask #0 has 6 characters from 9223372036854775807"),
        ({"lengths": np.array([8, 1], np.int32)}, "mask #0 has 8 characters from 0 on"),
        ({"lengths": np.array([6, -1], np.int32)}, "mask #1 has -1 characters from 6 on"),
        ({"lengths": np.array([6], np.int32)}, "there are 2 starts and 1 lengths of masks"),
        ({"text": np.array(["0"])}, "text of the masks is <U1, expected uint8"),
    ],
)
def test_strings_are_proven(change: Any, words: str) -> None:
    assert refusal(strings, **change).message.startswith(words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": SQUARE * np.nan}, "a polygon has the coordinate nan, expected finite numbers"),
        ({"points": SQUARE + 1e300}, "a polygon has the coordinate 1e+300, expected finite"),
        ({"points": -np.inf * (SQUARE + 1)}, "a polygon has the coordinate -inf"),
        ({"points": np.ones((4, 3))}, "points of the masks has shape (4, 3), expected (P, 2)"),
        ({"points": SQUARE.astype(int)}, "points of the masks is int64, expected float64"),
        ({"part_offsets": np.array([0, 5])}, "part_offsets of the masks go from 0 to 5 over 4"),
        ({"mask_offsets": np.array([0, 2])}, "mask_offsets of the masks go from 0 to 2 over 1"),
    ],
)
def test_polygons_are_proven(change: Any, words: str) -> None:
    assert refusal(polygons, **change).message.startswith(words)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([[-1, 640]], "mask #0 has size -1 x 640"),
        ([[640, -1]], "mask #0 has size 640 x -1"),
        ([[20, 20], [20, 20]], "sizes has shape (2, 2), expected (1, 2) for 1 polygons"),
        ([20, 20], "sizes has shape (2,), expected (1, 2)"),
        ([[1, 2**40]], "masks: mask #0 has a side of 1,099,511,627,776 pixels"),
    ],
)
def test_polygons_are_drawn_in_proven_sizes_only(sizes: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        rasterise(polygons(), np.array(sizes))
    assert caught.value.message.startswith(words)


def test_arrays_in_steps_are_taken_as_they_are() -> None:
    every_other = np.array([2, 0, 4, 0, 6, 0], np.uint32)[::2]
    found = runs(counts=every_other, sizes=np.array([[2, 1], [3, 6]]).T)
    assert found.counts.flags.c_contiguous
    assert found.sizes.dtype == np.int32
    assert area(found).tolist() == [4, 0]
    steps = np.repeat(SQUARE, 2, axis=0)[::2]
    assert_array_equal(
        rasterise(polygons(points=steps), np.array([[20, 20]])).counts,
        rasterise(polygons(), np.array([[20, 20]], np.int32)).counts,
    )


def test_an_image_without_pixels_holds_empty_masks() -> None:
    for size in ([0, 0], [0, 9], [9, 0]):
        assert area(rasterise(polygons(), np.array([size]))).tolist() == [0]


def test_limits_are_raised_for_arrays_too() -> None:
    sizes = np.array([[2, 3], [1, 20_000_000]])
    with raised(side=20_000_000):
        assert runs(sizes=sizes).sizes.tolist() == sizes.tolist()


def test_dense_masks_have_a_limit() -> None:
    huge = RunLengths(
        np.array([2**32 - 1, 0, 2], np.uint32),
        np.array([0, 3]),
        np.array([[2**16 + 1, 65535]], np.int32),
    )
    with pytest.raises(InputError):  # the runs do not add up
        decode(huge)
    wide = RunLengths(
        np.array([2**32 - 1, 0, 1], np.uint32),
        np.array([0, 3]),
        np.array([[2**16, 2**16]], np.int32),
    )
    with pytest.raises(FormatError, match="a dense mask would have 4,294,967,296 pixels"):
        decode(wide)


def test_views_of_no_memory_do_not_wrap() -> None:
    tall = np.broadcast_to(np.zeros(1, np.uint8), (3, 1, 4))
    assert encode(tall).sizes.tolist() == [[1, 4]] * 3
