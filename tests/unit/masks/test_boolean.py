"""Union, intersection, difference and merge of masks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segeval.errors import FormatError, ShapeError
from segeval.masks import canonical, decode, difference, encode, intersection, merge, union
from tests.build import build_masks, build_runs, nasty_masks

NASTY = nasty_masks()


def test_two_columns_combine_pair_by_pair() -> None:
    left, upper = encode([[[1, 0], [1, 0]]]), encode([[[1, 1], [0, 0]]])
    assert decode(union(left, upper)).tolist() == [[[1, 1], [1, 0]]]
    assert decode(intersection(left, upper)).tolist() == [[[1, 0], [0, 0]]]
    assert decode(difference(left, upper)).tolist() == [[[0, 0], [1, 0]]]


@pytest.mark.parametrize("name", NASTY)
def test_nasty_masks_combine_with_themselves_and_their_opposite(name: str) -> None:
    mask = NASTY[name]
    masks, opposite = encode([mask]), encode([1 - mask])
    empty, full = encode([np.zeros_like(mask)]), encode([np.ones_like(mask)])
    assert_array_equal(union(masks, opposite).counts, full.counts)
    assert_array_equal(intersection(masks, opposite).counts, empty.counts)
    assert_array_equal(difference(masks, masks).counts, empty.counts)
    assert_array_equal(difference(full, masks).counts, opposite.counts)
    assert_array_equal(merge(masks).counts, masks.counts)


def test_columns_of_mixed_sizes_combine() -> None:
    masks = encode(list(NASTY.values()))
    assert_array_equal(union(masks, masks).counts, masks.counts)
    assert_array_equal(union(masks, masks).offsets, masks.offsets)


def test_equal_masks_have_equal_canonical_runs() -> None:
    masks = canonical(build_runs([[3, 0, 1], [4, 0], [0, 0, 4], [1, 2, 1]], 2, 2))
    assert [masks.runs(i).tolist() for i in range(4)] == [[4], [4], [4], [1, 2, 1]]


@pytest.mark.parametrize("runs", [[4], [0, 4], [1, 2, 1], [0, 2, 2]])
def test_canonical_runs_stay_as_they_are(runs: list[int]) -> None:
    masks = build_runs([runs, runs], 2, 2)
    assert canonical(masks).counts.tolist() == [*runs, *runs]


@pytest.mark.parametrize("runs", [[], [0], [0, 0]])
def test_masks_without_pixels_are_equal_however_they_are_written(runs: list[int]) -> None:
    assert canonical(build_runs([runs], 0, 3)).counts.tolist() == [0]


@pytest.mark.parametrize("number", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("intersect", [False, True])
def test_any_number_of_masks_merge_into_one(number: int, intersect: bool) -> None:
    pixels = build_masks(number, 12, 17, seed=number)
    expected = pixels.min(axis=0) if intersect else pixels.max(axis=0)
    assert_array_equal(decode(merge(encode(pixels), intersect=intersect))[0], expected)


def test_merge_is_right_where_both_masks_have_a_run_of_length_0() -> None:
    # pycocotools ends there and returns runs of 3 pixels in all
    masks = build_runs([[3, 0, 2, 5], [3, 0, 2, 5]], 5, 2)
    assert merge(masks).counts.tolist() == [5, 5]


def test_no_masks_do_not_merge() -> None:
    with pytest.raises(ShapeError, match="there are no masks to merge"):
        merge(encode([]))


def test_masks_of_different_sizes_do_not_merge() -> None:
    with pytest.raises(ShapeError, match="mask #1 is 2 x 3 pixels, mask #0 is 2 x 2"):
        merge(encode([np.zeros((2, 2)), np.zeros((2, 3))]))


def test_columns_of_different_lengths_do_not_combine() -> None:
    with pytest.raises(ShapeError, match="2 masks cannot be paired with 1"):
        union(encode(np.zeros((2, 2, 2))), encode(np.zeros((1, 2, 2))))


def test_pairs_of_different_sizes_do_not_combine() -> None:
    masks = encode([np.zeros((2, 2)), np.zeros((2, 3))])
    others = encode([np.zeros((2, 2)), np.zeros((3, 2))])
    message = "mask #1 is 2 x 3 pixels in one column and 3 x 2 in the other"
    with pytest.raises(ShapeError, match=message):
        intersection(masks, others)


def test_wrong_totals_do_not_combine() -> None:
    good, wrong = build_runs([[4]], 2, 2), build_runs([[3, 2]], 2, 2)
    for masks, others in ((good, wrong), (wrong, good)):
        with pytest.raises(FormatError, match="mask #0: the runs add up to 5 pixels"):
            difference(masks, others)
