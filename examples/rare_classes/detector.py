"""A small Mask R-CNN for drawn pictures, with any box stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from examples.pointrend_vs_conv.network import Backbone
from examples.rare_classes.scenes import CLASSES, SIDE
from segeval.models.config import BoxConfig, Config, MaskConfig, ProposalConfig, changed
from segeval.models.networks.box_stage import box_stage
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.protocols import BoxStage, Pyramid
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.rpn import RPN

COLOURS = {"mean": (127.0,) * 3, "std": (60.0,) * 3}
"""Settings of the input of drawn pictures."""

FEW = ProposalConfig(scales=(4.0,), before_nms=(60, 60), after_nms=(30, 30), train_anchors=64)
"""Settings of the proposals: there is little to find."""

BOXES = BoxConfig(layers=1, width=256, train_boxes=24, max_dets=20)
"""Settings of the box stage."""


def settings(name: str, changes: Mapping[str, float] | None = None, *, side: int = SIDE) -> Config:
    """Pictures in their own size, mirrored at random.

    Args:
        name: of the configuration.
        changes: further settings of the input, such as `mosaic`.
        side: of the pictures, in pixels.
    """
    sizes = {"train_sizes": (side,), "train_max": side}
    return changed(Config(), name, classes=CLASSES, input={**sizes, **COLOURS, **(changes or {})})


def few(pyramid: Pyramid) -> RPN:
    """A network that proposes 30 boxes."""
    return RPN(pyramid.channels, FEW, strides=pyramid.strides)


def ordinary_stage(pyramid: Pyramid) -> BoxStage:
    """The box stage of Mask R-CNN."""
    return box_stage(pyramid, BOXES, classes=CLASSES)


def detector(stage: Callable[[Pyramid], BoxStage] = ordinary_stage) -> MaskRCNN:
    """Mask R-CNN on a small pyramid, with any box stage."""
    pyramid = Backbone(levels=4)
    looks = stage(pyramid)
    return MaskRCNN(
        pyramid,
        ConvHead(MaskConfig(kind="conv"), 1, pyramid),  # the class does not change the outline
        BOXES,
        classes=CLASSES,
        proposals=few(pyramid),
        stages=[looks],
    )
