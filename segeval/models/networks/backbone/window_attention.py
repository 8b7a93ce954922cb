"""Attention inside of windows, as Swin does it.

A map is cut into windows of w x w places, which see each other. In every other block it is rolled
by half a window before, so that windows lie across the borders of the last ones; places that the
roll has made neighbours do not see each other.

Source: Liu et al. 2021, Swin Transformer, sections 3.1 and 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.networks.components import register_component
from segeval.models.networks.product import Product
from segeval.models.ops.precision import at_least_float32

APART = -100.0
"""Added to the logit of two places of different regions; its exponential is 4e-44."""


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


class WindowAttention(nn.Module):
    """Attention between all places of a window, with a learned number for each relative position.

    Args:
        channels: C.
        heads: number of heads, a divisor of C.
        window: side w, in places.
    """

    relative_position_index: Tensor

    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        self.scale = (channels // heads) ** -0.5
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)
        self.alike, self.mixed = Product(), Product()
        self.relative_position_bias_table = nn.Parameter(torch.empty((2 * window - 1) ** 2, heads))
        index = relative_position_index(window)
        self.register_buffer("relative_position_index", index, persistent=False)
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)

    def forward(self, x: Tensor, apart: Tensor | None = None) -> Tensor:
        """What each place sees.

        Args:
            x: windows of B images, image by image, (B W, w w, C).
            apart: True for pairs of places of a window that do not see each other, bool,
                (W, w w, w w); None if all do.

        Returns:
            (B W, w w, C).
        """
        number, places, channels = x.shape
        apiece = channels // self.heads
        query, key, value = (
            self.qkv(x).reshape(number, places, 3, self.heads, apiece).permute(2, 0, 3, 1, 4)
        )
        logits = at_least_float32(self.alike(query * self.scale, key.transpose(2, 3)))
        logits += self._of_positions()  # in place, as these are the largest numbers of a block
        if apart is not None:
            logits.unflatten(0, (-1, len(apart))).add_(apart[:, None], alpha=APART)
        seen = self.mixed(logits.softmax(-1).to(value.dtype), value)
        mixed: Tensor = self.proj(seen.transpose(1, 2).reshape(number, places, channels))
        return mixed

    def _of_positions(self) -> Tensor:
        """The learned number of each pair of places, (heads, w w, w w)."""
        places = self.window**2
        table = self.relative_position_bias_table[self.relative_position_index.flatten()]
        return table.reshape(places, places, self.heads).permute(2, 0, 1)


class Windows:
    """How a map is cut into windows: padded with zeros to whole ones, and perhaps rolled.

    Padded places are seen like others where windows are not shifted, as in the published models.

    Args:
        height: H of the map, in places.
        width: W of the map.
        window: side w.
        shifted: whether the map is rolled by w // 2 up and to the left before.

    Attributes:
        apart: True for pairs of places of a window that do not see each other, bool,
            (windows, w w, w w); None where all do.

    Example:
        >>> x = torch.arange(6.0).reshape(1, 2, 3, 1)
        >>> windows = Windows(2, 3, 2, shifted=True)
        >>> windows.cut(x).squeeze(-1).tolist()
        [[4.0, 5.0, 1.0, 2.0], [0.0, 3.0, 0.0, 0.0]]
        >>> torch.equal(windows.joined(windows.cut(x)), x)
        True
    """

    def __init__(self, height: int, width: int, window: int, *, shifted: bool) -> None:
        self.size, self.window = (height, width), window
        self.padded = _whole(height, window), _whole(width, window)
        self.shift = window // 2 if shifted else 0
        self.apart: Tensor | None = None
        if shifted:
            regions = _partitioned(window_regions(*self.padded, window)[None, ..., None], window)
            self.apart = regions != regions.transpose(1, 2)

    def to(self, device: torch.device) -> Windows:
        """The same on another device."""
        if self.apart is not None:
            self.apart = self.apart.to(device)
        return self

    def cut(self, x: Tensor) -> Tensor:
        """The windows of maps (B, H, W, C), image by image and row by row, (B windows, w w, C)."""
        right, below = self.padded[1] - self.size[1], self.padded[0] - self.size[0]
        if right or below:
            x = functional.pad(x, (0, 0, 0, right, 0, below))
        if self.shift:
            x = x.roll((-self.shift, -self.shift), (1, 2))
        return _partitioned(x, self.window)

    def joined(self, windows: Tensor) -> Tensor:
        """The maps of such windows, (B, H, W, C)."""
        (height, width), side = self.padded, self.window
        x = windows.reshape(-1, height // side, width // side, side, side, windows.shape[-1])
        x = x.transpose(2, 3).reshape(-1, height, width, windows.shape[-1])
        if self.shift:
            x = x.roll((self.shift, self.shift), (1, 2))
        return x[:, : self.size[0], : self.size[1]]


def _whole(side: int, window: int) -> int:
    return -(-side // window) * window


def _partitioned(x: Tensor, window: int) -> Tensor:
    """Maps (B, H, W, C) of whole windows to (B windows, w w, C)."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // window, window, width // window, window, channels)
    return x.transpose(2, 3).reshape(-1, window * window, channels)
