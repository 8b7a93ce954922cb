"""Crops around boxes: whole pixels of an image, and what lies beyond it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from segeval.models.image_sizes import resized_size
from segeval.models.images import padded_size
from segeval.models.networks.components import register_component


class Window(NamedTuple):
    """Whole pixels of an image, or beyond it: columns and rows from the first to before the last.

    Attributes:
        left: first column.
        top: first row.
        right: column after the last one.
        bottom: row after the last one.
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.bottom - self.top, self.right - self.left


def window_of(box: Sequence[float]) -> Window:
    """The pixels whose centres lie in a box; at least the one that holds the box's centre.

    Args:
        box: x0, y0, x1, y1 in pixels.

    Example:
        >>> window_of((1.5, 2.4, 9.6, 7.0))
        Window(left=1, top=2, right=10, bottom=7)
        >>> window_of((3.6, 3.0, 4.4, 3.2))
        Window(left=4, top=3, right=5, bottom=4)
    """
    (left, right), (top, bottom) = (_inside(box[axis], box[2 + axis]) for axis in (0, 1))
    return Window(left, top, right, bottom)


def _inside(low: float, high: float) -> tuple[int, int]:
    first, last = math.ceil(low - 0.5), math.ceil(high - 0.5)
    if first < last:
        return first, last
    middle = math.floor((low + high) / 2)
    return middle, middle + 1


@register_component("crop-size")
def crop_size(
    *, box: Sequence[float], short: int, longest: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The size of the crop around a box as a network sees it, and the size with its padding.

    Args:
        box: x0, y0, x1, y1 in pixels.
        short: short side, unless the long one would exceed its limit.
        longest: limit of the long side.

    Example:
        >>> crop_size(box=(0, 0, 100, 40), short=256, longest=600)
        ((240, 600), (256, 608))
    """
    size = resized_size(window_of(box).size, short, longest)
    return size, padded_size(size)


def cut(maps: Tensor, window: Window, fill: int | Sequence[int]) -> Tensor:
    """The part of maps in a window, which may reach beyond them.

    Args:
        maps: an image (3, H, W), or labels (H, W), of any type.
        window: the part.
        fill: what is beyond them: a number, or one for each colour.

    Returns:
        Of the same type, (..., height, width) of the window.

    Example:
        >>> cut(torch.tensor([[1, 2], [3, 4]]), Window(1, -1, 3, 1), 9)
        tensor([[9, 9],
                [2, 9]])
    """
    colour = torch.tensor(fill, dtype=maps.dtype, device=maps.device)
    part = colour[..., None, None].expand(*maps.shape[:-2], *window.size).clone()
    height, width = maps.shape[-2:]
    left, top = max(window.left, 0), max(window.top, 0)
    right, bottom = min(window.right, width), min(window.bottom, height)
    if left < right and top < bottom:
        rows = slice(top - window.top, bottom - window.top)
        columns = slice(left - window.left, right - window.left)
        part[..., rows, columns] = maps[..., top:bottom, left:right]
    return part
