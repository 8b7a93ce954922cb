"""The packed column itself."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from segeval.errors import ShapeError
from segeval.masks import RunLengths, concatenate, decode_one, encode
from tests.build import nasty_masks

NASTY = list(nasty_masks().values())


def test_masks_are_taken_in_any_order_and_more_than_once() -> None:
    masks = encode(NASTY)
    order = np.array([3, 0, 7, 3])
    for place, index in enumerate(order):
        assert_array_equal(decode_one(masks.take(order), place), NASTY[index])


def test_nothing_may_be_taken() -> None:
    assert len(encode(NASTY).take(np.array([], np.int64))) == 0


def test_columns_follow_each_other() -> None:
    whole = concatenate([encode(NASTY[:2]), encode([]), encode(NASTY[2:])])
    expected = encode(NASTY)
    assert_array_equal(whole.counts, expected.counts)
    assert_array_equal(whole.offsets, expected.offsets)
    assert_array_equal(whole.sizes, expected.sizes)
    assert len(concatenate([])) == 0


def test_every_mask_needs_a_size() -> None:
    with pytest.raises(ShapeError, match=r"sizes has shape \(2, 2\), expected \(1, 2\)"):
        RunLengths(np.zeros(1, np.uint32), np.array([0, 1]), np.ones((2, 2), np.int32))
