"""Pictures that a small model learns quickly: a red or a blue rectangle on dark noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CATEGORIES = ((3, "sofa"), (9, "lamp"))
COLOURS = ((220, 60, 40), (40, 80, 220))

POINTS = """
[mask]
coarse_channels = 32
coarse_width = 64
point_width = 32
train_points = 49
subdivision_points = 196

[semantic]
train_points = 64
subdivision_points = 128
"""
"""Settings of small heads of PointRend, as TOML."""

CELLS = """
[detector]
grids = [8, 7, 6, 5, 4]
scales = [[1, 32], [16, 64], [32, 128], [64, 256], [128, 2048]]
layers = 1
channels = 32
mask_channels = 32
kernels = 32
"""
"""Settings of small heads of SOLO."""

NARROW = """
[backbone]
depth = 50
base_channels = 16
"""
"""Settings of a narrow backbone."""

LEARNING = """
[input]
train_sizes = [64]
train_max = 96
test_size = 64
test_max = 96

[schedule]
updates = 20
batch = 2
steps = [16]
warmup_updates = 3
learning_rate = 0.004
clip = 5.0
"""
"""Settings with which small models learn the pictures."""


def write_pictures(folder: Path, number: int, seed: int = 0) -> None:
    """Pictures in images/, label maps in maps/, gt.json, and configurations that learn them.

    These are small.toml of PointRend, solo.toml of SOLO and maps.toml for the label maps.

    Args:
        folder: where to write; it is made.
        number: of pictures; every third is higher than wide.
        seed: of what is in them.
    """
    draw = np.random.default_rng(seed)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for part in ("images", "maps"):
        (folder / part).mkdir(parents=True)
    for name in range(1, number + 1):
        height, width = (64, 80) if name % 3 else (80, 64)
        pixels = draw.integers(0, 40, (height, width, 3), dtype=np.uint8)
        labels = np.zeros((height, width), np.uint8)
        left, top = int(draw.integers(2, width - 44)), int(draw.integers(2, height - 40))
        right, bottom = left + int(draw.integers(28, 42)), top + int(draw.integers(26, 38))
        kind = name % 2
        pixels[top:bottom, left:right] = COLOURS[kind]
        labels[top:bottom, left:right] = kind + 1
        for part, array in (("images", pixels), ("maps", labels)):
            Image.fromarray(array).save(folder / part / f"{name:02}.png")
        images.append({"id": name, "file_name": f"{name:02}.png", "height": height, "width": width})
        corners = [left, top, right, top, right, bottom, left, bottom]
        box = [left, top, right - left, bottom - top]
        annotations.append(
            {"id": name, "image_id": name, "category_id": CATEGORIES[kind][0], "iscrowd": 0}
            | {"bbox": box, "area": box[2] * box[3], "segmentation": [corners]}
        )
    categories = [{"id": key, "name": name} for key, name in CATEGORIES]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "gt.json").write_text(json.dumps(content))
    parts = NARROW + LEARNING
    small = 'base = "pointrend-r50"\n' + POINTS + parts + "\n[boxes]\nwidth = 128\n"
    (folder / "small.toml").write_text(small)
    (folder / "solo.toml").write_text('base = "solov2-r50"\n' + CELLS + parts)
    learning = parts.replace("0.004", "0.001")
    maps = 'base = "semantic-fpn-r101-pointrend"\n' + POINTS + learning
    (folder / "maps.toml").write_text(maps.replace("[input]", "[input]\ncrop = [64, 64]"))
