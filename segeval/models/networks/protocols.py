"""What the parts of a model require of each other.

    images -> backbone -> pyramid -> proposals -> box stages -> mask head
    images -> backbone, or pyramid -> semantic head

A backbone, head or whole detector of another kind is one file that follows a protocol, and an entry
in the registry. A detector that is `MaskRCNN` with other proposals or box stages hands them to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.networks.batches import Batch, MaskSample
from segeval.models.networks.box_head import BoxSample
from segeval.models.networks.random_layers import draws_from_generator
from segeval.models.ops.boxes import Weights

Features = Mapping[str, Tensor]
"""Maps by name of their level, (B, C, H / stride, W / stride)."""

Sizes = Sequence[tuple[int, int]]
"""(H, W) of each image without padding, in pixels."""


class Backbone(Protocol):
    """A module from images to maps, one per stage."""

    @property
    def channels(self) -> Mapping[str, int]:
        """Channels of each stage's map by name, finest first."""

    @property
    def strides(self) -> Mapping[str, int]:
        """Stride of each stage's map by name, in pixels, powers of 2."""

    def __call__(self, image: Tensor, /) -> dict[str, Tensor]:
        """From (B, 3, H, W), multiples of 32, to {name: (B, channels, H / stride, W / stride)}."""


@runtime_checkable
class Assisted(Protocol):
    """A backbone, or a pyramid on one, whose assistant trains with the same heads."""

    def looks(self, images: Tensor, /) -> list[tuple[dict[str, Tensor], float]]:
        """Maps of the assistant and of the backbone itself, and the factors of their losses."""


@runtime_checkable
class Staged(Backbone, Protocol):
    """A backbone that runs stage by stage, so that a stage can be given more than the last one's.

    `forward` is the stem, and then all stages in their order.
    """

    def stem(self, image: Tensor, /) -> Tensor:
        """From (B, 3, H, W), multiples of 32, to the input of the first stage, (B, C, h, w)."""

    def stage(self, number: int, x: Tensor, /) -> tuple[Tensor, Tensor]:
        """The map of a stage, counted from 0, and the input of the next one, each (B, C, h, w)."""


@runtime_checkable
class Freezable(Protocol):
    """A backbone whose first stages can keep their initial weights."""

    def freeze(self, stages: int) -> None:
        """Freeze some first stages, the stem being one."""


class Composable(Staged, Freezable, Protocol):
    """A backbone that can lead another one like it: its stages also read that one's maps."""

    def leave_first(self) -> int:
        """Drop the stem and the stages that the assistant runs for both; the first stage left."""

    def link(self, source: int, number: int) -> nn.Module:
        """A layer from the map of a stage to what it adds to the input of an earlier or equal one.

        The layer keeps the size of the map, and is 0 at first wherever it has weights.

        Args:
            source: stage of the assistant.
            number: stage of the lead.
        """


@runtime_checkable
class Dilatable(Protocol):
    """A backbone that can limit the stride of its last stages, or a module that reads the last."""

    def dilate(self, output_stride: int) -> None:
        """Set the stride of the last stage, in pixels; weights stay the same."""


class Pyramid(Protocol):
    """The maps that heads read: levels "p2" and so on, "pk" with stride 2^k."""

    @property
    def channels(self) -> int:
        """Channels of every level."""

    @property
    def strides(self) -> Mapping[str, int]:
        """Stride of each level by name, finest first, in pixels."""


def known_levels(setting: str, names: Sequence[str], levels: Mapping[str, int]) -> dict[str, int]:
    """Some of the levels of a model.

    Args:
        setting: where they are named, such as "mask.levels".
        names: of these levels.
        levels: all levels by name.

    Raises:
        InputError: for an unknown name.
    """
    for name in names:
        if name not in levels:
            raise InputError(
                f"{setting} has {name!r}, expected levels of this model: {', '.join(levels)}.",
                code="unknown-level",
                field=setting,
            )
    return {name: levels[name] for name in names}


class PyramidNetwork(Pyramid, Protocol):
    """A module from images to a pyramid, such as `FPN`."""

    def __call__(self, image: Tensor, /) -> dict[str, Tensor]:
        """From (B, 3, H, W), multiples of 32, to {name: (B, channels, H / stride, W / stride)}."""


@runtime_checkable
class TrainsLevels(Protocol):
    """A pyramid that can freeze the layers which some of its levels do not need."""

    def train_only(self, levels: Collection[str]) -> None:
        """Freeze layers that get no gradient if only these levels are read."""


@dataclass(frozen=True)
class Levels:
    """A pyramid without a network.

    Attributes:
        channels: of every level.
        strides: of each level, in pixels.
    """

    channels: int
    strides: Mapping[str, int] = field(
        default_factory=lambda: {f"p{level}": 1 << level for level in range(2, 7)}
    )


@dataclass(frozen=True)
class Maps:
    """The maps that a semantic head can read, finest first.

    They are the stages of a backbone, or the levels of a pyramid without the coarsest, which serves
    proposals.

    Attributes:
        channels: of each map by name.
        strides: of each map by name, in pixels.
    """

    channels: Mapping[str, int]
    strides: Mapping[str, int]


class SemanticHead(Protocol):
    """A module that predicts the class of every pixel."""

    @property
    def levels(self) -> Collection[str]:
        """Names of the maps that it reads; other levels of a pyramid are not trained."""

    def losses(
        self, features: Features, labels: Tensor, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of label maps by name; without labels 0, with zero gradients.

        Args:
            features: maps of B images.
            labels: 0 to K - 1, or the ignored label, int64, (B, H, W).
            generator: of all random numbers.
        """

    def predict(self, features: Features, size: tuple[int, int]) -> Tensor:
        """Class logits (B, K, h, w) of any size; the model resizes them to that of the images.

        Args:
            features: maps of B images.
            size: (H, W) of the padded images, in pixels.
        """


class Proposals(Protocol):
    """A module that proposes boxes, which may hold objects, and learns to where it can."""

    def __call__(self, features: Features, sizes: Sizes, /) -> list[Tensor]:
        """Boxes of each image, x0, y0, x1, y1 in pixels of the padded image, (P, 4)."""

    def learn(
        self,
        features: Features,
        sizes: Sizes,
        truth: Sequence[Tensor],
        *,
        generator: torch.Generator | None = None,
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """The same boxes for training, without gradient, and losses by name, if there are any.

        Args:
            features: levels of B images.
            sizes: of the images.
            truth: boxes of the objects of each image, (M, 4); M may be 0.
            generator: of all random numbers.
        """

    def rehearse(self, features: Features) -> int:
        """Run every layer; the largest possible number of boxes of an image."""


@runtime_checkable
class JoinsViews(Protocol):
    """`Proposals` with scores, so that those of several views can be joined."""

    def scored(self, features: Features, sizes: Sizes, /) -> list[tuple[Tensor, Tensor]]:
        """Boxes of each image, (P, 4), best first, and their scores, (P,)."""

    def joined(self, views: Sequence[tuple[Tensor, Tensor]], /) -> Tensor:
        """The best boxes of several views of an image, (P, 4), best first.

        Args:
            views: of each, boxes in the pixels of the first view, and their scores.
        """


class BoxStage(Protocol):
    """A look at boxes: it classifies them and moves them onto objects; a cascade has several."""

    @property
    def head(self) -> nn.Module:
        """A module that becomes the model's `box_head`."""

    @property
    def predictor(self) -> nn.Module:
        """A module that becomes the model's `box_predictor`."""

    @property
    def weights(self) -> Weights:
        """Weights of dx, dy, dw, dh in the deltas."""

    def __call__(self, features: Features, boxes: Sequence[Tensor], /) -> tuple[Tensor, Tensor]:
        """Logits (N, outputs) and deltas (N, 4 K or 4) of the boxes, image by image."""

    def sample(
        self,
        boxes: Sequence[Tensor],
        truth: Sequence[Tensor],
        truth_classes: Sequence[Tensor],
        classes: int,
        *,
        draw: bool,
        generator: torch.Generator | None,
    ) -> BoxSample:
        """Training boxes from those of each image, with their K classes.

        Args:
            boxes: of each image, (P, 4).
            truth: boxes of its objects, (M, 4).
            truth_classes: of these, 0 to K - 1.
            classes: K.
            draw: whether to draw some of the boxes and of the truth; otherwise all boxes train.
            generator: of the random numbers.
        """

    def learn(
        self, features: Features, boxes: Sequence[Tensor], sample: BoxSample
    ) -> tuple[dict[str, Tensor], Tensor]:
        """A look in training, at the sampled boxes.

        Args:
            features: levels of B images.
            boxes: those of the sample in each image, (n, 4).
            sample: the N boxes.

        Returns:
            Losses by name, without boxes 0, with zero gradients; and the boxes, moved, (N, 4),
            without gradient.
        """

    def chances(self, logits: Tensor) -> Tensor:
        """Probabilities of the classes and of background, (N, K + 1)."""

    def moved(
        self, logits: Tensor, deltas: Tensor, boxes: Sequence[Tensor], sizes: Sizes
    ) -> list[Tensor]:
        """The boxes of each image, moved and clipped, for the next stage."""


class MaskHead(Protocol):
    """A module that draws the masks of boxes."""

    @property
    def numbers_per_box(self) -> int:
        """Size of the largest tensor in `predict` per box."""

    def losses(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of boxes by name; without boxes 0, with zero gradients.

        Args:
            features: levels of B images.
            sample: boxes on objects of these images.
            generator: of all random numbers.
        """

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Mask logits in the boxes, image by image, (N, V, S, S).

        A mask is the mean probability of V votes: those of the heads of a cascade, or one.

        Args:
            features: levels of B images.
            boxes: of each image, x0, y0, x1, y1 in pixels of the padded image, (n, 4).
            classes: predicted for each image's boxes, int64, (n,).
        """


@runtime_checkable
class PreparesFeatures(Protocol):
    """A `MaskHead` that reads more of the images than their levels."""

    def prepared(self, features: Features) -> Features:
        """The levels, and what `predict` reads beside them, made once for all boxes."""


class Model(nn.Module):
    """A network that predicts and can be trained.

    Called with images (B, 3, H, W) and their `Sizes`, an instance model returns a `Found` for each,
    a semantic model logits (B, K, H, W). While `losses` runs, every `RandomLayer` inside draws from
    its generator.

    Attributes:
        MASK_LAYERS: part of the names of the layers that draw the mask of a single object.
    """

    MASK_LAYERS: ClassVar[str] = "mask_head."

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "losses" in vars(cls):
            cls.losses = draws_from_generator(cls.losses)  # type: ignore[assignment, method-assign]

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of a batch by name; training minimises their sum.

        Args:
            batch: images with targets.
            generator: of all random numbers.
        """
        raise NotImplementedError

    def rehearse(self, images: Tensor) -> tuple[int, int]:
        """Run every layer on the largest possible number of boxes, whatever the images show.

        The cost of a model is counted in this run. It must work on torch's meta device, where no
        numbers decide which boxes stay.

        Returns:
            (H, W) of a mask, or of the label map before it is resized to the image.
        """
        raise NotImplementedError
