"""Polygons and lists of counts become numbers, or a reason why not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from segeval.data.json import mask_lists as lists
from segeval.errors import FormatError
from segeval.masks import CompressedMasks

SQUARE = [0, 0, 9, 0, 9.5, 9, 0, 9]


def packed(values: list[Any]) -> tuple[Any, Any, Any]:
    """Texts end to end without anything between or behind them, their starts and lengths."""
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    strings = CompressedMasks.from_strings(texts, np.zeros((len(texts), 2), np.int32))
    return strings.text, strings.starts, strings.lengths


def points_of(values: list[Any]) -> tuple[list[Any], list[int]]:
    polygons, defects = lists.polygons(*packed(values))
    parts = [
        polygons.points[start:stop].ravel().tolist()
        for start, stop in zip(polygons.part_offsets[:-1], polygons.part_offsets[1:], strict=True)
    ]
    masks = [
        parts[start:stop]
        for start, stop in zip(polygons.mask_offsets[:-1], polygons.mask_offsets[1:], strict=True)
    ]
    return masks, defects.tolist()


@pytest.mark.parametrize(
    "last", [[[1, 2, 3, 4, 5, 6]], "[[1e0, 2, 3, 4, 5, 60000000000000000000e-19]]"]
)
def test_polygons_are_read_and_each_gets_its_verdict(last: Any) -> None:
    """The last one decides who reads them all: the kernel, or Python because of a long number."""
    values: list[Any] = [
        [SQUARE, [*SQUARE, 7]],
        "[ [1.5e1 ,-2 , 3E0,4, 5,\n6 ] ]",
        "",
        [[1, 2, 3, 4]],
        [SQUARE, [1, 2, 3, 4]],
        [[1, 2, 3, 4, 5, 1e7]],
        [SQUARE, []],
        last,
    ]
    masks, defects = points_of(values)
    assert masks == [
        [SQUARE, SQUARE],
        [[15, -2, 3, 4, 5, 6]],
        [],
        [],
        [SQUARE, [1, 2, 3, 4]],
        [],
        [SQUARE, []],
        [[1, 2, 3, 4, 5, 6]],
    ]
    assert [defect == 0 for defect in defects] == [True] * 3 + [False] * 4 + [True]
    assert [defect == lists.SHORT_LATER for defect in defects] == [
        index in (4, 6) for index in range(8)
    ]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([[1, 2, 3, 4]], "polygon has 4 numbers, a polygon needs at least 6 (3 points)"),
        ([SQUARE, [1]], "polygon part #1 has 1 numbers, a polygon needs at least 6 (3 points)"),
        ([[]], "polygon has 0 numbers, a polygon needs at least 6 (3 points)"),
        ([1, 2, 3, 4, 5, 6], ("polygon is a flat list of numbers, expected a list of parts, each "
         "a list x1, y1, x2, y2, ...")),
        ([SQUARE, 5], "polygon part #1 is 5, expected a list of numbers"),
        ([SQUARE, ["x"]], 'polygon part #1 is ["x"], expected a list of numbers'),
        ([[True] * 6], ("polygon part #0 is [true, true, true, true, true, true], expected a list "
         "of numbers")),
        ([[*SQUARE, float("nan")]], ("polygon has the coordinate NaN, expected finite numbers "
         "within 1e+06")),
        ([[*SQUARE, float("-inf")]], ("polygon has the coordinate -Infinity, expected finite "
         "numbers within 1e+06")),
        ([[*SQUARE, 10**400]], (f"polygon has the coordinate 1{'0' * 39}..., expected finite "
         "numbers within 1e+06")),
        ([], "polygon is empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_polygon_is_said_in_words(value: Any, reason: str) -> None:
    assert lists.polygon_defect(value) == reason
    masks, defects = points_of([value, [SQUARE]])
    assert defects[0] < 0
    assert masks[1] == [SQUARE]


def test_a_later_part_of_two_points_passes_if_leniency_is_asked_for() -> None:
    assert lists.polygon_defect([SQUARE, [1, 2, 3, 4]], lenient=True) is None
    assert lists.polygon_defect([[1, 2, 3, 4, 5], SQUARE], lenient=True) is None
    assert lists.polygon_defect([[1, 2, 3, 4], SQUARE], lenient=True) is not None


def counted(value: str) -> Any:
    return lists.counts(CompressedMasks.from_strings(["[0,6]", value], np.array([(2, 3), (2, 3)])))


def test_counts_are_read() -> None:
    masks = counted("[ 1 ,2,\n3]")
    assert masks.counts.tolist() == [0, 6, 1, 2, 3]
    assert masks.offsets.tolist() == [0, 2, 5]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("[1, 2]", "the runs add up to 3 pixels, expected 2 x 3 = 6"),
        ("[]", "the runs add up to 0 pixels, expected 2 x 3 = 6"),
        ("[7, -1]", "counts holds a negative run length"),
        ("[1.5, 4.5]", "counts[0] is 1.5, expected a whole number"),
        ('[6, "0"]', 'counts[1] is "0", expected a whole number'),
        ("[6, true]", "counts[1] is true, expected a whole number"),
        ("[6, NaN]", "counts[1] is NaN, expected a whole number"),
        ("[5000000000, [1]]", "counts[1] is [1], expected a whole number"),
        ("[4294967296]", "the runs add up to 4,294,967,296 pixels, expected 2 x 3 = 6"),
        ("[99999999999999999999]", ("the runs add up to 99,999,999,999,999,999,999 pixels, "
         "expected 2 x 3 = 6")),
    ],
)  # fmt: skip
def test_what_is_wrong_with_counts_is_said_in_words(value: str, reason: str) -> None:
    with pytest.raises(FormatError) as raised:
        counted(value)
    assert raised.value.message == f"mask #1: {reason}."
    assert (raised.value.code, raised.value.index) == ("bad-counts", 1)
