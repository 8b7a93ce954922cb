"""Masks of whole images as runs, found on the device of the masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segeval.errors import FormatError, ShapeError
from segeval.masks import RunLengths, concatenate, encode
from segeval.masks.long_runs import packed
from segeval.masks.values import holds_nan

BATCH = 1 << 27
"""Pixels of masks turned into runs at once."""


@torch.no_grad()
def runs_of_masks(masks: Tensor | NDArray[Any], threshold: float = 0.5) -> RunLengths:
    """The runs of masks of one size, found on their device; only the runs leave it.

    In the memory of the processor they are those of `segeval.masks.encode`, as fast.

    Args:
        masks: tensor or array, bool or probabilities, (N, H, W) or (N, 1, H, W).
        threshold: least value of a pixel in the mask; 0 for logits.

    Returns:
        N masks in canonical runs.

    Raises:
        ShapeError: for another shape.
        FormatError: for NaN, and for values outside 0 to 1, unless the threshold is for logits.

    Example:
        >>> runs_of_masks(torch.tensor([[[0.1, 0.7], [0.9, 0.8]]])).counts
        array([1, 3], dtype=uint32)
    """
    masks = torch.as_tensor(masks)
    if masks.ndim == 4 and masks.shape[1] == 1:
        masks = masks[:, 0]
    if masks.ndim != 3:
        raise ShapeError(
            f"masks have shape {tuple(masks.shape)}, expected (N, H, W) or (N, 1, H, W).",
            code="shape",
        )
    number, height, width = masks.shape
    step = max(1, BATCH // max(1, height * width))
    columns = [
        _runs(_inside(masks[first : first + step], first, threshold))
        for first in range(0, number, step)
    ]
    if not number:
        return RunLengths(np.zeros(0, np.uint32), np.zeros(1, np.int64), np.zeros((0, 2), np.int32))
    return concatenate(columns)


def _inside(masks: Tensor, first: int, threshold: float) -> Tensor:
    """Which pixels are in some masks, of which the first is mask #`first`; bool, (N, H, W)."""
    if masks.dtype == torch.bool:
        return masks
    if masks.is_floating_point() and masks.numel():
        low, high = (end.item() for end in masks.aminmax())
        if low != low:
            has_nan = masks.flatten(1).isnan().any(dim=1)
            raise holds_nan(first + int(has_nan.int().argmax()))
        if 0 < threshold <= 1 and not 0 <= low <= high <= 1:
            raise FormatError(
                f"masks have values from {low:.3g} to {high:.3g}, expected probabilities from 0 to "
                "1. For logits, set `threshold=0`.",
                code="mask-values",
                option="threshold",
                field="masks",
            )
    return masks >= threshold


def _runs(inside: Tensor) -> RunLengths:
    """The runs of masks (N, H, W) that fit into the memory of their device thrice."""
    return encode(inside.numpy()) if inside.device.type == "cpu" else runs_on_device(inside)


def runs_on_device(inside: Tensor) -> RunLengths:
    """The runs of bool masks (N, H, W), N above 0, where they are; 8 bytes for each leave it."""
    number, height, width = inside.shape
    size = height * width
    pixels = inside.transpose(1, 2).reshape(number, size)  # column-major
    turns = pixels.clone()
    turns[:, 1:] ^= pixels[:, :-1]
    found = turns.flatten().nonzero().flatten().cpu().numpy()
    masks = np.arange(number + 1)
    # each mask has as many runs as turns and one more, which ends with it
    firsts = np.searchsorted(found, masks * size)
    offsets = (firsts + masks).astype(np.int64)
    ends = np.full(offsets[-1], size, np.int64)
    rows = np.repeat(masks[:-1], np.diff(firsts))
    ends[np.arange(len(found)) + rows] = found - rows * size
    counts = np.diff(ends, prepend=0)
    counts[offsets[:-1]] = ends[offsets[:-1]]
    sizes = np.tile(np.array([[height, width]], np.int32), (number, 1))
    return RunLengths(*packed(counts, offsets), sizes)
