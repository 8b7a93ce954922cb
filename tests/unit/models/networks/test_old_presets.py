"""Presets that exist compute what they always did, whatever settings are added to configurations.

Everything of a preset is as published except the number of blocks, so that it takes no minutes.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import Tensor

from segeval.models.config import read_config
from segeval.models.networks.backbone import resnet
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.building import build
from segeval.models.networks.components import same_name
from tests.fill_rule import fill, wave

STORED = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
RECORDS, SETTINGS = STORED["records"], STORED["settings"]
"""Sums of maps and losses of presets, and digests of their settings, before others were added."""

SIDE = 64


def record_of(name: str) -> dict[str, float]:
    """Sums over what a preset computes from made weights and a made image, in float64."""
    config = read_config(name)
    with patch.dict(resnet.BLOCKS, dict.fromkeys(resnet.BLOCKS, (1, 1, 1, 1))):
        model: Any = build(config)
    fill(model, same_name)
    images = wave(1, 3, SIDE, SIDE)
    targets: tuple[Objects, ...] | Tensor
    if config.task == "instance":
        boxes = torch.tensor([[4.0, 6, 40, 50], [20, 2, 62, 30]])
        masks = torch.zeros(2, SIDE, SIDE, dtype=torch.uint8)
        for mask, (x0, y0, x1, y1) in zip(masks, boxes.int().tolist(), strict=True):
            mask[y0:y1, x0:x1] = 1
        targets = (Objects(boxes, torch.tensor([0, 3]), masks),)
    else:
        targets = torch.arange(SIDE * SIDE).reshape(1, SIDE, SIDE) // 300
    batch = Batch(images, ((SIDE, SIDE),), targets, ("made",))
    generator = torch.Generator().manual_seed(0)
    found = dict(model.train().losses(batch, generator=generator))
    with torch.no_grad():
        maps = model.eval().backbone(images)
    found |= {level: each.sum() for level, each in maps.items()}
    return {key: float(each.detach()) for key, each in found.items()}


@pytest.mark.parametrize("name", RECORDS)
def test_a_preset_computes_what_it_always_did(name: str) -> None:
    # bit for bit on one machine; matrix products of other processors add in another order, and the
    # features of boxes are averaged in float32
    assert record_of(name) == pytest.approx(RECORDS[name], rel=1e-5)


def test_old_presets_have_the_settings_that_they_always_had() -> None:
    changed = {("backbone", "norm", "sync"): "batch"}  # today's name of what "batch" was then
    now = {}
    for name in SETTINGS["presets"]:
        sections = read_config(name).to_dict()
        flat = {
            f"{section}.{key}": changed.get((section, key, value), value)
            for section, values in sections.items()
            if isinstance(values, dict)
            for key, value in values.items()
            if f"{section}.{key}" in SETTINGS["names"]
        }
        text = json.dumps(flat, sort_keys=True)
        now[name] = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert now == SETTINGS["presets"]
