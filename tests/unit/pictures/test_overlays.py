"""Masks and boxes in colours over a picture."""

from __future__ import annotations

import numpy as np

from segeval.pictures.overlays import colour_of, lay_box, lay_mask

RED = (200, 0, 0)


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 100, np.uint8)


def test_a_mask_is_tinted_inside_and_has_its_colour_at_the_edge() -> None:
    pixels, mask = grey(5, 6), np.zeros((5, 6), np.uint8)
    mask[1:4, 1:5] = 1
    lay_mask(pixels, mask, RED, 1)
    assert pixels[2, 2].tolist() == [145, 55, 55]  # 0.55 of 100, and 0.45 of 200
    assert pixels[1, 1].tolist() == list(RED)
    assert pixels[2, 4].tolist() == list(RED)
    assert (pixels[mask == 0] == 100).all()


def test_without_a_line_all_of_a_mask_is_tinted() -> None:
    pixels = grey(2, 2)
    lay_mask(pixels, np.ones((2, 2), np.uint8), RED, 0)
    assert (pixels == [145, 55, 55]).all()


def test_a_mask_of_a_larger_image_is_drawn_at_its_nearest_pixels() -> None:
    pixels, mask = grey(2, 2), np.zeros((4, 4), np.uint8)
    mask[:2, :2] = 1
    lay_mask(pixels, mask, RED, 1)
    assert (pixels != 100).any(axis=2).tolist() == [[True, False], [False, False]]


def test_an_empty_mask_changes_nothing() -> None:
    pixels = grey(3, 3)
    lay_mask(pixels, np.zeros((3, 3), np.uint8), RED, 1)
    assert (pixels == 100).all()


def test_a_box_is_drawn_as_its_lines_inside_of_the_picture() -> None:
    pixels = grey(4, 5)
    lay_box(pixels, (1, 1, 9, 9), RED, 1)
    drawn = (pixels == RED).all(axis=2).astype(int)
    assert drawn.tolist() == [[0, 0, 0, 0, 0], [0, 1, 1, 1, 1], [0, 1, 0, 0, 1], [0, 1, 1, 1, 1]]


def test_a_box_outside_of_the_picture_changes_nothing() -> None:
    pixels = grey(4, 5)
    lay_box(pixels, (20, 20, 5, 5), RED, 2)
    assert (pixels == 100).all()


def test_the_first_twelve_colours_differ() -> None:
    assert len({colour_of(place) for place in range(12)}) == 12
