"""Masks as polygons without holes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from segeval.masks import encode
from segeval.masks.keyholes import keyhole_polygons
from tests.build import nasty_masks


def drawn(mask: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The polygons of a mask, each as pycocotools draws it."""
    height, width = mask.shape
    [polygons] = keyhole_polygons(encode([mask]))
    flat = [ring.astype(float).reshape(-1).tolist() for ring in polygons]
    return [coco_mask.decode(each) for each in coco_mask.frPyObjects(flat, height, width)]


def test_a_ring_around_a_hole_goes_to_it_and_back() -> None:
    frame = np.ones((4, 4), np.uint8)
    frame[1:3, 1:3] = 0
    [[ring]] = keyhole_polygons(encode([frame]))
    assert ring.tolist() == [
        [0, 0], [4, 0], [4, 4], [0, 4], [0, 1], [1, 1], [1, 3], [3, 3], [3, 1], [1, 1], [0, 1]
    ]  # fmt: skip


def test_the_largest_part_comes_first_and_holes_do_not_count() -> None:
    mask = np.zeros((9, 20), np.uint8)
    mask[2:4, :5] = 1  # 10 pixels
    mask[:, 8:17] = 1  # 81 with a hole
    mask[1:8, 9:16] = 0
    mask[3:6, 11:14] = 1  # 9 in that hole
    first, second, third = drawn(mask)
    assert (first.sum(), second.sum(), third.sum()) == (81 - 49, 10, 9)


def test_no_pixels_have_no_polygon() -> None:
    assert keyhole_polygons(encode([np.zeros((3, 3), np.uint8)])) == [[]]


def test_polygons_are_the_mask_as_pycocotools_draws_them_and_do_not_overlap() -> None:
    rng = np.random.default_rng(0)
    masks = [np.asarray(mask, np.uint8) for mask in nasty_masks().values()]
    for share in (0.3, 0.5, 0.7, 0.9):
        masks += [(rng.random(rng.integers(1, 14, 2)) < share).astype(np.uint8) for _ in range(25)]
    for mask in masks:
        parts = drawn(mask) if mask.any() else [mask]
        np.testing.assert_array_equal(np.sum(parts, axis=0), mask)
