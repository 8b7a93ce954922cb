"""Features of boxes, from the level of the pyramid that fits their size.

Source: Lin et al. 2017, FPN, section 4.2, equation 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from segeval.models.ops.roi_align import roi_align

CANONICAL_SIDE, CANONICAL_LEVEL = 224, 4
"""A box of 224 x 224 pixels, the size of ImageNet pictures, is on level 4."""


def box_levels(boxes: Tensor, lowest: int = 2, highest: int = 5) -> Tensor:
    """Level of each box: one more for each doubling of the side.

    Args:
        boxes: x0, y0, x1, y1 in pixels, (N, 4).
        lowest: level of all smaller boxes.
        highest: level of all larger boxes.

    Returns:
        int64, (N,).

    Example:
        >>> box_levels(torch.tensor([[0.0, 0, 9, 9], [0, 0, 112, 112], [0, 0, 224, 224]]))
        tensor([2, 3, 4])
    """
    side = (boxes[:, 2:] - boxes[:, :2]).float().clamp(min=0).prod(1).sqrt()
    level = torch.floor(CANONICAL_LEVEL + torch.log2(side / CANONICAL_SIDE + 1e-8))
    return level.clamp(lowest, highest).long()


def pool_boxes(
    features: Mapping[str, Tensor],
    boxes: Tensor,
    image: Tensor,
    side: int = 7,
    *,
    lowest: int = 2,
    highest: int = 5,
    samples: int = 0,
    offsets: Tensor | None = None,
) -> Tensor:
    """RoIAlign of each box at its level.

    Args:
        features: (B, C, H, W) of the levels "p2" and so on; level k has a stride of 2^k pixels.
        boxes: x0, y0, x1, y1 in pixels, (N, 4).
        image: index of the image of each box, int64, (N,).
        side: cells along each side.
        lowest: first level to read.
        highest: last level to read.
        samples: along each side of a cell; 0 for as many as it has pixels.
        offsets: of the cells, as of `roi_align`.

    Returns:
        (N, C, side, side), of the features' type.
    """
    levels = box_levels(boxes, lowest, highest)
    first = features[f"p{lowest}"]
    out = first.new_zeros(len(boxes), first.shape[1], side, side)
    for level in range(lowest, highest + 1):
        rows = torch.where(levels == level)[0]
        if len(rows):
            source, scale = features[f"p{level}"], 0.5**level
            out[rows] = roi_align(
                source,
                boxes[rows],
                image[rows],
                side,
                scale=scale,
                samples=samples,
                offsets=None if offsets is None else offsets[rows],
            )
    return out


def pool_per_image(
    features: Mapping[str, Tensor],
    boxes: Sequence[Tensor],
    side: int,
    strides: Mapping[str, int],
    *,
    samples: int = 0,
    offsets: Tensor | None = None,
) -> Tensor:
    """`pool_boxes` for a list of boxes per image, from all levels but the coarsest of several.

    Args:
        features: (B, C, H, W) of each level.
        boxes: of each image, x0, y0, x1, y1 in pixels, (n, 4).
        side: cells along each side.
        strides: of each level by name, finest first, in pixels.
        samples: as of `pool_boxes`.
        offsets: of the cells of all boxes, as of `roi_align`.

    Returns:
        (N, C, side, side), image by image.
    """
    image = torch.cat(
        [each.new_full((len(each),), i, dtype=torch.int64) for i, each in enumerate(boxes)]
    )
    levels = [stride.bit_length() - 1 for stride in strides.values()]
    lowest, highest = levels[0], max(levels[0], levels[-1] - 1)
    together = torch.cat(list(boxes))
    return pool_boxes(
        features,
        together,
        image,
        side,
        lowest=lowest,
        highest=highest,
        samples=samples,
        offsets=offsets,
    )
