"""A training image before it joins a batch, and changes to image and target together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from segeval.models.config import InputConfig
from segeval.models.images import normalise, pad_batch
from segeval.models.networks.batches import Batch, Given, Objects
from segeval.models.ops.boxes import clip_boxes, mirror_boxes

THINNEST = 1e-5
"""Longest side of an empty box, in pixels, as in detectron2."""


@dataclass(frozen=True)
class Example:
    """An image with its target.

    Attributes:
        image: RGB, uint8, (3, H, W).
        target: its objects; or its label map, whole numbers, (H, W).
        name: for messages.
    """

    image: Tensor
    target: Objects | Tensor
    name: str

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return int(self.image.shape[1]), int(self.image.shape[2])


def objects_of(example: Example) -> Objects:
    """The objects of an example.

    Raises:
        TypeError: if it has a label map.
    """
    if isinstance(example.target, Tensor):
        raise TypeError(f"{example.name}: the example has a label map, expected objects.")
    return example.target


def mirrored(example: Example) -> Example:
    """An example with left and right swapped."""
    target = example.target
    if isinstance(target, Tensor):
        new: Objects | Tensor = target.flip(-1)
    else:
        width, given = example.size[1], target.given
        if given is not None:
            given = replace(given, boxes=mirror_boxes(given.boxes, width))
        boxes = mirror_boxes(target.boxes, width)
        new = Objects(boxes, target.classes, target.masks.flip(-1), given)
    return replace(example, image=example.image.flip(-1), target=new)


def cut_out(example: Example, top: int, left: int, size: tuple[int, int]) -> Example:
    """A part of an example, with new boxes around the remaining masks.

    Args:
        example: the whole.
        top: first row.
        left: first column.
        size: (H, W) of the part; it must lie inside the image.
    """
    rows, columns = slice(top, top + size[0]), slice(left, left + size[1])
    target = example.target
    if isinstance(target, Tensor):
        new: Objects | Tensor = target[rows, columns]
    else:
        masks = target.masks[:, rows, columns]
        given = None if target.given is None else _given_inside(target.given, top, left, size)
        new = Objects(boxes_around(masks), target.classes, masks, given)
    return replace(example, image=example.image[:, rows, columns], target=new)


def _given_inside(given: Given, top: int, left: int, size: tuple[int, int]) -> Given:
    """Given boxes as they lie in a part of the image, without those outside of it."""
    boxes = clip_boxes(given.boxes - given.boxes.new_tensor([left, top, left, top]), size)
    kept = (boxes[:, 2:] > boxes[:, :2]).all(1)
    return Given(boxes[kept], given.classes[kept])


def boxes_around(masks: Tensor) -> Tensor:
    """The tightest boxes around masks.

    Args:
        masks: 0 or 1, (M, H, W).

    Returns:
        x0, y0, x1, y1 in pixels, float32, (M, 4); zeros for an empty mask.

    Example:
        >>> masks = torch.zeros(1, 4, 6, dtype=torch.uint8)
        >>> masks[0, 1:3, 2:6] = 1
        >>> boxes_around(masks)
        tensor([[2., 1., 6., 3.]])
    """
    boxes = masks.new_zeros((len(masks), 4), dtype=torch.float32)
    for row, mask in enumerate(masks):
        ys, xs = (torch.nonzero(mask.amax(along)).flatten() for along in (1, 0))
        if len(ys):
            boxes[row] = torch.stack([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1])
    return boxes


def without_empty(objects: Objects) -> Objects:
    """The objects with an area in their box and pixels in their mask."""
    sides = objects.boxes[:, 2:] - objects.boxes[:, :2]
    kept = (sides > THINNEST).all(1) & objects.masks.flatten(1).bool().any(1)
    if bool(kept.all()):
        return objects
    own = objects.boxes[kept], objects.classes[kept], objects.masks[kept]
    return Objects(*own, objects.given)


def resize_nearest(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Masks or label maps in another size, by nearest neighbour.

    Args:
        maps: of any type, (..., H, W).
        size: new (H, W).

    Source:
        Pillow's `resize` with NEAREST: the pixel that holds the new pixel's centre; on an edge, the
        later one.

    Example:
        >>> resize_nearest(torch.tensor([[1, 2, 3]]), (2, 2))
        tensor([[1, 3],
                [1, 3]])
    """
    for axis, side in ((-2, size[0]), (-1, size[1])):
        old = maps.shape[axis]
        if side != old:
            places = (2 * torch.arange(side) + 1) * old // (2 * side)
            maps = maps.index_select(axis, places)
    return maps


def as_batch(examples: tuple[Example, ...], settings: InputConfig, ignore: int) -> Batch:
    """A batch of examples for a model.

    Args:
        examples: at least one, all with the same kind of target.
        settings: how images are normalised.
        ignore: label for the padding of label maps.
    """
    images, sizes = pad_batch([normalise(each.image, settings) for each in examples])
    height, width = (int(side) for side in images.shape[2:])
    maps: list[Tensor] = []
    objects: list[Objects] = []
    for example in examples:
        if isinstance(example.target, Tensor):
            room = (0, width - example.size[1], 0, height - example.size[0])
            maps.append(functional.pad(example.target, room, value=ignore))
        else:
            objects.append(example.target)
    targets = torch.stack(maps).long() if maps else tuple(objects)
    return Batch(images, sizes, targets, tuple(each.name for each in examples))
