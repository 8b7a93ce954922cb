"""Settings that make a published model small enough to learn drawn pictures in seconds."""

from __future__ import annotations

from typing import Any

from examples.rare_classes.scenes import SIDE

Settings = dict[str, Any]

BACKBONE: Settings = {"depth": 14, "base_channels": 16, "width_per_group": 16}
"""A ResNet with one block in each stage and a quarter of the channels."""

PYRAMID: Settings = {"channels": 32}

INPUT: Settings = {
    "train_sizes": (SIDE, SIDE + 8),
    "train_max": SIDE + 16,
    "test_size": SIDE,
    "test_max": SIDE,
}

PROPOSALS: Settings = {
    "scales": (4.0,),
    "before_nms": (60, 60),
    "after_nms": (30, 30),
    "train_anchors": 64,
}

BOXES: Settings = {"width": 128, "train_boxes": 24, "max_dets": 10}

PARTS: Settings = {
    "pyramid": PYRAMID,
    "input": INPUT,
    "proposals": PROPOSALS,
    "boxes": BOXES,
}
"""What all models have in common."""


def schedule(updates: int) -> Settings:
    """AdamW, a warm-up, and a tenth of the rate for the last fifth of the updates."""
    return {
        "optimiser": "adamw",
        "batch": min(8, updates),
        "learning_rate": 2e-3,
        "weight_decay": 0.01,
        "updates": updates,
        "steps": (max(1, updates * 4 // 5),),
        "warmup_updates": min(10, updates),
        "clip": 10.0,
    }
