"""Parts of TSD alone, for comparison with numbers that others recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from segeval.models.config import BoxConfig
from segeval.models.config.parts.tsd import TSDConfig
from segeval.models.networks.box_head import BOX_WEIGHTS, LAYERS, SIDE, WIDTH
from segeval.models.networks.components import register_component
from segeval.models.networks.protocols import Features, Levels
from segeval.models.networks.tsd.stage import as_deltas, in_pixels, tsd_stage
from segeval.models.ops.boxes import Weights, encode_boxes
from segeval.models.ops.roi_align import roi_align

NAMES = {
    "predictor.disentangled.cls_score": "TSD_fc_cls",
    "predictor.disentangled.bbox_pred": "TSD_fc_reg",
    "predictor.cls_score": "fc_cls",
    "predictor.bbox_pred": "fc_reg",
    "head.class_branch.fc#": "TSD_pc_fcs.#",
    "head.box_branch.fc#": "TSD_pr_fcs.#",
    "head.fc#": "shared_fcs.#",
}
"""Our names of layers and those in the authors' code, with the number of one, there from 0."""

NUMBER = re.compile(r"(?<=\bfc)\d+")

Read = tuple[Tensor, Tensor]
"""Class logits (N, K + 1) and deltas (N, 4 K or 4) of boxes."""


def public_name(name: str) -> str:
    """The authors' name of a parameter, within their `bbox_head`.

    Example:
        >>> public_name("head.class_branch.fc2.bias"), public_name("head.delta_c.0.weight")
        ('TSD_pc_fcs.1.bias', 'delta_c.0.weight')
    """
    layer, _, part = name.rpartition(".")
    number = NUMBER.search(layer)
    theirs = NAMES.get(NUMBER.sub("#", layer), layer.removeprefix("head."))
    return f"{theirs.replace('#', str(int(number[0]) - 1) if number else '')}.{part}"


class TSDBoxes(nn.Module):
    """The box stage of TSD, a module.

    Args:
        channels: of the features.
        config: of the boxes.
        settings: of the moves.
        classes: K.
    """

    def __init__(
        self, channels: int, config: BoxConfig, settings: TSDConfig, *, classes: int
    ) -> None:
        super().__init__()
        self.stage = tsd_stage(Levels(channels), config, settings, classes=classes)
        self.head, self.predictor = self.stage.head, self.stage.predictor

    def forward(self, features: Features, boxes: Sequence[Tensor]) -> Read:
        """What it says of the boxes of each image, (n, 4), from the levels "p2" to "p5"."""
        return self.stage(features, boxes)

    def ordinary(self, features: Features, boxes: Sequence[Tensor]) -> Read:
        """What the ordinary head, which learns beside it, says of them."""
        return self.stage.ordinary(features, boxes)


@register_component("tsd-head", names=public_name)
def tsd_head(
    *,
    channels: int = 256,
    classes: int = 80,
    side: int = SIDE,
    layers: int = LAYERS,
    width: int = WIDTH,
    class_agnostic: bool = False,
    hidden: int = TSDConfig.hidden,
    step: float = TSDConfig.step,
    samples: int = TSDConfig.samples,
) -> TSDBoxes:
    """The heads of TSD on a pyramid, the ordinary one included.

    Args:
        channels: of the features.
        classes: K.
        side: of the pooled features.
        layers: of each head.
        width: of these layers.
        class_agnostic: whether all classes share the deltas.
        hidden: width of the layers that say where to look.
        step: share of the box's sides that a number 1 of these layers stands for.
        samples: along each side of a cell, wherever features are pooled.
    """
    config = BoxConfig(
        side=side, layers=layers, width=width, class_agnostic=class_agnostic, samples=samples
    )
    settings = TSDConfig(hidden=hidden, step=step, samples=samples)
    return TSDBoxes(channels, config, settings, classes=classes)


@register_component("offset-pooling")
def offset_pooling(
    *,
    side: int = SIDE,
    stride: int = 4,
    samples: int = TSDConfig.samples,
    step: float = TSDConfig.step,
) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """From features, boxes, their images and moves of cells to pooled features.

    Args:
        side: cells along each side.
        stride: of the features, in pixels.
        samples: along each side of a cell.
        step: share of the box's sides that a move of 1 stands for.

    Returns:
        A function of features (B, C, H, W), boxes (N, 4), images (N,), and x, y of each cell,
        (N, side, side, 2), or of all, (N, 1, 1, 2); to (N, C, side, side).
    """

    def pool(features: Tensor, boxes: Tensor, image: Tensor, moves: Tensor) -> Tensor:
        offsets = in_pixels(boxes, moves, step)
        return roi_align(
            features, boxes, image, side, scale=1 / stride, samples=samples, offsets=offsets
        )

    return pool


@register_component("tsd-boxes")
def tsd_boxes(*, step: float = TSDConfig.step) -> Callable[[Tensor, Tensor], Tensor]:
    """From boxes (N, 4) and moves (N, 2) to the boxes that deltas start from.

    Args:
        step: share of the box's sides that a move of 1 stands for.
    """
    return lambda boxes, moves: (
        boxes + in_pixels(boxes, moves[:, None, None], step)[:, 0, 0].repeat(1, 2)
    )


@register_component("tsd-targets")
def tsd_targets(
    *, step: float = TSDConfig.step, weights: Weights = BOX_WEIGHTS
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """From boxes (N, 4), moves (N, 2) and the truth (N, 4) to the deltas to be learnt, (N, 4).

    Args:
        step: share of the box's sides that a move of 1 stands for.
        weights: of the deltas.
    """
    return lambda boxes, moves, truth: (
        encode_boxes(boxes, truth, weights) - as_deltas(moves, step, weights)
    )
