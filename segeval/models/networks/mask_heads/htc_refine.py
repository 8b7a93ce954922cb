"""Hybrid Task Cascade whose last mask head is RefineMask's.

The masks are RefineMask's alone; the heads before it keep their losses, and the features of the
last one of them are added to its input.

Source: the report of the winner of LVIS 2021, which replaces the third head; how the heads are
connected is not in it, and follows the flow of HTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import cast

import torch
from torch import Tensor

from segeval.models.config.parts.htc import HTCMaskConfig
from segeval.models.config.parts.refine import RefineMaskConfig
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.mask_heads.htc_heads import HTCHead, HTCHeads, flow_of, with_flow
from segeval.models.networks.mask_heads.refine_head import RefineMaskHead
from segeval.models.networks.protocols import Features, Pyramid
from segeval.models.ops.pooling import pool_per_image


class RefineLast(RefineMaskHead):
    """RefineMask's head behind another one.

    Args:
        config: its stages.
        classes: K.
        pyramid: of the features.
        flow: whether it adds the last head's features to its input.
    """

    def __init__(
        self, config: RefineMaskConfig, classes: int, pyramid: Pyramid, *, flow: bool
    ) -> None:
        super().__init__(config, classes, pyramid)
        self.flow = flow_of(pyramid.channels) if flow else None


class RefinedHTCHeads(HTCHeads):
    """The mask heads of all stages, the last one RefineMask's; masks are its own.

    Args:
        config: their number and size.
        classes: K.
        pyramid: of the features.
    """

    def __init__(self, config: HTCMaskConfig, classes: int, pyramid: Pyramid) -> None:
        super().__init__(replace(config, stages=config.stages - 1), classes, pyramid)
        refine = RefineMaskConfig(pool=config.pool, agnostic_last=config.agnostic_last)
        flow = config.flow and config.stages > 1
        last = RefineLast(refine, classes, pyramid, flow=flow)
        self.numbers_per_box = max(self.numbers_per_box, last.numbers_per_box)
        self.append(last)

    def prepared(self, features: Features) -> Features:
        """See `PreparesFeatures.prepared`."""
        return self._last.prepared(features)

    def learn_stage(
        self, stage: int, features: Features, sample: MaskSample
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Losses of a stage, which reach the heads before it, and its logits, (N, 1, S, S)."""
        if stage < len(self) - 1:
            return super().learn_stage(stage, features, sample)
        pooled = pool_per_image(features, sample.boxes, self.side, self.strides)
        return self._last.learn_pooled(self._input(pooled), features, sample)

    def learn(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """`losses`, and the logits of the last stage, (N, 1, S, S); see `LearnsMasks.learn`."""
        stages = [self.learn_stage(stage, features, sample) for stage in range(len(self))]
        losses, logits = stages[-1]
        mean = torch.stack([found["loss_mask"] for found, _ in stages]).mean()
        return losses | {"loss_mask": mean}, logits

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Logits (N, 1, S, S) of each box's class."""
        pooled = pool_per_image(features, boxes, self.side, self.strides)
        return self._last.predict_pooled(self._input(pooled), features, boxes, classes)

    @property
    def _last(self) -> RefineLast:
        return cast("RefineLast", self[-1])

    def _heads(self) -> Iterator[HTCHead]:
        """The heads before the last one."""
        yield from islice(super()._heads(), len(self) - 1)

    def _input(self, pooled: Tensor) -> Tensor:
        """The input of the last head."""
        hidden = None
        for each in self._hidden(pooled):
            hidden = each
        return with_flow(pooled, hidden, self._last.flow)


LAST: dict[str, type[HTCHeads]] = {"": HTCHeads, "refine": RefinedHTCHeads}
"""The heads by the kind of the last one."""


def htc_mask_heads(config: HTCMaskConfig, classes: int, pyramid: Pyramid) -> HTCHeads:
    """The mask heads of all stages.

    Args:
        config: their number and size, and the kind of the last one.
        classes: K.
        pyramid: of the features.
    """
    return LAST[config.last](config, classes, pyramid)
