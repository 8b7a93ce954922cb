"""Presets for 3D-FUTURE: the models of the winner of 2020.

Source: the report of the winner, section 3.3 and table 2, and the settings of its repository.
"""

from __future__ import annotations

from typing import Any

from segeval.models.config.config import changed
from segeval.models.config.presets.coco import MASK_RCNN_R50, SOLOV2_X101_DCN
from segeval.models.config.presets.inputs import RGB

SMALLER: dict[str, Any] = {
    "train_sizes": (800, 1000),
    "train_range": True,
    "train_max": 1000,
    "test_size": 1000,
    "test_max": 1000,
}
"""Input before the step to larger images."""

EPOCHS_44 = {"batch": 8, "updates": 66_792, "steps": (48_576,)}
"""44 epochs of 12,144 images, eight at a time; the rate falls after the 32nd epoch."""

FUTURE_MASK_RCNN_R50 = changed(
    MASK_RCNN_R50,
    "3dfuture-maskrcnn-r50",
    classes=34,
    input=SMALLER,
    boxes={"class_agnostic": True},
    schedule=EPOCHS_44,
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

# The winner's ensemble is 3dfuture and these four, with rates and clipping of the repository.
FUTURE_BFP = changed(
    FUTURE,
    "3dfuture-bfp",
    pyramid={"balance": "non-local"},
    schedule={"learning_rate": 0.01},
)

FUTURE_BFP_ENRICH = changed(
    FUTURE_BFP,
    "3dfuture-bfp-enrich",
    mask={"point_width": 512},
    schedule={"learning_rate": 0.02},
)

FUTURE_RES2NET = changed(
    FUTURE_BFP,
    "3dfuture-res2net",
    backbone={"kind": "res2net", "depth": 101, "deformable": 1},
    boxes={"layers": 4},
    mask={"coarse_channels": 512, "coarse_layers": 4, "point_width": 512, "point_layers": 5},
    schedule={"clip": 35.0},
)

FUTURE_RES2NET_BFP2 = changed(
    FUTURE_RES2NET,
    "3dfuture-res2net-bfp2",
    pyramid={"balance_blocks": 2},
    boxes={"side": 10},
)

# A row of table 1. Its authors train the norms too, with the statistics of all images, which is
# backbone.norm = "sync". They do not say by what global context divides the channels.
FUTURE_HTC = changed(
    FUTURE,
    "3dfuture-htc",
    detector={"kind": "htc"},
    backbone={"kind": "res2net", "depth": 101, "deformable": 1, "context": 4},
    proposals={"after_nms": (2000, 1000)},
    boxes={"side": 12, "refined": False, "score_threshold": 0.001},
    mask={"kind": "htc", "pool": 32},
    scoring={"kind": "mask-iou", "pool": 32},
    schedule={"learning_rate": 0.01, "clip": 35.0},
)

# A row of table 1, of which the report says no more: sizes and epochs are those that its Mask R-CNN
# begins with, and the rate is SOLOv2's for half as many images at a time.
FUTURE_SOLOV2 = changed(
    SOLOV2_X101_DCN,
    "3dfuture-solov2",
    classes=FUTURE_MASK_RCNN_R50.classes,
    backbone={"context": 4},
    input=SMALLER,
    schedule={**EPOCHS_44, "learning_rate": 0.005},
)

FUTURE_PRESETS = (
    FUTURE_MASK_RCNN_R50,
    FUTURE_POINTREND_R50,
    FUTURE_MORE_TEST_POINTS,
    FUTURE_X101,
    FUTURE_MORE_TRAINING_POINTS,
    FUTURE,
    FUTURE_X101_RELEASED,
    FUTURE_DCN_RELEASED,
    FUTURE_BFP,
    FUTURE_BFP_ENRICH,
    FUTURE_RES2NET,
    FUTURE_RES2NET_BFP2,
    FUTURE_HTC,
    FUTURE_SOLOV2,
    FUTURE_RELEASED,
    FUTURE_ENRICH_RELEASED,
)
