"""Votes of pixels: worked examples, and the vote on dense arrays."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from segeval.ensemble.operators.mask_voting import agreement, fuse_masks
from segeval.errors import InputError, ShapeError
from segeval.masks import RunLengths, concatenate, decode, encode

ROWS = ["11110000", "01111000", "00111100"]
EQUAL = [1.0, 1.0, 1.0]


def of_rows(rows: list[str]) -> RunLengths:
    """Masks of one row of pixels each."""
    return encode(np.array([[list(map(int, row))] for row in rows]))


def fused(rows: list[str], weights: list[float], cut: object = 0.5) -> str:
    """The fused mask of one cluster, as text."""
    found = fuse_masks(of_rows(rows), np.array([0, len(rows)]), weights, cut=cut)  # type: ignore[arg-type]
    return "".join(map(str, decode(found)[0, 0].tolist()))


def test_worked_examples() -> None:
    assert fused(ROWS, EQUAL) == "01111000"
    assert fused(ROWS, [0.9, 0.6, 0.3]) == "11110000"
    assert fused(["1100", "1010", "0110", "0001"], [1.0] * 4) == "1100"


def test_the_expected_iou_cut_of_the_worked_example() -> None:
    # of the shares 1, 2/3 and 1/3, whose pixels have mean IoU .5, .733333 and .666667
    assert fused(ROWS, EQUAL, "expected-iou") == "01111000"


def test_the_expected_iou_cut_may_be_far_from_one_half() -> None:
    rows = ["11111111", "11111100", "11000000", "10000000", "10000000"]
    assert fused(rows, [1.0] * 5) == "11000000"  # mean IoU .517
    assert fused(rows, [1.0] * 5, "expected-iou") == "10000000"  # .558


def test_of_equal_cuts_the_larger_is_taken() -> None:
    rows = ["11111111", "11111111", "11000000", "11000000"]
    assert fused(rows, [1.0] * 4, "expected-iou") == "11000000"  # both have .625


def test_one_mask_is_its_own_fusion() -> None:
    assert fused(ROWS[:1], [0.3]) == ROWS[0]


def test_two_masks_of_equal_weight_give_the_first() -> None:
    assert fused(ROWS[1:], [0.1, 0.1]) == ROWS[1]


def test_an_empty_fusion_keeps_the_first_mask() -> None:
    assert fused(["100", "010", "001"], EQUAL) == "100"


def test_agreement_is_the_mean_over_pairs() -> None:
    assert agreement(of_rows(ROWS)) == pytest.approx((0.6 + 1 / 3 + 0.6) / 3)
    assert agreement(of_rows(ROWS[:1])) == 1


@pytest.mark.parametrize(
    ("weights", "cut", "expected"),
    [
        ([1.0, 1.0], 0.5, "`weights` has shape"),
        ([1.0, 1.0, 0.0], 0.5, "must be finite and above 0"),
        ([1.0, 1.0, math.nan], 0.5, "must be finite and above 0"),
        (EQUAL, 1.0, "expected a share from 0 to below 1"),
        (EQUAL, "best", "expected a number or 'expected-iou'"),
    ],
)
def test_what_is_no_vote_is_refused(weights: list[float], cut: object, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        fused(ROWS, weights, cut)


def test_masks_of_one_cluster_have_one_size() -> None:
    masks = concatenate([of_rows(["11"]), of_rows(["110"])])
    with pytest.raises(ShapeError, match="mask #1 is 1 x 3, expected 1 x 2"):
        fuse_masks(masks, np.array([0, 2]), [1, 1])


def dense_vote(masks: NDArray[np.uint8], weights: list[int], cut: float) -> NDArray[np.uint8]:
    """The vote on pixels, with whole weights."""
    votes = (masks.astype(np.int64) * np.array(weights)[:, None, None]).sum(axis=0)
    wanted = cut * sum(weights)
    fused_mask = np.where(votes == wanted, masks[0], votes > wanted)
    return fused_mask.astype(np.uint8) if fused_mask.any() else np.array(masks[0])


def mean_iou(mask: NDArray[np.bool_], masks: NDArray[np.uint8], weights: list[int]) -> float:
    """Mean IoU of one mask with several, by their weights."""
    each = [(mask & (m > 0)).sum() / (mask | (m > 0)).sum() for m in masks]
    return float(np.average(each, weights=weights))


@given(st.integers(0, 10**9), st.integers(1, 6))
def test_votes_are_those_of_pixels(seed: int, members: int) -> None:
    rng = np.random.default_rng(seed)
    masks = (rng.random((members, 7, 5)) < rng.random()).astype(np.uint8)
    weights = rng.integers(1, 4, members).tolist()
    cut = float(rng.choice([0.0, 0.25, 0.5, 0.75]))
    found = decode(fuse_masks(encode(masks), np.array([0, members]), weights, cut=cut))[0]
    assert (found == dense_vote(masks, weights, cut)).all()


@example(27, 4)  # votes of equal sums, which rounding would part
@given(st.integers(0, 10**9), st.integers(1, 5))
def test_no_other_cut_has_a_higher_expected_iou(seed: int, members: int) -> None:
    rng = np.random.default_rng(seed)
    masks = (rng.random((members, 5, 6)) < 0.5).astype(np.uint8)
    masks[:, 0, 0] = 1
    weights = rng.integers(1, 4, members).tolist()
    found = decode(fuse_masks(encode(masks), np.array([0, members]), weights, cut="expected-iou"))
    votes = (masks.astype(np.int64) * np.array(weights)[:, None, None]).sum(axis=0)
    own = mean_iou(found[0] > 0, masks, weights)
    others = [mean_iou(votes >= c, masks, weights) for c in np.unique(votes[votes > 0])]
    assert own == pytest.approx(max(others), abs=1e-12)


@given(st.integers(0, 10**9))
def test_clusters_are_fused_by_themselves(seed: int) -> None:
    rng = np.random.default_rng(seed)
    masks = encode((rng.random((9, 6, 6)) < 0.5).astype(np.uint8))
    offsets = np.array([0, 2, 3, 7, 9])
    weights = rng.random(9) + 0.1
    together = decode(fuse_masks(masks, offsets, weights))
    for k, (start, stop) in enumerate(itertools.pairwise(offsets)):
        own = masks.take(np.arange(start, stop))
        alone = fuse_masks(own, np.array([0, stop - start]), weights[start:stop])
        assert (decode(alone)[0] == together[k]).all()
