"""Masks as layers: path data, pictures of one bit, and what is wrong with poor masks."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from segeval.masks import area, decode, encode, outlines
from segeval.pictures import mask_layers, poor_masks, svg_path
from segeval.pictures.outlines import box_outline, mask_outlines


def drawn(path: str, height: int, width: int) -> list[list[bool]]:
    """The pixels whose middles the path data enclose, by the even-odd rule."""
    inside = np.zeros((height, width), np.bool_)
    x = y = 0
    begin = last = (0, 0)
    for letter, numbers in re.findall(r"([mhvz])([-\d ]*)", path):
        if letter == "m":
            dx, dy = map(int, re.findall(r"-?\d+", numbers))
            x, y = x + dx, y + dy
            begin = last = (x, y)
            continue
        step = int(numbers or 0)
        point = {"h": (last[0] + step, last[1]), "v": (last[0], last[1] + step), "z": begin}[letter]
        low, high = sorted((last[1], point[1]))
        if point[0] == last[0]:
            inside[low:high, point[0] :] ^= True
        else:
            assert low == high  # what closes an outline runs along the pixels too
        last = point
    found: list[list[bool]] = inside.tolist()
    return found


@pytest.mark.parametrize("seed", range(8))
def test_path_data_of_a_mask_enclose_its_pixels(seed: int) -> None:
    mask = np.random.default_rng(seed).random((9, 7)) < 0.6
    path = svg_path(outlines(encode([mask])).rings(0))
    assert drawn(path, 9, 7) == mask.tolist()
    assert svg_path(mask_outlines(encode([mask]))[0]) == path  # the repeated first point is no edge


def test_path_data_are_relative_and_short() -> None:
    frame = [[1, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert svg_path(outlines(encode([frame])).rings(0)) == "m0 0h3v3h-3zm1 1v1h1v-1z"
    assert svg_path(box_outline(np.array([1.5, 0.25, 10, 2.25]))) == "m1.5 .25h10v2.25h-10z"
    assert svg_path([np.array([[5, 5], [4, 3], [5, 3]])]) == "m5 5l-1-2h1z"
    assert svg_path([]) == ""


def test_a_smooth_mask_is_a_path_and_a_noisy_one_a_picture_of_one_bit() -> None:
    noise = np.zeros((80, 90), np.uint8)
    noise[10:70, 5:85] = np.random.default_rng(0).random((60, 80)) < 0.5
    noise[10, 5] = noise[69, 84] = 1
    block, empty = np.zeros_like(noise), np.zeros_like(noise)
    block[2:6, 3:9] = 1
    smooth, noisy, none = mask_layers(encode([block, noise, empty]))
    assert (smooth.path, smooth.png, tuple(smooth.box)) == ("m3 2h6v4h-6z", b"", (3, 2, 6, 4))
    assert (noisy.path, tuple(noisy.box)) == ("", (5, 10, 80, 60))
    assert len(noisy.png) < 900  # 600 bytes of noise cannot be compressed
    with Image.open(io.BytesIO(noisy.png)) as picture:
        assert picture.mode == "1"
        seen = np.array(picture.convert("RGBA"))
    assert (seen[..., 3] > 0).astype(np.uint8).tolist() == noise[10:70, 5:85].tolist()
    assert (seen[seen[..., 3] > 0] == 255).all()
    assert (none.path, none.png) == ("", b"")


def test_a_poor_mask_has_pixels_too_many_pixels_too_few_and_a_band() -> None:
    pred, truth = np.zeros((40, 40), np.uint8), np.zeros((40, 40), np.uint8)
    pred[5:25, 5:25] = truth[5:25, 10:30] = 1
    found = poor_masks(encode([pred, pred]), encode([truth, pred]), px=1)
    assert area(found.extra).tolist() == [100, 0]
    assert area(found.lacking).tolist() == [100, 0]
    rim = 2 * (20 + 20) - 4
    assert area(found.band).tolist() == [2 * rim - 2 * 15, rim]
    assert decode(found.extra)[0, 5:25, 5:10].all()
