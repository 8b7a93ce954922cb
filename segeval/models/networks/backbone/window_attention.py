"""Attention inside of windows, as Swin does it: which places see each other, and how.

Source: Liu et al. 2021, Swin Transformer, sections 3.1 and 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor

from segeval.models.networks.components import register_component


@register_component("window-index")
def relative_position_index(window: int) -> Tensor:
    """The row of the table of relative positions for each pair of places in a window.

    Args:
        window: side w, in places.

    Returns:
        int64, (w w, w w), query by key, both row by row: (dy + w - 1) (2 w - 1) + dx + w - 1, where
        dy and dx are the place of the query less that of the key.

    Example:
        >>> relative_position_index(2).tolist()
        [[4, 3, 1, 0], [5, 4, 2, 1], [7, 6, 4, 3], [8, 7, 5, 4]]
    """
    places = torch.arange(window)
    apart = places[:, None] - places[None, :] + window - 1
    rows, columns = apart[:, None, :, None], apart[None, :, None, :]
    return (rows * (2 * window - 1) + columns).reshape(window * window, window * window)


@register_component("window-regions")
def window_regions(height: int, width: int, window: int) -> Tensor:
    """Regions of a map that was rolled by half a window: only places of one region were neighbours.

    Args:
        height: of the map, a multiple of the window.
        width: the same.
        window: side w; the map was rolled by w // 2 up and to the left.

    Returns:
        Numbers of the nine regions, int64, (height, width).

    Example:
        >>> window_regions(4, 4, 2).tolist()
        [[0, 0, 1, 2], [0, 0, 1, 2], [3, 3, 4, 5], [6, 6, 7, 8]]
    """
    rows, columns = (_thirds(side, window) for side in (height, width))
    return 3 * rows[:, None] + columns[None, :]


def _thirds(side: int, window: int) -> Tensor:
    """0 before the last window, 1 in it, 2 where the roll put the other end of the map."""
    places = torch.arange(side)
    return (places >= side - window).long() + (places >= side - window // 2).long()
