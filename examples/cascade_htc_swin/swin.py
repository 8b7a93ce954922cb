"""Does a small Swin transformer learn the pictures of `segeval demo --images` from nothing?"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from examples.rare_classes.detector import BOXES, COLOURS, few
from segeval.data.synthetic import NAMES, draw_pictures
from segeval.models.config import BoxConfig, Config, MaskConfig, changed
from segeval.models.config.parts.swin import SwinConfig
from segeval.models.networks.backbone import FPN, Swin
from segeval.models.networks.box_head import BoxHead, BoxPredictor
from segeval.models.networks.box_stage import FastRCNNStage
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.training.events import Evaluated, Progress
from segeval.models.training.instance_data import instance_data
from segeval.models.training.run_settings import RunSettings
from segeval.models.training.trainer import train
from segeval.models.training.validation import instance_validation

PICTURES = 24, 8
"""Pictures to learn from, and to measure on, as `segeval demo --images` draws them."""

ENDS = 10
"""Updates at the start and at the end whose mean losses are compared."""

SMALL = SwinConfig(embed=32, depths=(2, 2, 2, 2), heads=(1, 2, 4, 8), drop_path=0.1)
"""A third of Swin-T's channels, and the least number of blocks."""


def settings(updates: int) -> Config:
    """Pictures with short sides of 96 pixels, four an update; AdamW, a warm-up, and one step."""
    schedule: dict[str, Any] = {
        "optimiser": "adamw",
        "batch": 4,
        "learning_rate": 1e-3,
        "weight_decay": 0.05,
        "updates": updates,
        "steps": (updates * 9 // 10,),
        "warmup_updates": updates // 10,
        "clip": 5.0,
    }
    shown = {"order": "RGB", "train_sizes": (96,), "test_size": 96}
    return changed(
        Config(),
        "small Swin",
        classes=len(NAMES),
        backbone=asdict(SMALL),
        mask={"kind": "conv"},
        input={**shown, **COLOURS},
        schedule=schedule,
    )


def detector() -> MaskRCNN:
    """Mask R-CNN on a narrow pyramid over the transformer."""
    pyramid = FPN(Swin(SMALL), channels=32)
    stage = FastRCNNStage(
        BoxHead(pyramid.channels, layers=1, width=BOXES.width),
        BoxPredictor(len(NAMES), BOXES.width),
        pyramid.strides,
        train_boxes=64,
    )
    return MaskRCNN(
        pyramid,
        ConvHead(MaskConfig(kind="conv"), len(NAMES), pyramid),
        BoxConfig(),
        classes=len(NAMES),
        proposals=few(pyramid),
        stages=[stage],
    )


def numbers(*, updates: int, seed: int, pictures: tuple[int, int] = PICTURES) -> dict[str, float]:
    """Train with a seed; the first and the last losses, their ratio, and AP of masks in percent.

    Args:
        updates: of four pictures.
        seed: of the weights and of everything that is drawn, pictures included.
        pictures: to learn from, and to measure on.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place, (part, images) in enumerate(zip(("train", "val"), pictures, strict=True)):
            drawn = draw_pictures(2 * seed + place, images=images)
            for path, content in drawn.to_files(part):
                (folder / path).parent.mkdir(exist_ok=True)
                (folder / path).write_bytes(content)
        data = instance_data(folder / "train", folder / "train.json")
        config = settings(updates)
        validation = instance_validation(
            folder / "val", folder / "val.json", config=config, categories=data.categories
        )
        torch.manual_seed(seed)
        run = RunSettings(seed=seed, workers=0, eval_every=updates)
        losses, ap = [], 0.0
        for event in train(
            detector(), config, data, output=folder / "run", settings=run, validation=validation
        ):
            if isinstance(event, Progress):
                losses.append(event.loss)
            if isinstance(event, Evaluated):
                ap = event.metrics["AP"] or 0.0
    first, last = statistics.mean(losses[:ENDS]), statistics.mean(losses[-ENDS:])
    return {"first": first, "last": last, "ratio": last / first, "AP": 100 * ap}
