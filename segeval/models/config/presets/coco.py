"""Presets for COCO.

Source: Kirillov et al. 2020, PointRend, with its supplement, sections 1 and 2, and the numbers of
its public configurations; Cai and Vasconcelos 2018, Cascade R-CNN, as in detectron2; Chen et al.
2019, Hybrid Task Cascade, as in mmdetection; Huang et al. 2019, Mask Scoring R-CNN; Zhang et al.
2021, RefineMask, and its public configurations; Liu et al. 2021, Swin Transformer, section 4.2;
Wang et al. 2020, SOLOv2, section 4, and the numbers of its public configurations.
"""

from __future__ import annotations

from typing import Any

from segeval.models.config.config import Config, changed
from segeval.models.config.presets.inputs import RGB

POINTREND_R50 = Config()

THREE_TIMES = {"updates": 270_000, "steps": (210_000, 250_000)}
"""The longer of the two published schedules for COCO."""

EPOCHS_36 = {"updates": 263_880, "steps": (197_910, 241_890)}
"""36 epochs of COCO's 117,266 annotated images, 16 at a time; the rate falls after 27 and 33."""

MMDETECTION_1X: dict[str, dict[str, Any]] = {
    "backbone": {"stride_in_1x1": False},
    "input": {**RGB, "train_sizes": (800,)},
    "schedule": {"updates": 87_960, "steps": (58_640, 80_630), "warmup_updates": 500},
}
"""mmdetection's backbone and input, and 12 epochs of the same images."""

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

MASK_SCORING_R50 = changed(MASK_RCNN_R50, "mask-scoring-r50", scoring={"kind": "mask-iou"})

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
        **EPOCHS_36,
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

HTC_R50 = changed(
    CASCADE_R50,
    "htc-r50",
    **MMDETECTION_1X,
    detector={"kind": "htc"},
    boxes={"score_threshold": 0.001},
    mask={"kind": "htc"},
)

SOLOV2_R50 = changed(
    POINTREND_R50,
    "solov2-r50",
    detector={"kind": "solo"},
    schedule={
        **EPOCHS_36,
        "learning_rate": 0.01,
        "warmup_factor": 0.01,
        "clip": 35.0,
    },
)

SOLOV2_R101 = changed(SOLOV2_R50, "solov2-r101", backbone={"depth": 101})

SOLOV2_X101_DCN = changed(
    SOLOV2_R101,
    "solov2-x101-dcn",
    detector={"deformable": 2},
    backbone={"groups": 64, "width_per_group": 4, "stride_in_1x1": False, "deformable": 2},
    input=RGB,
)

REFINE_MASK_R50 = changed(
    MASK_RCNN_R50, "refinemask-r50", **MMDETECTION_1X, mask={"kind": "refine"}
)

REFINE_MASK_R50_FASTER = changed(REFINE_MASK_R50, "refinemask-r50-faster", mask={"simple": True})

COCO = (
    POINTREND_R50,
    POINTREND_R50_3X,
    POINTREND_R101,
    POINTREND_X101,
    MASK_RCNN_R50,
    MASK_SCORING_R50,
    REFINE_MASK_R50,
    REFINE_MASK_R50_FASTER,
    MASK_RCNN_SWIN_T,
    MASK_RCNN_SWIN_S,
    CASCADE_R50,
    CASCADE_R50_3X,
    HTC_R50,
    SOLOV2_R50,
    SOLOV2_R101,
    SOLOV2_X101_DCN,
)
