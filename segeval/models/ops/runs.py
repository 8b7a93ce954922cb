"""Masks of whole images as runs, found on the device of the masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segeval.errors import FormatError, ShapeError
from segeval.masks import RunLengths, concatenate
from segeval.masks.long_runs import packed

BATCH = 1 << 27
"""Pixels of masks turned into runs at once."""


@torch.no_grad()
def runs_of_masks(masks: Tensor | NDArray[Any], threshold: float = 0.5) -> RunLengths:
    """The runs of masks of one size, found on their device; only the runs leave it.

    Args:
        masks: tensor or array, bool or probabilities, (N, H, W) or (N, 1, H, W).
        threshold: least value of a pixel in the mask; 0 for logits.

    Returns:
        N masks in canonical runs.

    Raises:
        ShapeError: for another shape.
        FormatError: for values outside 0 to 1, unless the threshold is for logits.

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
    columns = [
        _runs(each, threshold) for each in masks.split(max(1, BATCH // max(1, height * width)))
    ]
    if not number:
        return RunLengths(np.zeros(0, np.uint32), np.zeros(1, np.int64), np.zeros((0, 2), np.int32))
    return concatenate(columns)


def _runs(masks: Tensor, threshold: float) -> RunLengths:
    """The runs of masks that fit into memory twice."""
    number, height, width = masks.shape
    if masks.is_floating_point() and masks.numel() and 0 < threshold <= 1:
        low, high = (end.item() for end in masks.aminmax())
        if not 0 <= low <= high <= 1:  # NaN fails, too
            raise FormatError(
                f"masks have values from {low:.3g} to {high:.3g}, expected probabilities from 0 to "
                "1. For logits, set `threshold=0`.",
                code="mask-values",
                option="threshold",
                field="masks",
            )
    inside = masks if masks.dtype == torch.bool else masks >= threshold
    pixels = inside.transpose(1, 2).reshape(number, height * width)  # column-major
    before = torch.cat([pixels.new_zeros(number, 1), pixels[:, :-1]], dim=1)
    mask, place = (pixels != before).nonzero(as_tuple=True)
    rows, places = mask.cpu().numpy(), place.cpu().numpy()
    turns = np.bincount(rows, minlength=number)
    offsets = np.concatenate([[0], np.cumsum(turns + 1)]).astype(np.int64)
    ends = np.empty(offsets[-1], np.int64)  # of all runs; the last run of a mask ends with it
    ends[offsets[1:] - 1] = height * width
    ends[np.arange(len(places)) + rows] = places
    counts = np.diff(ends, prepend=0)
    counts[offsets[:-1]] = ends[offsets[:-1]]
    sizes = np.tile(np.array([[height, width]], np.int32), (number, 1))
    return RunLengths(*packed(counts, offsets), sizes)
