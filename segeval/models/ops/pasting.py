"""Masks of boxes pasted into their images as runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from segeval.masks.regions import encode_spans
from segeval.masks.run_lengths import RunLengths

PIXELS = 1 << 20
"""Most pixels of boxes in a dense batch; a larger box forms its own."""


@torch.no_grad()
def paste_masks(
    logits: Tensor, boxes: Tensor, sizes: Tensor, *, threshold: float = 0.5
) -> RunLengths:
    """Masks of boxes, pasted into their images as runs.

    A pixel is foreground if the probability at its centre is at least the threshold. Probabilities
    are interpolated between the cells of the mask and towards 0 beyond them. Nothing outside the
    box is foreground.

    Args:
        logits: square masks of the boxes, (N, 1, S, S).
        boxes: x0, y0, x1, y1 in pixels of the image, (N, 4); may reach beyond it. An empty or
            non-finite box has an empty mask.
        sizes: (H, W) of the image of each box, whole numbers, (N, 2).
        threshold: of the probability, 0.5 or more.

    Returns:
        N masks in canonical runs; only runs leave the device of the logits.

    Source:
        He et al. 2017, Mask R-CNN, section 3.1; grid_sample with align_corners=False, zero padding.

    Example:
        >>> box, size = torch.tensor([[1.0, 0.0, 3.0, 2.0]]), torch.tensor([[3, 4]])
        >>> paste_masks(torch.full((1, 1, 28, 28), 20.0), box, size).counts
        array([3, 2, 1, 2, 4], dtype=uint32)
    """
    boxes = boxes.float()
    most = sizes.cpu().numpy().astype(np.int32)
    crops = _crops(boxes.cpu().double().numpy(), most)
    found = [np.zeros((3, 0), np.int64)]
    for rows in _batches(crops[:, 2:]):
        index = torch.from_numpy(rows).to(logits.device)
        masks = logits[index].float().sigmoid()
        crop = torch.from_numpy(crops[rows]).to(logits.device)
        inside = _sample(masks, boxes.to(logits.device)[index], crop) >= threshold
        place, column, begin, length = _spans(inside)
        box = rows[place]
        start = (crops[box, 0] + column) * most[box, 0] + crops[box, 1] + begin
        found.append(np.stack([box, start, start + length]))
    row, starts, stops = np.concatenate(found, axis=1)
    order = np.argsort(row, kind="stable")  # already in order within a box
    return encode_spans(row[order], starts[order], stops[order], most)


def _crops(boxes: NDArray[np.float64], sizes: NDArray[np.int32]) -> NDArray[np.int64]:
    """The computed part of each image: left, top, width, height in pixels, (N, 4).

    It holds all pixels whose centre is in the box, and one more on every side.
    """
    finite = np.isfinite(boxes).all(axis=1)
    sound = np.asarray(finite & (boxes[:, 2:] > boxes[:, :2]).all(axis=1))[:, None]
    boxes = np.where(sound, boxes, 0)
    most = sizes[:, ::-1]
    low = np.clip(np.floor(boxes[:, :2] - 0.5), 0, most).astype(np.int64)
    high = np.clip(np.ceil(boxes[:, 2:] + 0.5), 0, most).astype(np.int64)
    sides = np.where(sound, np.maximum(high - low, 0), 0)
    sides[(sides == 0).any(axis=1)] = 0
    return np.concatenate([low, sides], axis=1)


def _batches(shapes: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Batches of boxes of similar width and height, to pad little."""
    order = np.lexsort((shapes[:, 1], shapes[:, 0]))
    order = order[shapes[order].prod(axis=1) > 0]
    batch: list[int] = []
    used, most = 0, np.zeros(2, np.int64)
    for row in order:
        grown = np.maximum(most, shapes[row])
        dense, needed = int(grown.prod()) * (len(batch) + 1), used + int(shapes[row].prod())
        if batch and (dense > PIXELS or dense > 1.5 * needed):
            yield np.array(batch)
            batch, needed, grown = [], int(shapes[row].prod()), shapes[row]
        batch.append(int(row))
        used, most = needed, grown
    if batch:
        yield np.array(batch)


def _sample(masks: Tensor, boxes: Tensor, crops: Tensor) -> Tensor:
    """Probabilities of masks (N, 1, S, S) at the pixels of crops (N, 4), (N, w, h).

    Columns come first, as in runs. Pixels beyond the crop of a box are 0.
    """
    grid = []
    for axis in (0, 1):
        steps = torch.arange(int(crops[:, 2 + axis].max()), device=masks.device)
        low, high = boxes[:, axis, None], boxes[:, 2 + axis, None]
        centres = (crops[:, axis, None] + steps).float() + 0.5
        place = (centres - low) / (high - low) * 2 - 1
        grid.append(place.where(steps < crops[:, 2 + axis, None], place.new_tensor(-3.0)))
    x, y = grid
    shape = (len(masks), x.shape[1], y.shape[1])
    places = torch.stack([x[:, :, None].expand(shape), y[:, None, :].expand(shape)], dim=3)
    sampled = functional.grid_sample(
        masks, places, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    return sampled[:, 0]


def _spans(inside: Tensor) -> tuple[NDArray[np.int64], ...]:
    """Box, column, first row and length of every span of foreground in a column of (N, w, h)."""
    boxes, width, height = inside.shape
    rows = height + 1  # a background row below every column ends its spans
    flat = torch.zeros(boxes * width * rows + 1, dtype=torch.bool, device=inside.device)
    flat[1:].view(boxes, width, rows)[:, :, :height] = inside
    turns = torch.nonzero(flat[1:] != flat[:-1]).flatten().cpu().numpy()
    begins, ends = turns[0::2], turns[1::2]
    columns, begin = np.divmod(begins, rows)
    box, column = np.divmod(columns, width)
    return box, column, begin, ends - begins
