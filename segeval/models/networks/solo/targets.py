"""Which cells learn which object, and the masks that they learn.

Source: Wang et al. 2020, SOLO, sections 3.2 and 3.3.1 (centre regions), with the rules of the
published program where the papers are silent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from segeval.brief import Brief
from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.batches import Objects, require_inside
from segeval.models.networks.components import register_component

NOTHING = -1
"""Class of a cell without an object."""

Ranges = Sequence[tuple[float, float]]
"""Smallest and largest side of an object on each level, in pixels."""


@dataclass(frozen=True, repr=False)
class CellTargets(Brief):
    """What the cells of a level learn from an image.

    Attributes:
        classes: of each cell, 0 to K - 1, or -1 without an object, int64, (S, S).
        cells: cells with a mask, row by row, int64, (P,); a cell of two objects is there twice.
        objects: index of the object of each mask, int64, (P,).
    """

    classes: Tensor
    cells: Tensor
    objects: Tensor


@torch.no_grad()
def cell_targets(
    objects: Objects,
    size: tuple[int, int],
    *,
    grids: Sequence[int],
    scales: Ranges,
    sigma: float,
) -> list[CellTargets]:
    """What the cells of each level learn from the objects of an image.

    An object belongs to the levels whose range holds the square root of its box's area. There it
    has the cells around the mass centre of its mask: as far as `sigma` times half the box, but at
    most one cell in each direction. A later object takes over the class of a cell; the mask of the
    earlier one is learned as well. An object with an empty mask has no centre, and no cells.

    Args:
        objects: of the image.
        size: (H, W) of the padded image, in pixels.
        grids: cells along each side, S, of each level.
        scales: range of each level, both ends included.
        sigma: side of the middle of an object, as a share of its box's.

    Returns:
        One per level, on the device of the objects.
    """
    height, width = size
    device = objects.masks.device
    rows = _regions(objects, size, sigma)
    classes = objects.classes.tolist()
    found = []
    for grid, (least, most) in zip(grids, scales, strict=True):
        of_cells = torch.full((grid, grid), NOTHING, dtype=torch.int64)
        cells: list[int] = []
        owners: list[int] = []
        for owner, side, (y, half_y), (x, half_x) in rows:
            if not least <= side <= most:
                continue
            down, across = _near(y, half_y, height, grid), _near(x, half_x, width, grid)
            of_cells[down.start : down.stop, across.start : across.stop] = classes[owner]
            own = [row * grid + column for row in down for column in across]
            cells += own
            owners += [owner] * len(own)
        columns = torch.tensor([cells, owners], dtype=torch.int64).to(device)
        found.append(CellTargets(of_cells.to(device), *columns))
    return found


Region = tuple[int, float, tuple[float, float], tuple[float, float]]
"""Index of an object, side of its box, and centre and half side of its middle in y and in x."""


def _regions(objects: Objects, size: tuple[int, int], sigma: float) -> list[Region]:
    """The middles of the objects with a mask."""
    require_inside(objects.masks, size)
    masks, boxes = objects.masks, objects.boxes.double()
    sides = (boxes[:, 2:] - boxes[:, :2]).tolist()
    centres, areas = mass_centres(masks)
    return [
        (
            owner,
            math.sqrt(max(0.0, wide) * max(0.0, high)),
            (y, sigma * high / 2),
            (x, sigma * wide / 2),
        )
        for owner, ((wide, high), (y, x), area) in enumerate(
            zip(sides, centres.tolist(), areas.tolist(), strict=True)
        )
        if area
    ]


def mass_centres(masks: Tensor) -> tuple[Tensor, Tensor]:
    """The mean place of the pixels of masks, and their number.

    Args:
        masks: 0 and 1, (M, H, W).

    Returns:
        y and x as indices of pixels, float64, (M, 2), NaN for an empty mask; int64, (M,).

    Example:
        >>> masks = torch.zeros(1, 4, 6, dtype=torch.uint8)
        >>> masks[0, 1:3, 2:6] = 1
        >>> mass_centres(masks)
        (tensor([[1.5000, 3.5000]], dtype=torch.float64), tensor([8]))
    """
    sums = []
    areas = masks.sum((1, 2), dtype=torch.int64)
    for axis in (1, 2):
        along = masks.sum(3 - axis, dtype=torch.int64)  # pixels of each row, or column
        places = torch.arange(masks.shape[axis], device=masks.device)
        sums.append((along * places).sum(1).double())
    return torch.stack(sums, dim=1) / areas[:, None], areas


def _near(centre: float, half: float, side: int, grid: int) -> range:
    """The rows or columns of the cells around a centre.

    Args:
        centre: in pixels.
        half: how far the middle of the object reaches to both sides, in pixels.
        side: of the image, in pixels.
        grid: number of cells along it.
    """

    def cell(place: float) -> int:
        return math.floor(place * grid / side)

    own = cell(centre)
    first, last = max(cell(centre - half), own - 1), min(cell(centre + half), own + 1)
    return range(max(0, first), min(grid - 1, last) + 1)


@torch.no_grad()
def quarter_masks(masks: Tensor, size: tuple[int, int]) -> Tensor:
    """Masks of stride 4.

    A cell is bilinear at its centre, between the middle four of its 16 pixels, rounded half up: set
    if two of them are.

    Args:
        masks: 0 and 1, (M, H, W), aligned with the top left corner of their image.
        size: (H, W) of the padded image, multiples of 4, in pixels.

    Returns:
        bool, (M, H / 4, W / 4).

    Raises:
        ShapeError: if the masks are larger than the image.

    Example:
        >>> masks = torch.zeros(1, 4, 6, dtype=torch.uint8)
        >>> masks[0, 1, 1:6] = 1
        >>> quarter_masks(masks, (4, 8)).tolist()
        [[[True, False]]]
    """
    require_inside(masks, size)
    room = (0, size[1] - masks.shape[2], 0, size[0] - masks.shape[1])
    padded = functional.pad(masks, room)
    middle = sum(padded[:, y::4, x::4] for y in (1, 2) for x in (1, 2))
    return torch.as_tensor(middle >= 2)


@register_component("solo-targets")
def cell_targets_of(
    *,
    grids: Sequence[int] = SOLOConfig.grids,
    scales: Ranges = SOLOConfig.scales,
    sigma: float = SOLOConfig.sigma,
) -> Callable[[Objects, tuple[int, int]], list[CellTargets]]:
    """From objects and (H, W) of the padded image to what cells learn; see `cell_targets`."""
    return partial(cell_targets, grids=grids, scales=scales, sigma=sigma)


@register_component("solo-masks")
def quarter_masks_of() -> Callable[[Tensor, tuple[int, int]], Tensor]:
    """From masks and (H, W) of the padded image to masks of stride 4; see `quarter_masks`."""
    return quarter_masks
