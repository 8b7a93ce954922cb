"""The same image seen several times, mirrored or in other sizes, and the mean of what is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.predict.photo_queue import Read

NUMBERS = 1 << 24
"""Probabilities that are in memory at once."""

ALMOST = 1e-6
"""Mean probabilities keep this distance from 0 and 1, so that their logits are finite."""


@dataclass(frozen=True)
class View:
    """A way to look at an image.

    Attributes:
        place: of its size in `Read.views`.
        short: short side, in pixels.
        longest: the most that the long side may be, in pixels.
        mirrored: left and right swapped.
    """

    place: int
    short: int
    longest: int
    mirrored: bool = False


def seen_by(view: View, photos: Sequence[Read]) -> list[Tensor]:
    """Photographs the way a view has them, uint8, each (3, h, w)."""
    images = []
    for read in photos:
        if isinstance(read.views, InputError):
            raise read.views
        image = read.views[view.place]
        images.append(image.flip(2) if view.mirrored else image)
    return images


def with_averaged_masks(
    model: Any,
    run: Callable[..., Any],
    views: Sequence[View],
    photos: Sequence[Read],
    found: Sequence[Any],
) -> list[Any]:
    """Objects whose masks are the mean over all views.

    Args:
        model: with `backbone(images)`, and `masks(features, found)` that gives mask logits of the
            boxes of each image.
        run: calls a function with the batch of a view.
        views: the first is the one the objects were found in.
        photos: of one padded size.
        found: objects of each; `boxes` in pixels of the first view, `masks` their logits.

    Returns:
        The same objects; the logits are those of the mean probability.

    Source:
        The winner of 3D-FUTURE 2020 averages masks after detection; boxes and scores stay.
    """
    sums = [each.masks.float().sigmoid() for each in found]
    plain = [image.shape[1:] for image in seen_by(views[0], photos)]
    for view in views[1:]:
        there = [image.shape[1:] for image in seen_by(view, photos)]
        moved = [
            replace(each, boxes=move_boxes(each.boxes, before, after, mirrored=view.mirrored))
            for each, before, after in zip(found, plain, there, strict=True)
        ]

        def masks(images: Tensor, sizes: Any, moved: list[Any] = moved) -> Any:
            return model.masks(model.backbone(images), moved)

        for total, logits in zip(sums, run(masks, photos, view), strict=True):
            chance = logits.float().sigmoid()
            total += chance.flip(3) if view.mirrored else chance
    means = (total / len(views) for total in sums)
    return [
        replace(each, masks=torch.logit(mean, eps=ALMOST))
        for each, mean in zip(found, means, strict=True)
    ]


def move_boxes(
    boxes: Tensor, before: Sequence[int], after: Sequence[int], *, mirrored: bool
) -> Tensor:
    """Boxes of an image in another view of it.

    Args:
        boxes: x0, y0, x1, y1 in pixels, (N, 4).
        before: (H, W) that they are in.
        after: (H, W) of the other view.
        mirrored: whether left and right are swapped there.

    Example:
        >>> box = torch.tensor([[1.0, 0.0, 3.0, 2.0]])
        >>> move_boxes(box, (4, 4), (8, 8), mirrored=True)
        tensor([[2., 0., 6., 4.]])
        >>> move_boxes(box, (4, 5), (4, 5), mirrored=True)
        tensor([[2., 0., 4., 2.]])
    """
    high, wide = after[0] / before[0], after[1] / before[1]
    boxes = boxes * boxes.new_tensor([wide, high, wide, high])
    if not mirrored:
        return boxes
    x0, y0, x1, y1 = boxes.unbind(1)
    return torch.stack([after[1] - x1, y0, after[1] - x0, y1], dim=1)


def most_likely(logits: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
    """The class of every pixel whose probability, averaged over views, is the highest.

    Each view's logits are first interpolated at the centres of the pixels, bilinear. That is done
    for some rows at a time: memory does not grow with the image times the classes.

    Args:
        logits: of each view, without padding and not mirrored, (K, h, w).
        size: (H, W) of the pixels.

    Returns:
        0 to K - 1, int64, (H, W).
    """
    height, width = size
    step = max(1, NUMBERS // (len(logits[0]) * width))
    rows = []
    for start in range(0, height, step):
        stop = min(start + step, height)
        parts = [_rows(each, start, stop, size) for each in logits]
        mean = parts[0] if len(parts) == 1 else sum(part.softmax(0) for part in parts)
        rows.append(torch.as_tensor(mean).argmax(0))
    return torch.cat(rows)


def _rows(logits: Tensor, start: int, stop: int, size: tuple[int, int]) -> Tensor:
    """Some rows of logits (K, h, w) in another size, (K, stop - start, W)."""
    last = logits.shape[1] - 1
    steps = torch.arange(start, stop, device=logits.device, dtype=torch.float64)
    place = ((steps + 0.5) * (last + 1) / size[0] - 0.5).clamp(0, last)
    upper = place.floor().long()
    weight = (place - upper).float()[:, None]
    lower = (upper + 1).clamp(max=last)
    mixed = torch.lerp(logits[:, upper].float(), logits[:, lower].float(), weight)
    return functional.interpolate(
        mixed[None], size=(stop - start, size[1]), mode="bilinear", align_corners=False
    )[0]
