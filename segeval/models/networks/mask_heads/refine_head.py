"""RefineMask: a mask that is drawn coarse and refined near its boundary, stage by stage.

    features of a box, 14 x 14  -> mask 14 -> features 28 -> mask 28 -> 56 -> 112
    finest level of the image   -> what is foreground, read in every stage

Source: Zhang et al. 2021, RefineMask, with the names and rules of its public code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.errors import InputError
from segeval.models.config.parts.refine import RefineMaskConfig
from segeval.models.config.rules import require_possible
from segeval.models.networks.batches import MaskSample, require_inside
from segeval.models.networks.components import register_component
from segeval.models.networks.mask_heads.boundary_region import (
    fused_stages,
    stage_losses,
    stage_weights,
)
from segeval.models.networks.mask_heads.conv_head import fill_layer
from segeval.models.networks.mask_heads.refine_stage import (
    Convolution,
    RefineStage,
    SimpleRefineStage,
)
from segeval.models.networks.mask_heads.targets import grid_targets, of_class
from segeval.models.networks.protocols import Features, Levels, Pyramid
from segeval.models.ops.pooling import pool_per_image
from segeval.models.ops.precision import at_least_float32
from segeval.models.ops.resizing import resized, resized_by_corners

FOREGROUND = "foreground"
"""Name of the map of logits of what is foreground, beside the levels."""


class RefineMaskHead(nn.Module):
    """A `MaskHead` of several stages.

    Args:
        config: its stages.
        classes: K.
        pyramid: of the features.

    Raises:
        InputError: for an impossible setting.

    Example:
        >>> head = RefineMaskHead(RefineMaskConfig(), 80, Levels(256))
        >>> sum(each.numel() for each in head.parameters()), len(head.state_dict())
        (6407003, 70)
    """

    def __init__(self, config: RefineMaskConfig, classes: int, pyramid: Pyramid) -> None:
        super().__init__()
        require_possible({"mask": config}, "RefineMaskHead")
        self.config, self.strides = config, dict(pyramid.strides)
        self.finest, self.stride = next(iter(pyramid.strides.items()))
        width = config.width or pyramid.channels
        _require_width(width, config)
        self.instance_convs = _layers(pyramid.channels, width, config.instance_layers)
        self.semantic_convs = _layers(pyramid.channels, width, config.semantic_layers)
        widths = [width >> stage for stage in range(config.stages + 1)]
        known = [classes] * config.stages + [1 if config.agnostic_last else classes]
        last = config.stages - 1
        if config.simple:
            stages: list[nn.Module] = [
                SimpleRefineStage(each, width, doubles=stage < last)
                for stage, each in enumerate(widths[:-1])
            ]
            self.stage_instance_logits = nn.ModuleList(
                _logits(each, number) for each, number in zip(widths, known, strict=True)
            )
        else:
            stages = [RefineStage(each, width, classes) for each in widths[:-1]]
            self.final_instance_logits = _logits(widths[-1], known[-1])
            self.semantic_logits = _logits(width, 1)
        self.stages = nn.ModuleList(stages)
        cells = [(config.pool << stage) ** 2 for stage in range(config.stages + 1)]
        numbers = [max(2 * each + 2, of) for each, of in zip(widths, known, strict=True)]
        self.numbers_per_box = max(a * b for a, b in zip(cells, numbers, strict=True))

    def prepared(self, features: Features) -> Features:
        """The levels, and the maps of the images that every box reads."""
        semantic = features[self.finest]
        for layer in self.semantic_convs:
            semantic = layer(semantic)
        maps = {_map_name(stage): each.seen(semantic) for stage, each in enumerate(self._stages())}
        if not self.config.simple:
            maps[FOREGROUND] = self.semantic_logits(semantic)
        return {**features, **maps}

    def forward(
        self, pooled: Tensor, features: Features, boxes: Sequence[Tensor], classes: Tensor
    ) -> list[Tensor]:
        """The mask logits of each box's class after each stage, (N, S, S).

        Args:
            pooled: features of the boxes, (N, C, r, r).
            features: levels of the images, `prepared` or not.
            boxes: of each image, (n, 4).
            classes: of all boxes, int64, (N,).
        """
        maps = features if _map_name(0) in features else self.prepared(features)
        around = [maps[FOREGROUND]] if FOREGROUND in maps else []
        for layer in self.instance_convs:
            pooled = layer(pooled)
        found = []
        for stage, each in enumerate(self._stages()):
            found.append(of_class(self._logits(stage)(pooled), classes))
            seen = [maps[_map_name(stage)], *around]
            pooled = each(pooled, found[-1], seen, self.stride, boxes)
        last = of_class(self._logits(len(self.stages))(pooled), classes)
        side = self.config.pool << self.config.stages
        return [*found, resized_by_corners(last.unsqueeze(1), (side, side)).squeeze(1)]

    def losses(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The loss of all stages, "loss_mask", and that of what is foreground.

        Returns:
            "loss_mask", 0 without boxes; and "loss_mask_semantic", which needs no boxes.
        """
        return self.learn(features, sample, generator=generator)[0]

    def learn(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """`losses`, and the logits of the refined masks; see `LearnsMasks.learn`."""
        return self.learn_pooled(self.pool(features, sample.boxes), features, sample)

    def learn_pooled(
        self, pooled: Tensor, features: Features, sample: MaskSample
    ) -> tuple[dict[str, Tensor], Tensor]:
        """As `learn`, from features of the boxes, (N, C, r, r)."""
        maps = self.prepared(features)
        logits = self(pooled, maps, sample.boxes, torch.cat(list(sample.classes)))
        exact = [at_least_float32(each) for each in logits]
        targets = [grid_targets(sample, each.shape[-1]).to(each.dtype) for each in exact]
        of_stages = torch.stack(stage_losses(exact, targets))
        # maps that no box reads get a gradient too
        unread = 0 * sum(maps[_map_name(stage)].sum() for stage in range(len(self.stages)))
        total = (stage_weights(len(exact)).to(of_stages) * of_stages).sum() + unread
        found = {"loss_mask": total}
        if FOREGROUND in maps:
            loss = foreground_loss(maps[FOREGROUND], sample.masks, self.stride)
            found["loss_mask_semantic"] = self.config.semantic_weight * loss
        return found, fused_stages(logits).unsqueeze(1)

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Logits (N, 1, S, S) of each box's class; arguments as in `MaskHead.predict`."""
        return self.predict_pooled(self.pool(features, boxes), features, boxes, classes)

    def predict_pooled(
        self,
        pooled: Tensor,
        features: Features,
        boxes: Sequence[Tensor],
        classes: Sequence[Tensor],
    ) -> Tensor:
        """As `predict`, from features of the boxes, (N, C, r, r)."""
        logits = self(pooled, features, boxes, torch.cat(list(classes)))
        return fused_stages(logits).unsqueeze(1)

    def pool(self, features: Features, boxes: Sequence[Tensor]) -> Tensor:
        """Features of boxes, each from the level for its size, (N, C, r, r)."""
        return pool_per_image(features, boxes, self.config.pool, self.strides)

    def _stages(self) -> Sequence[RefineStage | SimpleRefineStage]:
        return cast("Sequence[RefineStage | SimpleRefineStage]", self.stages)

    def _logits(self, stage: int) -> nn.Module:
        """The layer of a stage that gives logits of all classes."""
        if self.config.simple:
            return self.stage_instance_logits[stage]
        if stage == len(self.stages):
            return self.final_instance_logits
        return cast("RefineStage", self.stages[stage]).instance_logits


def foreground_loss(logits: Tensor, masks: Sequence[Tensor], stride: int) -> Tensor:
    """Mean cross-entropy of what is foreground against the union of all objects.

    Args:
        logits: (B, 1, H, W).
        masks: bitmaps of the objects of each image, (m, height, width).
        stride: of the logits, in pixels.

    Raises:
        ShapeError: if masks are larger than the padded images.
    """
    height, width = logits.shape[2:]
    unions = torch.zeros(len(masks), 1, stride * height, stride * width, device=logits.device)
    for union, own in zip(unions, masks, strict=True):
        if len(own):
            require_inside(own, (stride * height, stride * width))
            high, wide = own.shape[1:]
            union[0, :high, :wide] = own.amax(0)
    coarse, exact = resized(unions, (height, width)), at_least_float32(logits)
    return functional.binary_cross_entropy_with_logits(exact, (coarse >= 0.5).to(exact.dtype))


def _require_width(width: int, config: RefineMaskConfig) -> None:
    """Refuse channels that cannot be halved from stage to stage.

    Raises:
        InputError: for such a width.
    """
    beside = 1 if config.simple else 2
    least = (beside + 1) << config.stages
    if width % (1 << config.stages) or width < least:
        place = "mask.width" if config.width else "pyramid.channels"
        raise InputError(
            f"{place} is {width}, expected a multiple of {1 << config.stages}, {least} or more: "
            f"RefineMask halves it in each of {config.stages} stages, of which the last keeps "
            "channels beside its masks.",
            code="width",
            field=place,
        )


def _map_name(stage: int) -> str:
    """Name of the map that a stage reads, beside the levels."""
    return f"stage {stage}"


def _layers(inputs: int, outputs: int, number: int) -> nn.ModuleList:
    widths = [inputs, *[outputs] * number]
    return nn.ModuleList(Convolution(a, b) for a, b in pairwise(widths))


def _logits(channels: int, classes: int) -> nn.Conv2d:
    layer = nn.Conv2d(channels, classes, 1)
    fill_layer(layer)
    return layer


class RefineMaskOnMap(nn.Module):
    """The head on box features and one map of stride 4.

    Args:
        head: its layers.
    """

    def __init__(self, head: RefineMaskHead) -> None:
        super().__init__()
        self.head = head

    def forward(
        self, pooled: Tensor, level: Tensor, boxes: Sequence[Tensor], classes: Tensor
    ) -> tuple[list[Tensor], Tensor | None]:
        """Logits after each stage, (N, S, S), and those of what is foreground, (B, 1, H, W).

        Args:
            pooled: features of the boxes, (N, C, r, r).
            level: of the images, (B, C, H, W).
            boxes: of each image, in pixels, (n, 4).
            classes: of all boxes, int64, (N,).
        """
        maps = self.head.prepared({"p2": level})
        return self.head(pooled, maps, boxes, classes), maps.get(FOREGROUND)


def public_name(name: str) -> str:
    """The name of a parameter in the public head.

    Example:
        >>> public_name("head.stages.0.fuse_conv.0.bias")
        'stages.0.fuse_conv.0.bias'
    """
    return name.removeprefix("head.")


@register_component("refine-mask-head", names=public_name)
def refine_mask_head(
    *,
    channels: int,
    classes: int,
    simple: bool = RefineMaskConfig.simple,
    agnostic_last: bool = RefineMaskConfig.agnostic_last,
    stages: int = RefineMaskConfig.stages,
    pool: int = RefineMaskConfig.pool,
    width: int | None = RefineMaskConfig.width,
    instance_layers: int = RefineMaskConfig.instance_layers,
    semantic_layers: int = RefineMaskConfig.semantic_layers,
) -> RefineMaskOnMap:
    """From box features, a map of stride 4, boxes per image, and classes to logits of all stages.

    Args:
        channels: C of the features and of the map.
        classes: K.
        simple: the faster variant.
        agnostic_last: whether the last stage has one mask for all classes.
        stages: number of doublings.
        pool: r of the box features.
        width: channels of the first stage; None for C.
        instance_layers: 3x3 convolutions on the box features.
        semantic_layers: 3x3 convolutions on the map.
    """
    config = RefineMaskConfig(
        simple=simple, agnostic_last=agnostic_last, stages=stages, pool=pool, width=width,
        instance_layers=instance_layers, semantic_layers=semantic_layers,
    )  # fmt: skip
    return RefineMaskOnMap(RefineMaskHead(config, classes, Levels(channels)))


@register_component("foreground-loss")
def loss_of_foreground(*, stride: int = 4) -> Callable[[Tensor, Sequence[Tensor]], Tensor]:
    """From logits (B, 1, H, W) and the bitmaps of each image, (m, height, width), to the loss.

    Args:
        stride: of the logits, in pixels.
    """
    return lambda logits, masks: foreground_loss(logits, masks, stride)
