"""Polygons become numbers, or a reason why not."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from segeval.data.json.polygon_lists import ODD, SHORT_LATER, parse_polygons, polygon_defect
from segeval.masks import CompressedMasks

SQUARE = [0, 0, 9, 0, 9.5, 9, 0, 9]


def packed(values: list[Any]) -> tuple[Any, Any, Any]:
    """Texts end to end without anything between or behind them, their starts and lengths."""
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    strings = CompressedMasks.from_strings(texts, np.zeros((len(texts), 2), np.int32))
    return strings.text, strings.starts, strings.lengths


def points_of(values: list[Any]) -> tuple[list[Any], list[int]]:
    polygons, defects = parse_polygons(*packed(values))
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
    assert [defect == 0 for defect in defects] == [False, True, True] + [False] * 4 + [True]
    assert [defect == ODD for defect in defects] == [index == 0 for index in range(8)]
    assert [defect == SHORT_LATER for defect in defects] == [index in (4, 6) for index in range(8)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([[1, 2, 3, 4]], "polygon has 4 numbers, a polygon needs at least 6 (3 points)"),
        ([SQUARE, [1]], "polygon part #1 has 1 number, a polygon needs at least 6 (3 points)"),
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
        ([[*SQUARE, 7]], ("polygon part #0 has 9 numbers, expected pairs x, y; run lengths belong "
         "into {size, counts}")),
        ([SQUARE, [*range(1001)]], ("polygon part #1 has 1,001 numbers, expected pairs x, y; run "
         "lengths belong into {size, counts}")),
        ([], "polygon is empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_polygon_is_said_in_words(value: Any, reason: str) -> None:
    assert polygon_defect(value) == reason
    masks, defects = points_of([value, [SQUARE]])
    assert defects[0] < 0
    assert masks[1] == [SQUARE]


def test_a_later_part_of_two_points_passes_if_leniency_is_asked_for() -> None:
    assert polygon_defect([SQUARE, [1, 2, 3, 4]], tolerated=SHORT_LATER) is None
    assert polygon_defect([[1, 2, 3, 4, 5], SQUARE], tolerated=SHORT_LATER) is not None
    assert polygon_defect([[1, 2, 3, 4], SQUARE], tolerated=SHORT_LATER) is not None


def test_an_odd_number_of_coordinates_passes_if_leniency_is_asked_for() -> None:
    assert polygon_defect([[1, 2, 3, 4, 5], [*SQUARE, 7]], tolerated=ODD) is None
    assert polygon_defect([[1, 2, 3, 4], [*SQUARE, 7]], tolerated=ODD) is not None
