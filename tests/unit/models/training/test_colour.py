"""Colour changes against Python's own colour model and by hand."""

from __future__ import annotations

import colorsys

import pytest
import torch
from torch import Tensor

from segeval.models.training.colour import (
    brighter,
    change_colours,
    contrasted,
    recoloured,
)


def picture(height: int = 24, width: int = 20) -> Tensor:
    """Random colours, with some greys and blacks."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (3, height, width), generator=generator).to(torch.uint8)
    image[:, 0] = 77
    image[:, 1] = 0
    return image


def pixel(*colours: int) -> Tensor:
    """An image of one pixel."""
    return torch.tensor(colours, dtype=torch.uint8).view(3, 1, 1)


@pytest.mark.parametrize(("factor", "steps"), [(1.0, 0), (0.5, 0), (1.5, -18), (0.8, 7), (1, 90)])
def test_saturation_and_hue_are_those_of_python(factor: float, steps: int) -> None:
    image = picture()
    found = recoloured(image, factor=factor, steps=steps)
    for row in range(image.shape[1]):
        for column in range(image.shape[2]):
            hue, saturation, value = colorsys.rgb_to_hsv(*(image[:, row, column] / 255.0).tolist())
            wanted = colorsys.hsv_to_rgb(
                (hue + steps / 180) % 1, min(saturation * factor, 1), value
            )
            for mine, theirs in zip(found[:, row, column].tolist(), wanted, strict=True):
                assert abs(mine - 255 * theirs) <= 0.5001


def test_without_a_change_every_colour_stays() -> None:
    assert torch.equal(recoloured(picture(64, 64)), picture(64, 64))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(60, (0, 200, 0)), (-60, (0, 0, 200)), (30, (200, 200, 0)), (180, (200, 0, 0))],
)
def test_a_third_of_a_turn_makes_green_of_red(steps: int, expected: tuple[int, int, int]) -> None:
    assert recoloured(pixel(200, 0, 0), steps=steps).flatten().tolist() == list(expected)


def test_without_saturation_colours_are_grey_of_the_same_value() -> None:
    assert recoloured(pixel(200, 10, 60), factor=0).flatten().tolist() == [200, 200, 200]


def test_brightness_and_contrast_are_cut_at_black_and_white() -> None:
    assert brighter(pixel(0, 100, 250), 32).flatten().tolist() == [32, 132, 255]
    assert brighter(pixel(0, 100, 250), -32).flatten().tolist() == [0, 68, 218]
    assert contrasted(pixel(3, 100, 250), 1.5).flatten().tolist() == [4, 150, 255]


def test_changes_hang_on_the_generator_alone_and_differ() -> None:
    image = picture()
    found = [change_colours(image, torch.Generator().manual_seed(seed)) for seed in (*range(20), 5)]
    assert torch.equal(found[5], found[20])
    assert all(each.dtype == torch.uint8 and each.shape == image.shape for each in found)
    assert len({bytes(each.numpy().tobytes()) for each in found}) > 10
    assert any(torch.equal(each, image) for each in map(_changed, range(100)))


def _changed(seed: int) -> Tensor:
    return change_colours(picture(), torch.Generator().manual_seed(seed))
