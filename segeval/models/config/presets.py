"""Configurations by name, each a variant of another one.

Source: Kirillov et al. 2020, PointRend, with its supplement, sections 1 and 2, and the numbers of
its public configurations; Cai and Vasconcelos 2018, Cascade R-CNN, as in detectron2; Chen et al.
2019, Hybrid Task Cascade, as in mmdetection; Liu et al. 2021, Swin Transformer, section 4.2; for
3D-FUTURE the report of the 2020 winner, section 3.3 and table 2.
"""

from __future__ import annotations

from typing import Any

from segeval.models.config.config import Config, changed

POINTREND_R50 = Config()

THREE_TIMES = {"updates": 270_000, "steps": (210_000, 250_000)}
"""The longer of the two published schedules for COCO."""

RGB: dict[str, Any] = {
    "order": "RGB",
    "mean": (123.675, 116.280, 103.530),
    "std": (58.395, 57.120, 57.375),
}
"""Input of torchvision's and mmdetection's backbones."""

POINTREND_R50_3X = changed(POINTREND_R50, "pointrend-r50-3x", schedule=THREE_TIMES)

POINTREND_R101 = changed(POINTREND_R50_3X, "pointrend-r101", backbone={"depth": 101})

POINTREND_X101 = changed(
    POINTREND_R101,
    "pointrend-x101",
    backbone={"groups": 32, "width_per_group": 8, "stride_in_1x1": False},
    input={"std": (57.375, 57.120, 58.395)},
)

MASK_RCNN_R50 = changed(
    POINTREND_R50, "maskrcnn-r50", boxes={"refined": False}, mask={"kind": "conv"}
)

# 36 epochs of COCO's 117,266 annotated images, 16 at a time; the rate falls after 27 and 33.
MASK_RCNN_SWIN_T = changed(
    MASK_RCNN_R50,
    "maskrcnn-swin-t",
    backbone={"kind": "swin"},
    input={
        **RGB,
        "train_sizes": tuple(range(480, 801, 32)),
    },
    schedule={
        "optimiser": "adamw",
        "learning_rate": 1e-4,
        "weight_decay": 0.05,
        "updates": 263_880,
        "steps": (197_910, 241_890),
        "warmup_updates": 500,
    },
)

MASK_RCNN_SWIN_S = changed(MASK_RCNN_SWIN_T, "maskrcnn-swin-s", backbone={"swin": "s"})
CASCADE_R50 = changed(
    MASK_RCNN_R50,
    "cascade-r50",
    detector={"kind": "cascade"},
    proposals={"after_nms": (2000, 1000)},
    boxes={"class_agnostic": True},
)

CASCADE_R50_3X = changed(CASCADE_R50, "cascade-r50-3x", schedule=THREE_TIMES)

# mmdetection's input, and 12 epochs of 117,266 images
HTC_R50 = changed(
    CASCADE_R50,
    "htc-r50",
    detector={"kind": "htc"},
    backbone={"stride_in_1x1": False},
    input={**RGB, "train_sizes": (800,)},
    boxes={"score_threshold": 0.001},
    mask={"kind": "htc"},
    schedule={"updates": 87_960, "steps": (58_640, 80_630), "warmup_updates": 500},
)

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

# 3D-FUTURE: 44 epochs of 12,144 images, eight at a time; the rate falls after the 32nd epoch.
FUTURE_MASK_RCNN_R50 = changed(
    MASK_RCNN_R50,
    "3dfuture-maskrcnn-r50",
    classes=34,
    input={
        "train_sizes": (800, 1000),
        "train_range": True,
        "train_max": 1000,
        "test_size": 1000,
        "test_max": 1000,
    },
    boxes={"class_agnostic": True},
    schedule={"batch": 8, "updates": 66_792, "steps": (48_576,)},
)

FUTURE_POINTREND_R50 = changed(
    FUTURE_MASK_RCNN_R50,
    "3dfuture-pointrend-r50",
    boxes={"refined": True},
    mask={"kind": "pointrend", "levels": ("p2", "p3", "p4", "p5")},
)

FUTURE_MORE_TEST_POINTS = changed(
    FUTURE_POINTREND_R50, "3dfuture-more-test-points", mask={"subdivision_points": 70 * 70}
)

FUTURE_X101 = changed(
    FUTURE_MORE_TEST_POINTS,
    "3dfuture-x101",
    backbone={"depth": 101, "groups": 64, "width_per_group": 4, "stride_in_1x1": False},
    input=RGB,
)

# The report does not state its test scales: these are the ends of the training range.
FUTURE_MORE_TRAINING_POINTS = changed(
    FUTURE_X101,
    "3dfuture-dcn-more-points",
    backbone={"deformable": 1},
    input={"test_flip": True, "test_scales": (800,)},
    mask={"grid": 26, "train_points": 24 * 24},
)

FUTURE = changed(
    FUTURE_MORE_TRAINING_POINTS,
    "3dfuture",
    input={
        "train_sizes": (1200, 1400),
        "train_max": 1400,
        "test_size": 1400,
        "test_max": 1400,
        "test_scales": (),
    },
    mask={"levels": ("p2", "p3", "p4", "p5", "p6")},
)

# What the winner's repository trains and the report does not say; the presets above are the report.
AS_RELEASED: dict[str, dict[str, Any]] = {
    "backbone": {"norm": "statistics"},
    "proposals": {"after_nms": (2000, 1000), "beta": 1 / 9, "inside": True, "whole": True},
    "boxes": {"refined": False, "beta": 1.0, "samples": 2},
    "schedule": {"warmup_factor": 1 / 3, "norm_decay": 1e-4},
}

FUTURE_X101_RELEASED = changed(FUTURE_X101, "3dfuture-x101-released", **AS_RELEASED)

FUTURE_DCN_RELEASED = changed(FUTURE_MORE_TRAINING_POINTS, "3dfuture-dcn-released", **AS_RELEASED)

FUTURE_RELEASED = changed(FUTURE, "3dfuture-released", **AS_RELEASED)

FUTURE_ENRICH_RELEASED = changed(
    FUTURE_RELEASED, "3dfuture-enrich-released", mask={"point_width": 512}
)

PRESETS: dict[str, Config] = {
    config.name: config
    for config in (
        POINTREND_R50,
        POINTREND_R50_3X,
        POINTREND_R101,
        POINTREND_X101,
        MASK_RCNN_R50,
        MASK_RCNN_SWIN_T,
        MASK_RCNN_SWIN_S,
        CASCADE_R50,
        CASCADE_R50_3X,
        HTC_R50,
        POINTREND_R50_CITYSCAPES,
        SEMANTIC_FPN_R101,
        SEMANTIC_FPN_R101_POINTREND,
        DEEPLABV3_R103,
        DEEPLABV3_R103_POINTREND,
        FUTURE_MASK_RCNN_R50,
        FUTURE_POINTREND_R50,
        FUTURE_MORE_TEST_POINTS,
        FUTURE_X101,
        FUTURE_MORE_TRAINING_POINTS,
        FUTURE,
        FUTURE_X101_RELEASED,
        FUTURE_DCN_RELEASED,
        FUTURE_RELEASED,
        FUTURE_ENRICH_RELEASED,
    )
}
"""Configurations by name; each builds on an earlier one."""
