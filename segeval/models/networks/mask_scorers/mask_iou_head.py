"""Mask scoring: a head that predicts how well a mask covers its object.

A score that says only what an object is ranks a poor mask of a sure class above a good one. With
this head it is the probability of the class times the predicted IoU of the mask.

Source: Huang et al. 2019, Mask Scoring R-CNN, section 3, with the rules of its public code: cells
are foreground where the logit is above 0, and the loss of the IoU moves the mask head too. Ours:
the predicted IoU is limited to 0 and 1, and masks of another side are resized bilinearly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config.parts.scoring import MaskIoUConfig, NoScoringConfig
from segeval.models.networks.backbone.conv import fill_weight
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.components import register_component
from segeval.models.networks.mask_heads.conv_head import fill_layer
from segeval.models.networks.mask_heads.targets import grid_targets, of_class
from segeval.models.networks.mask_votes import logits_of
from segeval.models.networks.protocols import Features, Levels, Pyramid
from segeval.models.ops.pooling import pool_per_image
from segeval.models.ops.precision import at_least_float32
from segeval.models.ops.resizing import resized

LAYER = re.compile(r"maskiou_(fcn|fc)(\d+)\.(\w+)")
LISTS = {"fcn": "convs", "fc": "fcs"}
"""mmdetection's lists of layers, which are counted from 0."""


def public_name(name: str) -> str:
    """Mmdetection's name of a parameter, within the head.

    Example:
        >>> public_name("maskiou_fcn1.weight"), public_name("maskiou.bias")
        ('convs.0.weight', 'fc_mask_iou.bias')
    """
    found = LAYER.fullmatch(name)
    if found is None:
        return name.replace("maskiou", "fc_mask_iou")
    kind, number, part = found.groups()
    return f"{LISTS[kind]}.{int(number) - 1}.{part}"


class MaskIoUHead(nn.Module):
    """Predicts the IoU of masks with their objects for each class, a `MaskScorer`.

    Args:
        config: of its layers.
        classes: K.
        pyramid: of the features.

    Example:
        >>> head = MaskIoUHead(MaskIoUConfig(), 80, Levels(256))
        >>> sum(each.numel() for each in head.parameters())
        16340304
    """

    def __init__(self, config: MaskIoUConfig, classes: int, pyramid: Pyramid) -> None:
        super().__init__()
        self.pool, self.max_pool = config.pool, config.max_pool
        self.weight, self.strides = config.weight, dict(pyramid.strides)
        self.layer_names = [f"maskiou_fcn{number}" for number in range(1, config.layers + 1)]
        widths = [pyramid.channels + 1, *[config.width] * config.layers]
        for name, (inputs, outputs) in zip(self.layer_names, pairwise(widths), strict=True):
            stride = 2 if name == self.layer_names[-1] else 1
            layer = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1)
            fill_layer(layer)
            self.add_module(name, layer)
        self.fc_names = [f"maskiou_fc{number}" for number in range(1, config.fc_layers + 1)]
        sizes = [
            config.width * ((config.pool + 1) // 2) ** 2,
            *[config.fc_width] * config.fc_layers,
        ]
        for name, (before, after) in zip(self.fc_names, pairwise(sizes), strict=True):
            self.add_module(name, _linear(before, after))
        self.maskiou = _linear(sizes[-1], classes)
        nn.init.normal_(self.maskiou.weight, std=0.01)
        self.numbers_per_box = max(widths) * config.pool**2

    @property
    def side(self) -> int:
        """Cells along each side of the masks that are read."""
        return 2 * self.pool if self.max_pool else self.pool

    def forward(self, features: Tensor, logits: Tensor) -> Tensor:
        """The IoU for each class, without limits, (N, K).

        Args:
            features: of the boxes, (N, C, r, r).
            logits: of the mask of each box's class, of any side, (N, S, S).
        """
        masks = at_side(logits, self.side).sigmoid().unsqueeze(1)
        if self.max_pool:
            masks = functional.max_pool2d(masks, kernel_size=2)
        hidden = torch.cat([features, masks.to(features.dtype)], dim=1)
        for name in self.layer_names:
            hidden = self.get_submodule(name)(hidden).relu()
        hidden = hidden.flatten(1)
        for name in self.fc_names:
            hidden = self.get_submodule(name)(hidden).relu()
        return self.maskiou(hidden)  # type: ignore[no-any-return]

    def losses(self, features: Features, sample: MaskSample, logits: Tensor) -> dict[str, Tensor]:
        """The loss of the predicted IoU, "loss_mask_iou"; see `MaskScorer.losses`."""
        masks = at_side(logits.mean(1), self.side)
        predicted = self(self._pooled(features, sample.boxes), masks)
        truth = grid_targets(sample, self.side)
        ious = mask_iou_targets(masks, truth, shares_inside(sample))
        loss = mask_iou_loss(predicted, torch.cat(list(sample.classes)), ious)
        return {"loss_mask_iou": self.weight * loss}

    def predict(
        self,
        features: Features,
        boxes: Sequence[Tensor],
        classes: Sequence[Tensor],
        logits: Tensor,
    ) -> Tensor:
        """The IoU of the mask of each box, in [0, 1], (N,); see `MaskScorer.predict`."""
        predicted = self(self._pooled(features, boxes), logits.mean(1))
        return of_class(predicted, torch.cat(list(classes))).float().clamp(0, 1)

    def _pooled(self, features: Features, boxes: Sequence[Tensor]) -> Tensor:
        return pool_per_image(features, boxes, self.pool, self.strides)


def no_scorer(config: NoScoringConfig, classes: int, pyramid: Pyramid) -> None:
    """Nothing: scores stay those of classes."""


def at_side(logits: Tensor, side: int) -> Tensor:
    """Logits of masks whose probabilities are interpolated bilinearly to another side.

    Args:
        logits: (N, S, S).
        side: of the result; logits of this side stay as they are.

    Example:
        >>> at_side(torch.tensor([[[0.0, 0.0], [20.0, 20.0]]]), 1).sigmoid().round(decimals=2)
        tensor([[[0.7500]]])
    """
    if logits.shape[-1] == side:
        return logits
    chances = resized(at_least_float32(logits).sigmoid().unsqueeze(1), (side, side))
    return logits_of(chances.squeeze(1))


@torch.no_grad()
def shares_inside(sample: MaskSample) -> Tensor:
    """The share of each box's object that lies inside of the box, by pixels, (N,).

    A pixel that the box cuts counts as inside. 0 where nothing is, and for an empty object.

    Example:
        >>> mask = torch.zeros(1, 8, 9, dtype=torch.uint8)
        >>> mask[0, 1:5, 2:8] = 1
        >>> box, first = torch.tensor([[2.0, 1, 6, 5]]), torch.tensor([0])
        >>> shares_inside(MaskSample([box], [first], [mask], [first])).round(decimals=4)
        tensor([0.6667])
    """
    found = []
    for boxes, masks, objects in zip(sample.boxes, sample.masks, sample.objects, strict=True):
        areas = masks.flatten(1).sum(1)[objects]
        limit = boxes.new_tensor([masks.shape[2], masks.shape[1]])
        low = boxes[:, :2].floor().clamp(min=0).minimum(limit)
        high = boxes[:, 2:].ceil().clamp(min=0).minimum(limit)
        corners = torch.cat([low, high], dim=1).long().tolist()
        inside = [
            masks[which, y0:y1, x0:x1].sum()
            for which, (x0, y0, x1, y1) in zip(objects.tolist(), corners, strict=True)
        ]
        counts = torch.stack(inside) if inside else areas
        found.append(counts / areas.clamp(min=1))
    return torch.cat(found)


@torch.no_grad()
def mask_iou_targets(logits: Tensor, truth: Tensor, shares: Tensor) -> Tensor:
    """The IoU of masks, which end at their box, with whole objects, (N,).

    Args:
        logits: of the mask of each box's class, (N, S, S); above 0 is foreground.
        truth: the part of the object in the box, 0 or 1, (N, S, S).
        shares: how much of the object that is, (N,); where it is 0, so is the IoU.
    """
    mask, part = (logits > 0).flatten(1), truth.flatten(1) > 0
    both = (mask & part).sum(1)
    whole = part.sum(1) / shares.clamp(min=torch.finfo(shares.dtype).tiny)
    union = mask.sum(1) + whole - both
    return torch.where(both > 0, both / union.clamp(min=1), 0.0).where(shares > 0, 0.0)


def mask_iou_loss(predicted: Tensor, classes: Tensor, ious: Tensor) -> Tensor:
    """Half the mean squared error of the predicted IoU of each box's class, where it is above 0.

    Args:
        predicted: IoU for each class, (N, K).
        classes: int64, (N,).
        ious: to be predicted, (N,).

    Returns:
        A number; 0, with zero gradients, if no IoU is above 0.
    """
    known = ious > 0
    errors = (of_class(predicted, classes) - ious.to(predicted.dtype)) ** 2
    return 0.5 * (errors * known).sum() / known.sum().clamp(min=1)


def _linear(before: int, after: int) -> nn.Linear:
    layer = nn.Linear(before, after)
    fill_weight(layer.weight, "xavier")
    nn.init.zeros_(layer.bias)
    return layer


@register_component("mask-iou-head", names=public_name)
def mask_iou_head(
    *,
    channels: int,
    classes: int,
    pool: int = MaskIoUConfig.pool,
    max_pool: bool = MaskIoUConfig.max_pool,
    layers: int = MaskIoUConfig.layers,
    width: int = MaskIoUConfig.width,
    fc_layers: int = MaskIoUConfig.fc_layers,
    fc_width: int = MaskIoUConfig.fc_width,
) -> MaskIoUHead:
    """From box features (N, C, r, r) and mask logits (N, S, S) to the IoU for each class, (N, K).

    Args:
        channels: C of the features.
        classes: K.
        pool: r.
        max_pool: whether masks are read at 2 r and max-pooled, or at r.
        layers: number of 3x3 convolutions.
        width: their channels.
        fc_layers: number of hidden fully connected layers.
        fc_width: their numbers.
    """
    config = MaskIoUConfig(
        pool=pool, max_pool=max_pool, layers=layers, width=width, fc_layers=fc_layers,
        fc_width=fc_width,
    )  # fmt: skip
    return MaskIoUHead(config, classes, Levels(channels))


@register_component("mask-iou-target")
def mask_iou_target() -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """From mask logits and truth, (N, S, S), and shares inside, (N,), to the IoU."""
    return mask_iou_targets


@register_component("mask-iou-loss")
def loss_of_mask_iou() -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """From predicted IoU (N, K), classes and IoU (N,) to the loss."""
    return mask_iou_loss


@register_component("mask-share")
def mask_share() -> Callable[[MaskSample], Tensor]:
    """From a `MaskSample` to the share of each object that lies in its box."""
    return shares_inside
