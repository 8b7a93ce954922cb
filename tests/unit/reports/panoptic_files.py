"""Panoptic files for tests of their page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.panoptic_build import CATEGORIES, build
from tests.unit.analysis.errors.panoptic_scene import with_wrong_categories
from tests.unit.metrics.panoptic.test_statistics import random_images

SIZE = (40, 60)
"""Height and width of the images."""


def panoptic_files(
    folder: Path, images: int = 12, *, names: str = "", seed: int = 9
) -> tuple[Path, Path, Path]:
    """Predictions of two models, the first the weaker one, and ground truth.

    Args:
        folder: of the files.
        images: number of images.
        names: what the names of categories and photographs begin with.
        seed: of the drawings.
    """
    folder.mkdir(exist_ok=True)
    preds, gt = random_images(images, seed=seed)
    better = with_wrong_categories(preds, seed)
    weaker = [(np.roll(ids, 2, 1), segments) for ids, segments in better]
    listed = [
        {"id": n, "file_name": f"{names}{n}.png", "height": SIZE[0], "width": SIZE[1]}
        for n in range(1, images + 1)
    ]
    categories = [{**each, "name": f"{names}{each['name']}"} for each in CATEGORIES]
    truth = build(folder / "gt.json", *gt, gt=True, images=listed, categories=categories)
    return (
        build(folder / "a.json", *weaker),
        build(folder / "b.json", *better),
        truth,
    )


def photographs(folder: Path, images: int = 12) -> Path:
    """A folder with noise of the size of every image."""
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(1, images + 1):
        pixels = chance.integers(0, 255, (*SIZE, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def changed(path: Path, **fields: Any) -> Path:
    """A file with other values of some of its keys."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
    return path
