"""Sizes of images after scaling; nothing here needs PyTorch."""

from __future__ import annotations


def resized_size(size: tuple[int, int], short: int, longest: int) -> tuple[int, int]:
    """(H, W) of an image after scaling both sides by one factor.

    Args:
        size: (H, W) before, in pixels.
        short: new short side, unless the long one would exceed its limit.
        longest: limit of the long side.

    Source:
        detectron2's ResizeShortestEdge, with its rounding; sides stay at least 1.

    Example:
        >>> resized_size((480, 640), 800, 1333), resized_size((427, 1000), 800, 1333)
        ((800, 1067), (569, 1333))
    """
    height, width = size
    scale = short / min(height, width)
    high, wide = (float(short), scale * width) if height < width else (scale * height, float(short))
    if max(high, wide) > longest:
        scale = longest / max(high, wide)
        high, wide = high * scale, wide * scale
    return max(1, int(high + 0.5)), max(1, int(wide + 0.5))


def scaled_size(size: tuple[int, int], factor: float) -> tuple[int, int]:
    """(H, W) times a factor, rounded half up; sides stay at least 1.

    Example:
        >>> scaled_size((3, 5), 0.5), scaled_size((1, 5), 0.1)
        ((2, 3), (1, 1))
    """
    return max(1, int(size[0] * factor + 0.5)), max(1, int(size[1] * factor + 0.5))
