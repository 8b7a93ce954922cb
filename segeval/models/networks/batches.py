"""Input of a model: a batch of images, in training with targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from segeval.brief import Brief
from segeval.errors import ShapeError


@dataclass(frozen=True, repr=False)
class Given(Brief):
    """Boxes of a training image that a model learns to move.

    Attributes:
        boxes: x0, y0, x1, y1 in pixels of the image, float32, (P, 4); P may be 0.
        classes: 0 to K - 1, int64, (P,).
    """

    boxes: Tensor
    classes: Tensor

    def to(self, device: torch.device) -> Given:
        """The same on another device."""
        return Given(*(each.to(device, non_blocking=True) for each in vars(self).values()))


@dataclass(frozen=True, repr=False)
class Objects(Brief):
    """The objects of a training image.

    Attributes:
        boxes: x0, y0, x1, y1 in pixels of the image, float32, (M, 4); M may be 0.
        classes: 0 to K - 1, int64, (M,).
        masks: bitmaps, uint8, 0 or 1, (M, H, W), aligned with the top left corner of the image.
        given: boxes that a model learns to move; None for models that find their own.
    """

    boxes: Tensor
    classes: Tensor
    masks: Tensor
    given: Given | None = None

    def to(self, device: torch.device) -> Objects:
        """The same on another device."""
        own = self.boxes, self.classes, self.masks
        boxes, classes, masks = (each.to(device, non_blocking=True) for each in own)
        given = None if self.given is None else self.given.to(device)
        return Objects(boxes, classes, masks, given)


@dataclass(frozen=True, repr=False)
class MaskSample(Brief):
    """Boxes that a mask head trains in, each on an object; every field has an item per image.

    Attributes:
        boxes: x0, y0, x1, y1 in pixels of the padded image, (n, 4).
        classes: 0 to K - 1, int64, (n,).
        masks: bitmaps of the objects, 0 and 1, (m, height, width), of any size, aligned with the
            top left corner of the image.
        objects: index of each box's mask in its image, int64, (n,).
    """

    boxes: Sequence[Tensor]
    classes: Sequence[Tensor]
    masks: Sequence[Tensor]
    objects: Sequence[Tensor]


@dataclass(frozen=True, repr=False)
class Batch(Brief):
    """Images of one training step.

    Attributes:
        images: normalised, padded with 0 at the right and the bottom to a multiple of 32, float32,
            (B, 3, H, W).
        sizes: (H, W) of each image before the padding, in pixels.
        targets: the objects of each image; or label maps, int64, (B, H, W), padded with the
            ignored label.
        names: of the images, for messages.
    """

    images: Tensor
    sizes: tuple[tuple[int, int], ...]
    targets: tuple[Objects, ...] | Tensor
    names: tuple[str, ...]

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        if isinstance(self.targets, Tensor):
            targets: tuple[Objects, ...] | Tensor = self.targets.to(device, non_blocking=True)
        else:
            targets = tuple(each.to(device) for each in self.targets)
        return replace(self, images=self.images.to(device, non_blocking=True), targets=targets)


def objects_of_batch(batch: Batch) -> tuple[Objects, ...]:
    """The objects of a batch for an instance model.

    Raises:
        TypeError: if it has label maps.
    """
    if isinstance(batch.targets, Tensor):
        raise TypeError("The batch has label maps, expected objects for an instance model.")
    return batch.targets


def require_inside(masks: Tensor, size: tuple[int, int]) -> None:
    """Refuse masks that are larger than their padded image.

    Args:
        masks: (M, H, W).
        size: (H, W) of the image, in pixels.

    Raises:
        ShapeError: if they are.
    """
    height, width = size
    if masks.shape[1] > height or masks.shape[2] > width:
        raise ShapeError(
            f"The masks are {masks.shape[1]} x {masks.shape[2]}, expected at most {height} x "
            f"{width}, the size of the padded image.",
            code="targets",
            field="masks",
        )
