"""Crops of objects."""

from __future__ import annotations

import numpy as np

from segeval.pictures import crop_box, cropped


def test_a_crop_has_a_quarter_of_the_object_on_every_side() -> None:
    assert crop_box([100, 100, 80, 40], (480, 640)) == (80, 90, 120, 60)
    assert crop_box([100, 100, 80, 40], (480, 640), margin=0, least=0) == (100, 100, 80, 40)


def test_a_crop_holds_a_prediction_and_its_object() -> None:
    assert crop_box([[10, 10, 100, 100], [90, 50, 40, 80]], (300, 300)) == (0, 0, 160, 160)


def test_a_crop_ends_at_the_border_of_the_image() -> None:
    assert crop_box([590, 440, 50, 40], (480, 640)) == (577, 430, 63, 50)
    assert crop_box([-20, -20, 2000, 2000], (480, 640)) == (0, 0, 640, 480)
    assert crop_box([900, 900, 10, 10], (480, 640)) == (639, 479, 1, 1)  # a box outside of it


def test_small_objects_keep_their_surroundings() -> None:
    assert crop_box([100, 100, 4, 2], (480, 640)) == (86, 85, 32, 32)
    assert crop_box([0, 0, 1, 1], (5, 9)) == (0, 0, 9, 5)


def test_pixels_of_a_crop_are_those_of_its_box() -> None:
    pixels = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    part = cropped(pixels, crop_box([3, 2, 2, 1], (6, 8), margin=0, least=0))
    assert part.tolist() == pixels[2:3, 3:5].tolist()
