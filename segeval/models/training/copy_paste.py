"""Copy-paste: objects of one training image in front of those of another.

Source: Ghiasi et al. 2021, Simple Copy-Paste, section 3, without blending; the rule for hidden
objects is mmdetection's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from segeval.models.networks.batches import Objects
from segeval.models.networks.components import register_component
from segeval.models.training.example import Example, boxes_around, objects_of

SMALL_MOVE = 10
"""Pixels that the edges of a box may move when a part of its object is hidden."""

MUCH_LEFT = 300
"""An object of which more pixels remain is kept, however far its edges move."""


def copy_paste(target: Example, source: Example) -> Example:
    """An example with all objects of another one in front of its own.

    Both have their top left corner in common; what of the source lies outside of the target is cut
    away. Of pasted objects a later one hides an earlier one.

    Args:
        target: with objects.
        source: with the objects to paste, of any size.

    Returns:
        The target's size. First the objects of the target that are still seen: with all edges of
        their box moved by at most `SMALL_MOVE`, or more than `MUCH_LEFT` pixels. Then the pasted
        ones. Boxes are the tightest around masks. Pixels without a pasted object do not change;
        where nothing is pasted, the target itself is returned.

    Raises:
        TypeError: for examples with label maps.

    Example:
        >>> def square(first, last, shade):
        ...     masks = torch.zeros(1, 4, 4, dtype=torch.uint8)
        ...     masks[0, first:last, first:last] = 1
        ...     found = Objects(boxes_around(masks), torch.tensor([0]), masks)
        ...     return Example(shade * masks.expand(3, 4, 4), found, "")
        >>> mixed = copy_paste(square(0, 3, 50), square(2, 4, 90))
        >>> mixed.target.masks.sum((1, 2)), mixed.image[0, 1:, 2]
        (tensor([8, 4]), tensor([50, 90, 90], dtype=torch.uint8))
    """
    own, pasted = objects_of(target), objects_of(source)
    shown, union = _in_front(_fitted(pasted.masks, target.size))
    if not bool(union.any()):
        return target
    seen = shown.flatten(1).bool().any(1)
    masks = own.masks * (1 - union)
    boxes = boxes_around(masks)
    kept = _still_seen(boxes_around(own.masks), boxes, masks.flatten(1).sum(1))
    objects = Objects(
        torch.cat([boxes[kept], boxes_around(shown[seen])]),
        torch.cat([own.classes[kept], pasted.classes[seen]]),
        torch.cat([masks[kept], shown[seen]]),
    )
    image = torch.where(union.bool(), _fitted(source.image, target.size), target.image)
    name = f"{target.name} with objects of {source.name}"
    return replace(target, image=image, target=objects, name=name)


@register_component("copy-paste")
def copy_paste_component() -> Callable[[Example, Example], Example]:
    """`copy_paste`, from a target and a source to the target with the source's objects."""
    return copy_paste


def _fitted(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (N, h, w) cut, or filled with 0 at the right and the bottom, to (N, H, W)."""
    fitted = maps.new_zeros(len(maps), *size)
    part = maps[:, : size[0], : size[1]]
    fitted[:, : part.shape[1], : part.shape[2]] = part
    return fitted


def _in_front(masks: Tensor) -> tuple[Tensor, Tensor]:
    """What is seen of masks (N, H, W) if later ones hide earlier ones, and their union (H, W)."""
    union = masks.new_zeros(masks.shape[1:])
    shown = torch.empty_like(masks)
    for place in reversed(range(len(masks))):
        shown[place] = masks[place] * (1 - union)
        union |= masks[place]
    return shown, union


def _still_seen(before: Tensor, after: Tensor, pixels: Tensor) -> Tensor:
    """Whether objects are kept: by their boxes, (M, 4), and the pixels that remain, (M,)."""
    is_moved_little = ((after - before).abs() <= SMALL_MOVE).all(1)
    return (pixels > 0) & (is_moved_little | (pixels > MUCH_LEFT))
