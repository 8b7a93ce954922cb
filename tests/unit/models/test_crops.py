"""Crops: which pixels a box has, and what lies beyond the image."""

from __future__ import annotations

import pytest
import torch

from segeval.models import component
from segeval.models.crops import Window, cut, window_of


@pytest.mark.parametrize(
    ("box", "window"),
    [
        ((1, 2, 9, 7), (1, 2, 9, 7)),
        ((1.5, 2.4, 9.6, 7.0), (1, 2, 10, 7)),  # centres 1.5 to 9.5, and 2.5 to 6.5
        ((3.6, 3.0, 4.4, 3.2), (4, 3, 5, 4)),  # no centre: the pixel that holds the middle
        ((-2.0, 1.0, 3.0, 40.0), (-2, 1, 3, 40)),
    ],
)
def test_a_window_has_the_pixels_whose_centres_lie_in_the_box(
    box: tuple[float, ...], window: tuple[int, ...]
) -> None:
    assert window_of(box) == window


def test_a_box_of_100_by_40_is_shown_in_240_by_600_pixels() -> None:
    # the factor is min(256 / 40, 600 / 100) = 6
    sizes = component("crop-size", box=(7, 9, 107, 49), short=256, longest=600)
    assert sizes == ((240, 600), (256, 608))


def test_beyond_an_image_there_is_its_fill() -> None:
    image = torch.arange(12, dtype=torch.uint8).reshape(3, 2, 2)
    part = cut(image, Window(-1, 1, 2, 3), (7, 8, 9))
    assert part.dtype == torch.uint8
    assert part.tolist() == [
        [[7, 2, 3], [7, 7, 7]],
        [[8, 6, 7], [8, 8, 8]],
        [[9, 10, 11], [9, 9, 9]],
    ]


def test_a_window_outside_of_an_image_is_filled() -> None:
    labels = torch.zeros(4, 4, dtype=torch.int64)
    assert (cut(labels, Window(9, -7, 12, -5), 255) == 255).all()
    assert cut(labels, Window(9, -7, 12, -5), 255).shape == (2, 3)


def test_a_crop_is_a_copy() -> None:
    labels = torch.zeros(4, 4, dtype=torch.int64)
    cut(labels, Window(0, 0, 2, 2), 255)[:] = 1
    assert not labels.any()
