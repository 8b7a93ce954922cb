"""A backbone, heads, proposals and detectors that the package does not have."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config import Config, kinds
from segeval.models.networks import registry
from segeval.models.networks.backbone import FPN
from segeval.models.networks.backbone.fpn import level_of
from segeval.models.networks.batches import Batch, MaskSample
from segeval.models.networks.box_head import BoxHead, BoxPredictor
from segeval.models.networks.box_stage import FastRCNNStage
from segeval.models.networks.cascade import CascadeRCNN
from segeval.models.networks.found import Instances
from segeval.models.networks.protocols import Backbone, Features, Maps, Model, Pyramid, Sizes
from segeval.models.networks.registry import make_backbone, make_mask_head
from segeval.models.networks.semantic_heads import pixel_loss
from segeval.models.ops.pooling import pool_per_image


@dataclass(frozen=True, kw_only=True)
class PlainConfig:
    """Two convolutions."""

    kind: str = "plain"
    width: int = 8


class Plain(nn.Module):
    """Maps of strides 8 and 16."""

    def __init__(self, config: PlainConfig) -> None:
        super().__init__()
        self.channels = {"c3": config.width, "c4": 2 * config.width}
        self.strides = {"c3": 8, "c4": 16}
        self.first = nn.Conv2d(3, config.width, 8, stride=8)
        self.second = nn.Conv2d(config.width, 2 * config.width, 2, stride=2)

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        c3 = self.first(image).relu()
        return {"c3": c3, "c4": self.second(c3).relu()}


@dataclass(frozen=True, kw_only=True)
class BlobConfig:
    """A fully connected layer."""

    kind: str = "blob"
    side: int = 5


class BlobHead(nn.Module):
    """One small mask for all classes."""

    def __init__(self, config: BlobConfig, classes: int, pyramid: Pyramid) -> None:
        super().__init__()
        self.side, self.strides = config.side, pyramid.strides
        self.numbers_per_box = pyramid.channels * config.side**2
        self.layer = nn.Linear(pyramid.channels, 1)

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        pooled = pool_per_image(features, boxes, self.side, self.strides)
        logits: Tensor = self.layer(pooled.permute(0, 2, 3, 1))
        return logits.permute(0, 3, 1, 2)

    def losses(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        logits = self.predict(features, sample.boxes, sample.classes)
        if len(logits) == 0:
            return {"loss_mask": 0 * logits.sum()}
        target = torch.ones_like(logits)  # a box is full
        return {"loss_mask": functional.binary_cross_entropy_with_logits(logits, target)}


@dataclass(frozen=True, kw_only=True)
class TintConfig:
    """A convolution on the finest map."""

    kind: str = "tint"
    ignore: int = 255
    pyramid: bool = False
    side: int = 1


class Tint(nn.Module):
    """The class of a cell by what is near it."""

    def __init__(self, config: TintConfig, classes: int, maps: Maps) -> None:
        super().__init__()
        self.ignore, self.levels = config.ignore, list(maps.strides)[:1]
        channels = maps.channels[self.levels[0]]
        self.layer = nn.Conv2d(channels, classes, config.side, padding=config.side // 2)

    def predict(self, features: Features, size: tuple[int, int]) -> Tensor:
        logits: Tensor = self.layer(features[self.levels[0]])
        return logits

    def losses(
        self, features: Features, labels: Tensor, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        logits = self.predict(features, (labels.shape[1], labels.shape[2]))
        return {"loss_tint": pixel_loss(logits, labels, self.ignore)}


@dataclass(frozen=True, kw_only=True)
class FlatConfig:
    """A pyramid whose levels do not see each other."""

    kind: str = "flat"
    width: int = 8


class Flat(nn.Module):
    """Each map of the backbone with other channels, and half of the coarsest."""

    def __init__(self, config: FlatConfig, bottom_up: Backbone) -> None:
        super().__init__()
        self.bottom_up, self.channels = bottom_up, config.width
        coarsest = 2 * max(bottom_up.strides.values())
        strides = (*bottom_up.strides.values(), coarsest)
        self.strides = {f"p{level_of(stride)}": stride for stride in strides}
        self.sides = nn.ModuleList(
            nn.Conv2d(channels, config.width, 1) for channels in bottom_up.channels.values()
        )

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        maps = self.bottom_up(image).values()
        levels = [side(each) for side, each in zip(self.sides, maps, strict=True)]
        levels.append(functional.max_pool2d(levels[-1], 2, ceil_mode=True))
        return dict(zip(self.strides, levels, strict=True))


@dataclass(frozen=True, kw_only=True)
class WholeConfig:
    """Nothing to set."""

    kind: str = "whole"


class Whole(Model):
    """A single-shot model: every image shows one object, as large as the image."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.max_dets = 1
        self.backbone = FPN(make_backbone(config), channels=8)
        self.mask_head = make_mask_head(config, self.backbone)
        self.score = nn.Linear(8, config.classes)

    def forward(self, images: Tensor, sizes: Sizes) -> list[Instances]:
        features = self.backbone(images)
        chances = self.score(features["p3"].mean((2, 3))).softmax(1)
        boxes = [images.new_tensor([[0, 0, width, height]]) for height, width in sizes]
        classes = list(chances.argmax(1).split(1))
        masks = self.mask_head.predict(features, boxes, classes).split(1)
        scores = chances.amax(1).split(1)
        columns = zip(boxes, scores, classes, masks, strict=True)
        return [Instances(*each) for each in columns]

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        assert not isinstance(batch.targets, Tensor)
        chances = self.score(self.backbone(batch.images)["p3"].mean((2, 3)))
        classes = torch.stack([each.classes[0] for each in batch.targets])
        return {"loss_cls": functional.cross_entropy(chances, classes)}

    def rehearse(self, images: Tensor) -> tuple[int, int]:
        features = self.backbone(images)
        self.score(features["p3"].mean((2, 3)))
        whole = images.new_zeros(1, 4)
        masks = self.mask_head.predict(features, [whole], [torch.zeros(1, dtype=torch.int64)])
        return masks.shape[2], masks.shape[3]


class Quarters(nn.Module):
    """Proposals that nothing is learned for: each image, and its quarters."""

    def forward(self, features: Features, sizes: Sizes) -> list[Tensor]:
        like = next(iter(features.values()))
        starts = [(0, 0, 1), (0, 0, 0.5), (0.5, 0, 0.5), (0, 0.5, 0.5), (0.5, 0.5, 0.5)]
        corners = like.new_tensor([[x, y, x + side, y + side] for x, y, side in starts])
        return [corners * like.new_tensor([width, height] * 2) for height, width in sizes]

    def learn(
        self,
        features: Features,
        sizes: Sizes,
        truth: Sequence[Tensor],
        *,
        generator: torch.Generator | None = None,
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        return self(features, sizes), {}

    def rehearse(self, features: Features) -> int:
        return 5


@dataclass(frozen=True, kw_only=True)
class StepsConfig:
    """A cascade on given boxes."""

    kind: str = "steps"
    ious: tuple[float, ...] = (0.5, 0.6)


def steps(config: Config) -> CascadeRCNN:
    """Looks that start at the quarters of an image, each trained with another IoU."""
    assert isinstance(config.detector, StepsConfig)
    pyramid = FPN(make_backbone(config), channels=8)
    mask_head = make_mask_head(config, pyramid)
    stages = [
        FastRCNNStage(
            BoxHead(8, width=16),
            BoxPredictor(config.classes, 16, class_agnostic=True),
            pyramid.strides,
            iou=iou,
        )
        for iou in config.detector.ious
    ]
    return CascadeRCNN(
        pyramid,
        mask_head,
        config.boxes,
        stages=stages,
        classes=config.classes,
        proposals=Quarters(),
    )


@contextmanager
def kinds_restored() -> Iterator[None]:
    """A context after which the kinds are known that were known before it."""
    importlib.import_module("segeval.models.networks.building")  # brings those of segeval
    with ExitStack() as stack:
        for tables in (kinds.SETTINGS, registry.MAKERS):
            for table in tables.values():
                stack.enter_context(patch.dict(table))
        yield


@contextmanager
def own_kinds() -> Iterator[None]:
    """A context in which they are registered, as after the import of a user's module."""
    with kinds_restored():
        registry.register_backbone("plain", PlainConfig)(Plain)
        registry.register_pyramid("flat", FlatConfig)(Flat)
        registry.register_mask_head("blob", BlobConfig)(BlobHead)
        registry.register_semantic_head("tint", TintConfig)(Tint)
        registry.register_detector("whole", WholeConfig)(Whole)
        registry.register_detector("steps", StepsConfig)(steps)
        yield
