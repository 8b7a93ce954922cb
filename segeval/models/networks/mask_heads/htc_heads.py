"""The mask heads of Hybrid Task Cascade: each stage's reads what the last one's found.

Source: Chen et al. 2019, Hybrid Task Cascade, section 3.1, "mask information flow", with the names
of mmdetection's parts beside ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor, nn

from segeval.models.config.parts.htc import HTCMaskConfig
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.components import register_component
from segeval.models.networks.mask_heads.conv_head import ConvLayers, fill_layer
from segeval.models.networks.mask_heads.targets import grid_targets, mask_loss, of_class
from segeval.models.networks.protocols import Features, Levels, Pyramid
from segeval.models.ops.pooling import pool_per_image

PUBLIC = {"deconv": "upsample", "predictor": "conv_logits", "flow": "conv_res.conv"}
"""mmdetection's names of layers."""


class HTCHead(ConvLayers):
    """The mask head of one stage.

    Args:
        channels: C of the features.
        classes: K.
        layers: number of 3x3 convolutions.
        flow: whether it adds the last head's features to its input.
        normalised: whether its predictor is a `NormalisedConv`.
    """

    def __init__(
        self, channels: int, classes: int, *, layers: int, flow: bool, normalised: bool = False
    ) -> None:
        super().__init__(channels, classes, layers=layers, normalised=normalised)
        self.flow = flow_of(channels) if flow else None

    def hidden_after(self, features: Tensor, last: Tensor | None) -> Tensor:
        """Features after the convolutions, (N, C, r, r), from those of the box and the last head's.

        Args:
            features: of the boxes, (N, C, r, r).
            last: features after the convolutions of the last head; None for the first.
        """
        return self.hidden(with_flow(features, last, self.flow))


def flow_of(channels: int) -> nn.Conv2d:
    """The layer between a head's features and the input of the next one, (N, C, r, r)."""
    layer = nn.Conv2d(channels, channels, kernel_size=1)
    fill_layer(layer)
    return layer


def with_flow(features: Tensor, last: Tensor | None, flow: nn.Module | None) -> Tensor:
    """The input of a head, (N, C, r, r), from features of boxes and those of the last head.

    Args:
        features: of the boxes.
        last: features after the convolutions of the last head; None for the first.
        flow: from `flow_of`; None for a head that reads boxes alone.
    """
    if flow is None or last is None:
        return features
    added: Tensor = features + flow(last).relu()
    return added


def public_name(name: str) -> str:
    """Mmdetection's name of a parameter, within its `roi_head`.

    Example:
        >>> public_name("1.mask_fcn2.weight"), public_name("1.flow.bias")
        ('mask_head.1.convs.1.conv.weight', 'mask_head.1.conv_res.conv.bias')
    """
    stage, layer, part = name.split(".")
    public = PUBLIC.get(layer) or f"convs.{int(layer.removeprefix('mask_fcn')) - 1}.conv"
    return f"mask_head.{stage}.{public}.{part}"


class HTCHeads(nn.ModuleList):
    """The mask heads of all stages, a `MaskHead`; masks are the mean of their probabilities.

    Args:
        config: their number and size.
        classes: K.
        pyramid: of the features.

    Example:
        >>> from segeval.models.networks.protocols import Levels
        >>> heads = HTCHeads(HTCMaskConfig(), 80, Levels(256))
        >>> [sum(each.numel() for each in head.parameters()) for head in heads]
        [2643280, 2709072, 2709072]
    """

    def __init__(self, config: HTCMaskConfig, classes: int, pyramid: Pyramid) -> None:
        channels = pyramid.channels
        super().__init__(
            HTCHead(
                channels,
                classes,
                layers=config.layers,
                flow=config.flow and stage > 0,
                normalised=config.normalised,
            )
            for stage in range(config.stages)
        )
        self.side, self.strides = config.pool, dict(pyramid.strides)
        self.numbers_per_box = channels * (2 * self.side) ** 2  # input of a predictor

    def forward(self, features: Tensor) -> list[Tensor]:
        """Logits (N, K, 2r, 2r) of every stage, from box features (N, C, r, r)."""
        hidden = zip(self._heads(), self._hidden(features), strict=True)
        return [head.drawn(each) for head, each in hidden]

    def learn_stage(
        self, stage: int, features: Features, sample: MaskSample
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Losses of a stage, which reach the heads before it, and its logits, (N, 1, 2r, 2r)."""
        pooled = pool_per_image(features, sample.boxes, self.side, self.strides)
        *_, hidden = islice(self._hidden(pooled), stage + 1)
        targets = grid_targets(sample, 2 * self.side)
        logits = list(self._heads())[stage].drawn(hidden)
        known = torch.cat(list(sample.classes))
        loss = {"loss_mask": mask_loss(logits, known, targets)}
        return loss, of_class(logits, known).unsqueeze(1)

    def losses(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The mean of all stages' losses in the same boxes, "loss_mask"; see `MaskHead.losses`."""
        return self.learn(features, sample, generator=generator)[0]

    def learn(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """`losses`, and the logits of the last stage, (N, 1, 2r, 2r); see `LearnsMasks.learn`."""
        logits = self(pool_per_image(features, sample.boxes, self.side, self.strides))
        targets = grid_targets(sample, 2 * self.side)
        known = torch.cat(list(sample.classes))
        found = [mask_loss(each, known, targets) for each in logits]
        last = of_class(logits[-1], known).unsqueeze(1)
        return {"loss_mask": torch.stack(found).mean()}, last

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Logits (N, stages, 2r, 2r) of each box's class."""
        logits = self(pool_per_image(features, boxes, self.side, self.strides))
        known = torch.cat(list(classes))
        return torch.stack([of_class(each, known) for each in logits], dim=1)

    def _heads(self) -> Iterator[HTCHead]:
        yield from self  # type: ignore[misc]

    def _hidden(self, features: Tensor) -> Iterator[Tensor]:
        """Features after the convolutions of each stage, in order."""
        hidden: Tensor | None = None
        for head in self._heads():
            hidden = head.hidden_after(features, hidden)
            yield hidden


@register_component("htc-mask-heads", names=public_name)
def htc_heads(
    *,
    channels: int,
    classes: int,
    stages: int = HTCMaskConfig.stages,
    layers: int = HTCMaskConfig.layers,
    flow: bool = HTCMaskConfig.flow,
) -> HTCHeads:
    """The mask heads of all stages, from box features (N, C, r, r) to the logits of each stage.

    Args:
        channels: C of the features.
        classes: K.
        stages: number of heads.
        layers: number of 3x3 convolutions of each head.
        flow: whether each head adds the last one's features to its input.
    """
    config = HTCMaskConfig(stages=stages, layers=layers, flow=flow)
    return HTCHeads(config, classes, Levels(channels))
