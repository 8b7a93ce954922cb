"""Detectors with one box stage, with three, and with three and as many mask heads.

All have the same small backbone and the same proposals, and their classes share a box and a mask.
"""

from __future__ import annotations

from functools import partial

from examples.pointrend_vs_conv.network import Backbone
from examples.rare_classes.detector import BOXES, few
from examples.rare_classes.scenes import CLASSES
from segeval.models.config import MaskConfig
from segeval.models.config.parts.cascade import CascadeConfig
from segeval.models.config.parts.htc import HTCConfig, HTCMaskConfig
from segeval.models.networks.cascade import CascadeRCNN, box_stages
from segeval.models.networks.classifiers import Softmax
from segeval.models.networks.htc import HTC
from segeval.models.networks.mask_heads import ConvHead, HTCHeads

THREE = CascadeConfig()
ONE = CascadeConfig(
    ious=THREE.ious[:1], deltas=THREE.deltas[:1], stage_weights=(1.0,), score_weights=(1.0,)
)
"""A cascade of one stage, which is Mask R-CNN with a box for all classes."""


def cascade(settings: CascadeConfig) -> CascadeRCNN:
    """Cascade R-CNN, as detectron2 trains it."""
    pyramid = Backbone(levels=4)
    stages = box_stages(
        pyramid,
        BOXES,
        settings,
        classes=CLASSES,
        classifier=partial(Softmax, classes=CLASSES),
        gradient=1 / len(settings.ious),
    )
    head = ConvHead(MaskConfig(kind="conv"), 1, pyramid)
    return CascadeRCNN(pyramid, head, BOXES, stages=stages, classes=CLASSES, proposals=few(pyramid))


def htc() -> HTC:
    """Hybrid Task Cascade, as mmdetection trains it."""
    pyramid, settings = Backbone(levels=4), HTCConfig()
    stages = box_stages(
        pyramid, BOXES, settings, classes=CLASSES, classifier=partial(Softmax, classes=CLASSES)
    )
    return HTC(
        pyramid,
        HTCHeads(HTCMaskConfig(), 1, pyramid),
        BOXES,
        settings,
        stages=stages,
        classes=CLASSES,
        proposals=few(pyramid),
    )
