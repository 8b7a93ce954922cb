"""Images reach the network as the public implementation has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from segeval.models.config import InputConfig
from segeval.models.image_sizes import resized_size
from segeval.models.images import (
    mean_colour,
    normalise,
    pad_batch,
    padded_size,
    read_image,
    resize,
)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((480, 640), (800, 1067)),  # 1066.67
        ((640, 480), (1067, 800)),
        ((427, 1000), (569, 1333)),  # 1873.5 is too long: 800 x 1333 / 1873.5 = 569.2
        ((500, 500), (800, 800)),
        ((800, 1333), (800, 1333)),
        ((1600, 2001), (800, 1001)),  # 1000.5 rounds up
        ((3, 5000), (1, 1333)),
    ],
)
def test_sizes_are_rounded_as_published(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert resized_size(size, 800, 1333) == expected


def test_an_image_is_red_first_with_colours_before_rows(tmp_path: Path) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.dtype == torch.uint8
    assert image.permute(1, 2, 0).tolist() == pixels.tolist()


def test_resizing_is_that_of_pillow(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    image = torch.from_numpy(pixels).permute(2, 0, 1)
    expected = np.asarray(Image.fromarray(pixels).resize((17, 41), Image.Resampling.BILINEAR))
    assert resize(image, (41, 17)).permute(1, 2, 0).tolist() == expected.tolist()


def test_means_belong_to_the_colours_in_their_order() -> None:
    image = torch.tensor([10, 20, 30], dtype=torch.uint8).view(3, 1, 1)
    blue_first = InputConfig(order="BGR", mean=(30.0, 18.0, 4.0), std=(1.0, 2.0, 3.0))
    red_first = InputConfig(order="RGB", mean=(30.0, 18.0, 4.0), std=(1.0, 2.0, 3.0))
    assert normalise(image, blue_first).flatten().tolist() == [0, 1, 2]
    assert normalise(image, red_first).flatten().tolist() == pytest.approx([-20, 1, 26 / 3])


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_the_image_itself_stays_as_it_is(order: Any) -> None:
    image = torch.full((3, 2, 2), 7.0)
    normalise(image, InputConfig(order=order))
    assert image.tolist() == torch.full((3, 2, 2), 7.0).tolist()


def test_padding_is_0_at_the_right_and_the_bottom() -> None:
    batch, sizes = pad_batch([torch.ones(3, 5, 40), torch.ones(3, 33, 2)])
    assert batch.shape == (2, 3, 64, 64)
    assert sizes == ((5, 40), (33, 2))
    assert batch[0, :, :5, :40].min() == 1
    assert batch[0].sum() == 3 * 5 * 40
    assert batch[1].sum() == 3 * 33 * 2
    assert padded_size((32, 33)) == (32, 64)


def test_the_mean_colour_is_red_first_whatever_the_network_reads() -> None:
    settings = {"mean": (10.2, 20.5, 300.0)}
    assert mean_colour(InputConfig(order="BGR", **settings)) == (255, 21, 10)  # type: ignore[arg-type]
    assert mean_colour(InputConfig(order="RGB", **settings)) == (10, 21, 255)  # type: ignore[arg-type]
