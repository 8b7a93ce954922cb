"""Presets for Cityscapes.

Source: Kirillov et al. 2020, PointRend, with its supplement, sections 1 and 2, and the numbers of
its public configurations.
"""

from __future__ import annotations

from segeval.models.config.config import changed
from segeval.models.config.presets.coco import POINTREND_R50
from segeval.models.config.presets.inputs import RGB

POINTREND_R50_CITYSCAPES = changed(
    POINTREND_R50,
    "pointrend-r50-cityscapes",
    classes=8,
    input={
        "train_sizes": tuple(range(800, 1025, 32)),
        "train_max": 2048,
        "test_size": 1024,
        "test_max": 2048,
    },
    schedule={"batch": 8, "learning_rate": 0.01, "updates": 24_000, "steps": (18_000,)},
)

SEMANTIC_FPN_R101 = changed(
    POINTREND_R50,
    "semantic-fpn-r101",
    task="semantic",
    classes=19,
    backbone={"depth": 101, "frozen_stages": 0},
    input={
        "train_sizes": tuple(range(512, 2049, 256)),
        "train_max": 4096,
        "test_size": 1024,
        "test_max": 2048,
        "crop": (512, 1024),
        "crop_max_share": 0.75,
        "colour": True,
    },
    schedule={"batch": 32, "learning_rate": 0.01, "updates": 65_000, "steps": (40_000, 55_000)},
)

SEMANTIC_FPN_R101_POINTREND = changed(
    SEMANTIC_FPN_R101, "semantic-fpn-r101-pointrend", semantic={"pointrend": True}
)

DEEPLABV3_R103 = changed(
    SEMANTIC_FPN_R101,
    "deeplabv3-r103",
    backbone={
        "deep_stem": True,
        "norm": "sync",
        "stride_in_1x1": False,
        "output_stride": 16,
        "multi_grid": (1, 2, 4),
    },
    input={
        **RGB,
        "train_sizes": tuple(range(512, 2049, 32)),
        "crop": (768, 768),
        "crop_max_share": 1.0,
        "colour": False,
    },
    semantic={"kind": "deeplab"},
    schedule={"batch": 16, "updates": 90_000, "poly": 0.9, "head_rate": 10.0},
)

DEEPLABV3_R103_POINTREND = changed(
    DEEPLABV3_R103,
    "deeplabv3-r103-pointrend",
    semantic={"pointrend": True, "train_points": 2304},
)

CITYSCAPES = (
    POINTREND_R50_CITYSCAPES,
    SEMANTIC_FPN_R101,
    SEMANTIC_FPN_R101_POINTREND,
    DEEPLABV3_R103,
    DEEPLABV3_R103_POINTREND,
)
