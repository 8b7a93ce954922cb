"""What the parts of a model ask of each other: any object that has these will do.

    images -> backbone -> pyramid -> proposals -> box stages -> mask head

A backbone, a mask head or a whole detector of another kind is one file that has what its protocol
says, and an entry in the registry.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.networks.batches import Batch

Features = Mapping[str, Tensor]
"""Maps by the names of their levels, (B, C, H / stride, W / stride)."""

Sizes = Sequence[tuple[int, int]]
"""(H, W) of each image without its padding, in pixels."""


class Backbone(Protocol):
    """A module that makes maps of images, one after each stage."""

    @property
    def channels(self) -> Mapping[str, int]:
        """Of each stage's map by name, finest first."""

    @property
    def strides(self) -> Mapping[str, int]:
        """Of each stage's map by name, in pixels, powers of 2."""

    def __call__(self, image: Tensor, /) -> dict[str, Tensor]:
        """From (B, 3, H, W), multiples of 32, to {name: (B, channels, H / stride, W / stride)}."""


@runtime_checkable
class Freezable(Protocol):
    """A backbone whose first stages can stay as its initial weights have them."""

    def freeze(self, stages: int) -> None:
        """Stop the training of the first stages, the stem being the first."""


@runtime_checkable
class Dilatable(Protocol):
    """A backbone that can hold its last stages at a stride."""

    def dilate(self, output_stride: int) -> None:
        """Change the stride of the last stage to one in pixels; no weight changes."""


class Pyramid(Protocol):
    """What heads know of the maps that they read: levels "p2" and so on, "pk" of stride 2^k."""

    @property
    def channels(self) -> int:
        """Of every level."""

    @property
    def strides(self) -> Mapping[str, int]:
        """Of each level by name, finest first, in pixels."""


def known_level(name: str, levels: Collection[str]) -> str:
    """The name of a level, if there is one of that name.

    Raises:
        InputError: if there is none.
    """
    if name not in levels:
        raise InputError(
            f"There is no level {name!r}. Choose among: {', '.join(levels)}.",
            code="unknown-level",
            field="levels",
        )
    return name


class PyramidNetwork(Pyramid, Protocol):
    """A module that makes a pyramid of images, such as `FPN`."""

    def __call__(self, image: Tensor, /) -> dict[str, Tensor]:
        """From (B, 3, H, W), multiples of 32, to {name: (B, channels, H / stride, W / stride)}."""


@dataclass(frozen=True)
class Levels:
    """A pyramid without a network below it.

    Attributes:
        channels: of every level.
        strides: of each level, in pixels.
    """

    channels: int
    strides: Mapping[str, int] = field(
        default_factory=lambda: {f"p{level}": 1 << level for level in range(2, 7)}
    )


class MaskHead(Protocol):
    """A module that draws the masks of boxes."""

    @property
    def numbers_per_box(self) -> int:
        """Size of the largest tensor that `predict` makes of a box."""

    def losses(
        self,
        features: Features,
        boxes: Sequence[Tensor],
        classes: Sequence[Tensor],
        masks: Sequence[Tensor],
        objects: Sequence[Tensor],
        *,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """Losses of boxes by name; 0 without boxes, with a gradient of 0 for every parameter.

        Args:
            features: levels of B images.
            boxes: of each image, x0, y0, x1, y1 in pixels of the padded image, (n, 4).
            classes: of each image's boxes, 0 to K - 1, int64, (n,).
            masks: bitmaps of the objects of each image, 0 and 1, (m, height, width); with the top
                left corner of the image, of any size.
            objects: which of its image's masks each box is of, int64, (n,).
            generator: of everything random.
        """

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Mask logits in the boxes of all images, one after the other, (N, 1, S, S).

        Args:
            features: levels of B images.
            boxes: of each image, x0, y0, x1, y1 in pixels of the padded image, (n, 4).
            classes: that were found for each image's boxes, int64, (n,).
        """


class Model(nn.Module):
    """A network that predicts and can be trained.

    Called with images (B, 3, H, W) and the `Sizes` of them, a model of instances returns what it
    found in each, a semantic model returns logits (B, K, H, W).
    """

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of a batch by name; their sum is what is minimised.

        Args:
            batch: images and what is in them.
            generator: of everything random.
        """
        raise NotImplementedError

    def rehearse(self, images: Tensor) -> tuple[int, int]:
        """Run every layer on the most boxes that are possible, whatever the images show.

        The cost of a model is counted from this run. It also works on torch's meta device, where no
        numbers decide which boxes stay.

        Returns:
            (H, W) of the mask of a box, or of the label map before it is stretched to the image.
        """
        raise NotImplementedError
