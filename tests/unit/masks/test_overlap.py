"""Intersections and IoU of pairs of masks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segeval.errors import FormatError, ShapeError
from segeval.masks import canonical, encode, intersection_areas, mask_iou
from tests.build import build_runs, nasty_masks

NASTY = nasty_masks()

# A A .     . B B
# A A .     . B B
LEFT = [[1, 1, 0], [1, 1, 0]]
RIGHT = [[0, 1, 1], [0, 1, 1]]
EMPTY = [[0, 0, 0], [0, 0, 0]]


def test_iou_is_intersection_over_union() -> None:
    assert mask_iou(encode([LEFT]), encode([RIGHT, LEFT, EMPTY])).tolist() == [[2 / 6, 1, 0]]
    assert intersection_areas(encode([LEFT]), encode([RIGHT, LEFT, EMPTY])).tolist() == [[2, 4, 0]]


def test_crowd_is_judged_over_the_area_of_the_prediction() -> None:
    iou = mask_iou(encode([LEFT, EMPTY]), encode([RIGHT, RIGHT]), is_crowd=[True, False])
    assert iou.tolist() == [[2 / 4, 2 / 6], [0, 0]]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_masks_are_themselves_and_not_their_opposite(name: str) -> None:
    mask = NASTY[name]
    pair = encode([mask, 1 - mask])
    assert_array_equal(mask_iou(pair, pair), np.diag([float(mask.any()), float((1 - mask).any())]))


def test_empty_columns_have_no_pairs() -> None:
    assert mask_iou(encode([]), encode([LEFT])).shape == (0, 1)
    assert mask_iou(encode([LEFT]), encode([]), is_crowd=[]).shape == (1, 0)
    assert intersection_areas(encode([]), encode([])).shape == (0, 0)


def test_iou_stops_where_pycocotools_stops() -> None:
    # runs of length 0 at the same pixel of both masks end the count, in pycocotools and so here
    masks = build_runs([[3, 0, 2, 5]], 5, 2)
    assert mask_iou(masks, masks).tolist() == [[0]]
    assert mask_iou(canonical(masks), masks).tolist() == [[1]]
    assert intersection_areas(masks, masks).tolist() == [[5]]


def test_masks_of_another_image_are_refused() -> None:
    with pytest.raises(ShapeError, match="mask #1 is 3 x 2 pixels, mask #0 is 2 x 3"):
        mask_iou(encode([LEFT]), encode([np.zeros((3, 2))]))
    with pytest.raises(ShapeError, match="expected one size"):
        intersection_areas(encode([LEFT]), encode([np.array(LEFT), np.zeros((3, 2))]))


def test_every_ground_truth_needs_its_crowd_flag() -> None:
    with pytest.raises(ShapeError, match=r"is_crowd has shape \(1,\), expected \(2,\)"):
        mask_iou(encode([LEFT]), encode([LEFT, RIGHT]), is_crowd=[True])


def test_wrong_totals_are_refused() -> None:
    good, wrong = encode([LEFT]), build_runs([[6], [3]], 2, 3)
    for preds, gts in ((good, wrong), (wrong, good)):
        with pytest.raises(FormatError, match="mask #1: the runs add up to 3 pixels"):
            mask_iou(preds, gts)
