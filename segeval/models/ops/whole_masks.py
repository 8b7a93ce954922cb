"""Masks of whole images as runs, from probabilities of cells of stride 4."""

from __future__ import annotations

import torch
from torch import Tensor

from segeval.masks import RunLengths, concatenate
from segeval.models.ops.resizing import resized
from segeval.models.ops.runs import runs_of_masks

PIXELS = 1 << 24
"""Cells or pixels of masks that are made at once; those of all objects may need too much memory."""

STRIDE = 4
"""Pixels along each side of a cell."""

INSIDE = 0.5
"""A cell or pixel with a higher probability than this is in the mask."""


@torch.no_grad()
def whole_masks(chances: Tensor, seen: tuple[int, int], size: tuple[int, int]) -> RunLengths:
    """Masks in the pixels of a photograph.

    Probabilities become those of the padded image, are cut to the image, and become those of the
    photograph, each time bilinear. A mask has the pixels above 1/2.

    Args:
        chances: probabilities in the cells of the padded image, (N, H / 4, W / 4).
        seen: (H, W) of the image without padding, in pixels.
        size: (H, W) of the photograph, in pixels.

    Returns:
        N masks; only runs leave the device of the probabilities.

    Source:
        Wang et al. 2020, SOLO, section 3.4, and the published program of SOLOv2.

    Example:
        >>> whole_masks(torch.tensor([[[1.0, 0.0]]]), (4, 8), (2, 4)).counts
        array([0, 4, 4], dtype=uint32)
    """
    high, wide = (STRIDE * side for side in chances.shape[1:])
    step = max(1, PIXELS // max(1, high * wide, size[0] * size[1]))
    found = []
    for some in chances.float().split(step):
        padded = resized(some[:, None], (high, wide))
        image = resized(padded[..., : seen[0], : seen[1]], size)
        found.append(runs_of_masks(image > INSIDE))
    return concatenate(found)
