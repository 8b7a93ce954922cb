"""Exact outlines: closed polygons along the edges of pixels."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.errors import FormatError
from segeval.limits import raised
from segeval.masks import encode, outlines
from tests.build import build_runs


def rings(*rows: str) -> list[list[list[int]]]:
    """The rings of a mask that is drawn with # and dots."""
    found = outlines(encode([[[int(pixel == "#") for pixel in row] for row in rows]]))
    return [ring.tolist() for ring in found.rings(0)]


def test_a_pixel_is_four_corners_clockwise_from_its_upper_left() -> None:
    assert rings("...", ".#.") == [[[1, 1], [2, 1], [2, 2], [1, 2]]]


def test_corners_are_where_the_outline_turns_alone() -> None:
    assert rings("##.", "###", "..#") == [
        [[0, 0], [2, 0], [2, 1], [3, 1], [3, 3], [2, 3], [2, 2], [0, 2]]
    ]
    assert rings("###", "###") == [[[0, 0], [3, 0], [3, 2], [0, 2]]]


def test_a_hole_goes_the_other_way_round() -> None:
    assert rings("###", "#.#", "###") == [
        [[0, 0], [3, 0], [3, 3], [0, 3]],
        [[1, 1], [1, 2], [2, 2], [2, 1]],
    ]


def test_pixels_that_touch_at_a_corner_are_rings_of_their_own() -> None:
    assert rings("#.", ".#") == [
        [[0, 0], [1, 0], [1, 1], [0, 1]],
        [[1, 1], [2, 1], [2, 2], [1, 2]],
    ]
    assert rings(".#", "#.") == [
        [[0, 1], [1, 1], [1, 2], [0, 2]],
        [[1, 0], [2, 0], [2, 1], [1, 1]],
    ]


def test_background_that_touches_at_a_corner_is_connected() -> None:
    [ring] = rings(".##", "#.#", "###")
    assert ring.count([1, 1]) == 2  # the hole is a bay: its ring comes back to the corner
    assert len(rings("####", "#.##", "##.#", "####")) == 2  # the border, and one hole of two pixels


@pytest.mark.parametrize(("runs", "found"), [([6], 0), ([0, 6], 1), ([0, 3, 0, 3], 1)])
def test_empty_and_full_masks_have_no_ring_or_one(runs: list[int], found: int) -> None:
    traced = outlines(build_runs([runs], 2, 3))
    assert len(traced.rings(0)) == found
    assert traced.points.tolist() == [[0, 0], [3, 0], [3, 2], [0, 2]] * found


@pytest.mark.parametrize(("height", "width"), [(0, 0), (0, 3), (3, 0)])
def test_masks_without_pixels_have_no_rings(height: int, width: int) -> None:
    traced = outlines(build_runs([[0]], height, width))
    assert (len(traced), traced.rings(0), len(traced.points)) == (1, [], 0)


def test_no_masks_have_no_outlines() -> None:
    traced = outlines(encode(np.zeros((0, 4, 5))))
    assert (len(traced), traced.ring_offsets.tolist(), traced.mask_offsets.tolist()) == (
        0,
        [0],
        [0],
    )


def test_masks_of_several_sizes_keep_their_rings_apart() -> None:
    checkers = np.indices((5, 4)).sum(axis=0) % 2
    traced = outlines(encode([np.eye(3), np.zeros((2, 2)), checkers, np.ones((1, 7))]))
    assert repr(traced) == "Outlines(4 masks, 14 rings, 56 corners)"
    assert np.diff(traced.mask_offsets).tolist() == [3, 0, 10, 1]
    assert traced.rings(3)[0].tolist() == [[0, 0], [7, 0], [7, 1], [0, 1]]


def test_masks_of_more_pixels_than_a_count_holds_are_traced_by_their_runs() -> None:
    side = 10_000_000
    whole = np.array([0xFFFFFFFF, 0] * 23283, np.uint32)
    rest = side * side - 2 - 23283 * 0xFFFFFFFF
    counts = [1, 1, *whole.tolist(), rest % 0xFFFFFFFF]
    while sum(counts) < side * side:
        counts[-1:] = [0xFFFFFFFF, 0, counts[-1]]
    with raised(pixels=side * side):
        traced = outlines(build_runs([counts], side, side))
    assert traced.rings(0)[0].tolist() == [[0, 1], [1, 1], [1, 2], [0, 2]]


def test_runs_that_are_no_mask_are_refused() -> None:
    with pytest.raises(FormatError, match="the runs add up to 8 pixels, expected 3 x 3 = 9"):
        outlines(build_runs([[4, 4]], 3, 3))


def test_more_corners_than_the_limit_are_refused_before_any_is_traced() -> None:
    with raised(outline_corners=8), pytest.raises(FormatError) as refused:
        outlines(encode([np.eye(3)]))
    assert str(refused.value) == (
        "masks: the outlines have 12 corners, expected at most 8. If that is right, raise the "
        "limit: `limits.raised(outline_corners=12)`."
    )
    with raised(outline_corners=12):
        assert len(outlines(encode([np.eye(3)])).points) == 12
