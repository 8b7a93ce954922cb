"""Points of a mask or an image, and the choice of points to predict.

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
"""From logits (B, C, N) to uncertainty (B, N); higher is less certain."""


def sample_points(features: Tensor, points: Tensor, *, mode: str = "bilinear") -> Tensor:
    """Features at points, falling to zero beyond the border.

    Args:
        features: (B, C, H, W).
        points: (x, y) in [0, 1]², (B, N, 2); always used as float32, because the 8 bits of bfloat16
            would move them by pixels.
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
    centres = ends * (side - 1) / side * 0.5 + 0.5  # equal to torch's affine_grid to the last bit
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
    # rounds like the published models: another last bit makes other cells the most uncertain
    x = 0.5 / columns + (cells % columns).float() * (1 / columns)
    y = 0.5 / rows + cells.div(columns, rounding_mode="floor").float() * (1 / rows)
    return torch.stack([x, y], dim=-1)


def points_in_image(points: Tensor, boxes: Tensor, size: tuple[float, float]) -> Tensor:
    """Points of boxes as points of the image.

    Args:
        points: (x, y) in [0, 1]² of a box, (B, N, 2), or (N, 2) for all boxes.
        boxes: x0, y0, x1, y1 in pixels, (B, 4).
        size: (H, W) of the padded image in pixels: feature size times stride.

    Returns:
        (x, y), in [0, 1]² where the box is inside the image, (B, N, 2).

    Example:
        >>> box = torch.tensor([[10.0, 20.0, 30.0, 60.0]])
        >>> points_in_image(torch.tensor([[0.0, 0.0], [0.5, 1.0]]), box, (100, 200))
        tensor([[[0.0500, 0.2000],
                 [0.1000, 0.6000]]])
    """
    height, width = size
    corner, extent = boxes[:, None, :2], boxes[:, None, 2:] - boxes[:, None, :2]
    return (corner + points * extent) / boxes.new_tensor([width, height])


def sample_in_boxes(level: Tensor, stride: int, boxes: Sequence[Tensor], points: Tensor) -> Tensor:
    """Features of a level at points of boxes, (N, C, P).

    Args:
        level: (B, C, H, W).
        stride: of the level, in pixels.
        boxes: of each image, x0, y0, x1, y1 in pixels, (n, 4).
        points: (x, y) in [0, 1]² of each box, image by image, (N, P, 2).

    Example:
        >>> level = torch.arange(4.0).view(1, 1, 1, 4)
        >>> centre = torch.tensor([[[0.5, 0.5]]])
        >>> sample_in_boxes(level, 8, [torch.tensor([[8.0, 0.0, 16.0, 8.0]])], centre)
        tensor([[[1.]]])
    """
    padded = level.shape[2] * stride, level.shape[3] * stride
    found = []
    counts = [len(each) for each in boxes]
    for image, (box, some) in enumerate(zip(boxes, points.split(counts), strict=True)):
        places = points_in_image(some, box, padded).reshape(1, -1, 2)
        read = sample_points(level[image : image + 1], places)[0]
        found.append(read.unflatten(1, some.shape[:2]).transpose(0, 1))
    return torch.cat(found)


def mask_uncertainty(logits: Tensor) -> Tensor:
    """Uncertainty (B, N) of one logit per point (B, 1, N): how near its probability is to 1/2.

    Example:
        >>> mask_uncertainty(torch.tensor([[[0.0, -3.0, 1.0]]]))
        tensor([[-0., -3., -1.]])
    """
    return -logits[:, 0].abs()


def class_uncertainty(logits: Tensor) -> Tensor:
    """Uncertainty (B, N) of C >= 2 class logits (B, C, N): second largest minus largest.

    It goes class by class, in a sixth of the time of sorting the classes of every point.

    Example:
        >>> class_uncertainty(torch.tensor([[[2.0], [5.0], [4.0]]]))
        tensor([[-1.]])
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
    """Training points: most where the coarse logits are uncertain, the rest anywhere.

    int(oversample x N) uniform points are drawn and logits sampled there; the int(importance x N)
    most uncertain are kept. The others are new uniform points.

    Args:
        logits: coarse logits, (B, C, h, w). They are sampled before uncertainty is computed:
            between -1 and 1 the logit is 0, the most uncertain.
        uncertainty: such as `mask_uncertainty`.
        points: N.
        oversample: k of the paper, 1 or more.
        importance: beta of the paper, in [0, 1]; 0 is uniform sampling.
        generator: of the random numbers, drawn on its own device.

    Returns:
        (x, y) in [0, 1]², (B, N, 2), float32, without gradient.

    Source:
        PointRend, section 3.2; table 4 compares the settings.

    Example:
        >>> coarse = torch.randn(2, 1, 7, 7, generator=torch.Generator().manual_seed(0))
        >>> points = uncertain_points(coarse, mask_uncertainty, 49)
        >>> points.shape
        torch.Size([2, 49, 2])
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
    """Uniform numbers in [0, 1) on a device; a generator gives the same ones for every device."""
    where = device if generator is None else generator.device
    return torch.rand(*shape, generator=generator, device=where).to(device)
