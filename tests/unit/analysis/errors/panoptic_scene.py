"""Two panoptic images whose errors one can work out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.panoptic_build import build, drawing, segment
from tests.unit.metrics.panoptic.test_statistics import Image

GT = (
    (drawing("aaaaaabbbbcc"), [segment("a", 1), segment("b", 2), segment("c", 7)]),
    (drawing("aaaaaaaaaaaa"), [segment("a", 7)]),
)
"""A cat, a dog and a strip of sky; then nothing but sky."""

PREDS = (
    (drawing("aaaaa.bbbb.."), [segment("a", 1), segment("b", 1)]),
    (drawing("aaaaaaaabbbb"), [segment("a", 7), segment("b", 2)]),
)
"""The cat but for a pixel, the dog as a second cat, no sky; then two thirds of it, and a dog."""


def two_images(folder: Path) -> tuple[Path, Path]:
    """The files of both, predictions first.

    | | TP | sum of IoU | FP | FN | D |
    |---|---|---|---|---|---|
    | cat | 1 | 5/6 | 1, which is the dog | 0 | 3/2 |
    | dog | 0 | 0 | 1 | 1, taken for a cat | 1 |
    | sky | 1 | 2/3 | 0 | 1 | 3/2 |
    """
    folder.mkdir(exist_ok=True)
    return build(folder / "preds.json", *PREDS), build(folder / "gt.json", *GT, gt=True)


def with_wrong_categories(images: list[Image], seed: int) -> list[Image]:
    """The same segments, some of them of another category."""
    rng = np.random.default_rng(seed)
    ids = np.array([1, 2, 7])  # of `CATEGORIES`
    return [
        (
            drawn,
            [
                {**each, "category_id": int(rng.choice(ids))} if rng.random() < 0.5 else {**each}
                for each in segments
            ],
        )
        for drawn, segments in images
    ]
