"""The bands around boundaries, on maps small enough to be read."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segeval import mean_iou
from segeval.errors import InputError, ShapeError
from segeval.metrics.semantic.trimap import band_index

# two classes, 2 is void:      0 0 0 0 1 1 2 2 2 1
ROW = np.array([[0, 0, 0, 0, 1, 1, 2, 2, 2, 1]], np.uint8)


def row_bands(*widths: float, **settings: str) -> list[int]:
    """Bands of the row."""
    bands: list[int] = band_index(ROW, 2, widths, **settings)[0].tolist()  # type: ignore[arg-type]
    return bands


def test_both_sides_of_a_change_are_the_narrowest_band() -> None:
    assert row_bands(1) == [1, 1, 1, 0, 0, 1, 1, 1, 1, 1]


def test_a_band_holds_what_is_nearer_than_its_width() -> None:
    assert row_bands(1, 2, 3) == [3, 2, 1, 0, 0, 1, 3, 3, 3, 3]


def test_void_as_an_edge_is_a_label_like_any_other() -> None:
    assert row_bands(1, 2, void="edge") == [2, 2, 1, 0, 0, 0, 2, 2, 2, 0]


def test_deeplab_measures_from_void_and_includes_the_width() -> None:
    assert row_bands(1, 2, void="deeplab") == [2, 2, 2, 2, 1, 0, 2, 2, 2, 0]


def test_void_is_in_no_band() -> None:
    for void in ("ignore", "edge", "deeplab"):
        assert row_bands(100, void=void)[6:9] == [1, 1, 1]


def test_border_of_the_image_is_no_boundary() -> None:
    for void in ("ignore", "edge", "deeplab"):
        assert_array_equal(band_index(np.zeros((3, 4), np.uint8), 1, [9], void=void), 1)


def test_euclidean_distances_are_exact() -> None:
    gt = np.zeros((8, 8), np.uint8)
    gt[0, 0] = 1  # boundary pixels: it, and the two beside it
    at = band_index(gt, 2, [5, 5.000001])
    # (4, 4) is at distance 5 from (1, 0), as 3-4-5, and (3, 4) nearer
    assert at[4, 4] == 1
    assert at[3, 4] == 0


def test_the_square_of_a_width_is_not_rounded() -> None:
    gt = np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]], np.uint8)
    root = math.sqrt(2)  # a little more than the root itself: its square is above 2
    assert band_index(gt, 2, [root])[1, 0] == 0
    assert band_index(gt, 2, [math.nextafter(root, 0)])[1, 0] == 1


def test_chebyshev_counts_diagonal_steps_as_one() -> None:
    gt = np.zeros((4, 4), np.uint8)
    gt[0, 0] = 1
    assert band_index(gt, 2, [2, 3], metric="chebyshev").tolist() == [
        [0, 0, 0, 1],
        [0, 0, 0, 1],
        [0, 0, 1, 1],
        [1, 1, 1, 2],
    ]


def test_wide_bands_reach_across_the_image() -> None:
    gt = np.zeros((3, 400), np.uint8)
    gt[:, 0] = 1
    bands = band_index(gt, 2, [200, 398, 1e9])
    assert bands[1, [1, 200, 201, 398, 399]].tolist() == [0, 0, 1, 1, 2]


def test_16_bit_maps_give_the_same() -> None:
    assert_array_equal(band_index(ROW.astype(np.uint16), 2, [1, 3]), band_index(ROW, 2, [1, 3]))


def test_a_part_of_an_array_is_read_in_its_own_order() -> None:
    wide = np.repeat(ROW, 2, axis=1)
    assert_array_equal(band_index(wide[:, ::2], 2, [1, 3]), band_index(ROW, 2, [1, 3]))


@pytest.mark.parametrize(
    ("widths", "settings", "message"),
    [
        ([], {}, "0 trimap widths, expected 1 to 254."),
        ([1, 0.5], {}, "trimap widths 1, 0.5: expected increasing ones."),
        ([2, 2], {}, "trimap widths 2, 2: expected increasing ones."),
        ([0, 1], {}, "trimap widths 0, 1: expected numbers of pixels above 0."),
        ([1, math.inf], {}, "trimap widths 1, inf: expected numbers of pixels above 0."),
        ([math.nan], {}, "trimap widths nan: expected numbers of pixels above 0."),
        ([1], {"metric": "l1"}, "`metric` is 'l1', expected one of euclid, chebyshev."),
        ([1], {"void": "no"}, "`void` is 'no', expected one of ignore, edge, deeplab."),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    widths: list[float], settings: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        band_index(ROW, 2, widths, **settings)  # type: ignore[arg-type]
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (ROW.astype(np.int64), "int64 of shape (1, 10)"),
        (ROW[0], "uint8 of shape (10,)"),
        (ROW[:0], "uint8 of shape (0, 10)"),
    ],
)
def test_other_arrays_are_refused(labels: np.ndarray, found: str) -> None:
    with pytest.raises(ShapeError) as caught:
        band_index(labels, 2, [1])
    assert str(caught.value) == (
        f"the label map is {found}, expected uint8 or uint16 of shape (H, W) with pixels."
    )


@pytest.mark.parametrize(
    ("void", "width", "pixels", "ious"),
    [
        (None, 1, 10, [5 / 10, 0]),
        (None, 2, 20, [10 / 15, 5 / 10]),
        (None, 3, 30, [15 / 20, 10 / 15]),
        ("ignore", 1, 8, [4 / 8, 0]),
        ("deeplab", 1, 4, [2 / 3, 1 / 2]),
        ("edge", 1, 10, [5 / 9, 1 / 5]),
    ],
)
def test_an_edge_one_column_too_far_to_the_right(
    void: str | None, width: int, pixels: int, ious: list[float]
) -> None:
    gt, pred = (np.repeat([[0] * left + [1] * (8 - left)], 5, axis=0) for left in (4, 5))
    if void:
        gt[0, 3:5] = 9
    asked: dict[str, Any] = {"trimap": width, "trimap_void": void or "ignore"}
    result = mean_iou([pred.astype(np.uint8)], [gt.astype(np.uint8)], classes=2, ignore=9, **asked)
    (band,) = result.scores.trimap
    assert (band.pixels, [each.iou for each in band.categories]) == (pixels, ious)
    if void is None:
        assert [each.iou for each in result.scores.categories] == [20 / 25, 15 / 20]
