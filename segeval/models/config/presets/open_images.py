"""Presets for Open Images: the detectors of the winner of the challenge of 2019, and its masks.

Source: the report of the winner, sections 2, 5.5, 5.6, 6 and 7.1, and Song et al. 2020, Revisiting
the Sibling Head in Object Detector, for its decoupling head. Categories are drawn equally often,
`segeval train --sampler class-aware`; final weights are the mean of those after epochs 9 to 13,
`--keep-every` and `segeval average-checkpoints`; test images are seen at short sides of 600, 800,
1000, 1333, 1666 and 2000 pixels, `--set input.test_scales=...`.
"""

from __future__ import annotations

from segeval.models.config.config import Config, changed
from segeval.models.config.presets.coco import MASK_RCNN_R50
from segeval.models.config.presets.inputs import RGB

IMAGES = 1_743_042
"""Training images with boxes."""

ACCELERATORS = 32
"""The least number that the report names; each has two images of a batch."""


def _updates(epochs: int) -> int:
    return epochs * IMAGES // (2 * ACCELERATORS)


OPEN_IMAGES_R50 = changed(
    MASK_RCNN_R50,
    "openimages-r50",
    classes=500,
    backbone={"stride_in_1x1": False},
    input=RGB,
    mask={"kind": "none"},
    schedule={
        "batch": 2 * ACCELERATORS,
        "learning_rate": 0.004 * ACCELERATORS,
        "updates": _updates(13),
        "steps": (_updates(9), _updates(11)),
        "warmup_factor": 0.001 / (0.004 * ACCELERATORS),
    },
)

OPEN_IMAGES_R50_TSD = changed(OPEN_IMAGES_R50, "openimages-r50-tsd", detector={"kind": "tsd"})

ANCHORS = {"scales": (8.0, 11.0, 14.0), "ratios": (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)}
"""Those of all models but ResNet-50, 18 in each place."""

# The report names neither the groups of its ResNeXt nor the stages with deformable convolutions:
# these are 64x4d, and those of the cited paper.
OPEN_IMAGES_X101_TSD = changed(
    OPEN_IMAGES_R50_TSD,
    "openimages-x101-tsd",
    backbone={"depth": 101, "groups": 64, "width_per_group": 4, "deformable": 1},
    proposals=ANCHORS,
)

# The report weighs stages "for the final result": their scores. It names no weights of deltas.
OPEN_IMAGES_CASCADE = changed(
    OPEN_IMAGES_R50,
    "openimages-cascade",
    detector={
        "kind": "cascade",
        "ious": (0.5, 0.5, 0.6, 0.7),
        "deltas": ((10, 10, 5, 5), (10, 10, 5, 5), (20, 20, 10, 10), (30, 30, 15, 15)),
        "stage_weights": (1.0, 1.0, 1.0, 1.0),
        "score_weights": (0.75, 1.0, 0.25, 0.25),
    },
    proposals={**ANCHORS, "after_nms": (2000, 1000)},
    boxes={"class_agnostic": True},
)

# Section 8: masks in crops around the boxes of a detector. The report names neither the width of
# HRNet nor the angle of the rotation. Its other two models see 112 x 112 pixels at most
# (`input.train_sizes=[112]`, `train_max=112`, 8 crops for each accelerator) and short sides of 256
# within 600 (`[256]`, 600, 16 crops).
OPEN_IMAGES_CROP = changed(
    Config(),
    "openimages-crop",
    classes=300,
    detector={"kind": "crops"},
    backbone={"kind": "hrnet", "width": 48},
    input={
        **RGB,
        "train_sizes": (200, 300),
        "train_range": True,
        "train_max": 600,
        "test_size": 250,
        "test_max": 550,
        "test_flip": True,
        "rotate": 10,
    },
    schedule={
        "batch": 6 * ACCELERATORS,
        "learning_rate": 0.08,
        "poly": 0.9,
        "updates": 200_000,
        "warmup_updates": 0,
        "weight_decay": 5e-4,
        "norm_decay": 5e-4,
    },
)

OPEN_IMAGES = (
    OPEN_IMAGES_R50,
    OPEN_IMAGES_R50_TSD,
    OPEN_IMAGES_X101_TSD,
    OPEN_IMAGES_CASCADE,
    OPEN_IMAGES_CROP,
)
