"""Points of a mask or of an image, and which of them are worth predicting.

A point is (x, y) in [0, 1]² of its box (instances) or of the padded image (semantic); the centre of
pixel i of n is at (i + 0.5) / n.

Source: Kirillov et al. 2020, PointRend, sections 3.1 and 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

Uncertainty = Callable[[Tensor], Tensor]
"""From logits (B, C, N) to how uncertain they are (B, N), the higher the more."""


def sample_points(features: Tensor, points: Tensor, *, mode: str = "bilinear") -> Tensor:
    """Features at points, read towards zero beyond the border.

    Args:
        features: (B, C, H, W).
        points: (x, y) in [0, 1]², (B, N, 2); taken as float32 whatever the precision is, because
            the 8 bits of bfloat16 would move them by pixels.
        mode: "bilinear" or "nearest".

    Returns:
        (B, C, N), of the features' type.

    Source:
        PointRend, section 3.1; grid_sample with align_corners=False.

    Example:
        >>> sample_points(torch.arange(4.0).reshape(1, 1, 2, 2), torch.tensor([[[0.5, 0.5]]]))
        tensor([[[1.5000]]])
    """
    grid = 2 * points.float().unsqueeze(2) - 1  # (B, N, 1, 2)
    sampled = functional.grid_sample(
        features.float(), grid, mode=mode, padding_mode="zeros", align_corners=False
    )
    return sampled.squeeze(3).to(features.dtype)


def grid_points(side: int, device: torch.device | str | None = None) -> Tensor:
    """Centres of the cells of a side x side grid, row by row, (side², 2).

    Example:
        >>> grid_points(2)
        tensor([[0.2500, 0.2500],
                [0.7500, 0.2500],
                [0.2500, 0.7500],
                [0.7500, 0.7500]])
    """
    ends = torch.linspace(-1, 1, side, device=device) if side > 1 else torch.zeros(1, device=device)
    centres = ends * (side - 1) / side * 0.5 + 0.5  # to the last bit as torch's affine_grid
    y, x = torch.meshgrid(centres, centres, indexing="ij")
    return torch.stack([x, y], dim=-1).reshape(-1, 2)


def cell_centres(cells: Tensor, size: tuple[int, int]) -> Tensor:
    """Centres of some cells of a grid.

    Args:
        cells: counted row by row, int64, (...).
        size: rows and columns of the grid.

    Returns:
        (x, y) in [0, 1]², float32, (..., 2).

    Example:
        >>> cell_centres(torch.tensor([1, 6]), (2, 4))
        tensor([[0.3750, 0.2500],
                [0.6250, 0.7500]])
    """
    rows, columns = size
    # as the published models round it: with another last bit, other cells are the most uncertain
    x = 0.5 / columns + (cells % columns).float() * (1 / columns)
    y = 0.5 / rows + cells.div(columns, rounding_mode="floor").float() * (1 / rows)
    return torch.stack([x, y], dim=-1)


def points_in_image(points: Tensor, boxes: Tensor, size: tuple[float, float]) -> Tensor:
    """Points of boxes as points of the image that the boxes are in.

    Args:
        points: (x, y) in [0, 1]² of a box, (B, N, 2), or (N, 2) for all boxes.
        boxes: x0, y0, x1, y1 in pixels, (B, 4).
        size: (H, W) in pixels of the padded image, which is feature size times stride.

    Returns:
        (x, y) in [0, 1]² of the image where the box is inside, (B, N, 2).
    """
    height, width = size
    corner, extent = boxes[:, None, :2], boxes[:, None, 2:] - boxes[:, None, :2]
    return (corner + points * extent) / boxes.new_tensor([width, height])


def mask_uncertainty(logits: Tensor) -> Tensor:
    """Of one logit per point, (B, 1, N): how near its probability is to a half, (B, N)."""
    return -logits[:, 0].abs()


def class_uncertainty(logits: Tensor) -> Tensor:
    """Of a logit per class, (B, C, N) of two classes or more: second largest less largest, (B, N).

    Class after class, which takes a sixth of the time of sorting the classes of every point.
    """
    one, other, *rest = logits.unbind(1)
    first, second = torch.maximum(one, other), torch.minimum(one, other)
    for of_class in rest:
        second = torch.maximum(second, torch.minimum(first, of_class))
        first = torch.maximum(first, of_class)
    return second - first


@torch.no_grad()
def uncertain_points(
    logits: Tensor,
    uncertainty: Uncertainty,
    points: int,
    *,
    oversample: float = 3,
    importance: float = 0.75,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Points to train on: most where the coarse logits are uncertain, the rest anywhere.

    int(oversample x N) uniform points are drawn, the logits sampled there, and the
    int(importance x N) most uncertain kept; the others are new uniform points.

    Args:
        logits: coarse logits, (B, C, h, w). Uncertainty is that of sampled logits, never sampled
            uncertainty: between -1 and 1 the logit is 0, the most uncertain.
        uncertainty: such as `mask_uncertainty`.
        points: N.
        oversample: k of the paper, 1 or more.
        importance: beta of the paper, in [0, 1]; 0 is uniform sampling.
        generator: of the random numbers, on any device: they are drawn there.

    Returns:
        (x, y) in [0, 1]², (B, N, 2), float32, without gradient.

    Source:
        PointRend, section 3.2; table 4 compares the settings.
    """
    batch, device = len(logits), logits.device
    important = int(importance * points)
    drawn = random_numbers((batch, int(oversample * points), 2), device, generator)
    found = uncertainty(sample_points(logits, drawn))
    place = found.topk(important, dim=1).indices.unsqueeze(2).expand(-1, -1, 2)
    others = random_numbers((batch, points - important, 2), device, generator)
    return torch.cat([drawn.gather(1, place), others], dim=1)


def random_numbers(
    shape: Sequence[int], device: torch.device, generator: torch.Generator | None
) -> Tensor:
    """Uniform numbers in [0, 1) on a device; those of a generator are the same on every device."""
    where = device if generator is None else generator.device
    return torch.rand(*shape, generator=generator, device=where).to(device)
