"""Cityscapes' instance AP against a slow reference, on random images with all that has a rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.metrics.cityscapes import CityscapesScores, cityscapes_ap
from tests.cityscapes_files import write_frame
from tests.parity.cityscapes_reference import CLASSES, VOID, Picture, reference_table

SEEDS = range(40)
TOLERANCE = 1e-12


def blob(rng: np.random.Generator, size: tuple[int, int]) -> Any:
    """A random ellipse or rectangle, which may be cut by the border."""
    rows, columns = np.indices(size)
    height, width = rng.integers(3, np.array(size) // 2)
    top, left = rng.integers(-2, np.array(size) - 2)
    down, right = (rows - top) / height, (columns - left) / width
    if rng.random() < 0.5:
        return (down >= 0) & (down < 1) & (right >= 0) & (right < 1)
    return (down - 0.5) ** 2 + (right - 0.5) ** 2 < 0.25


def random_picture(rng: np.random.Generator, labels: list[int]) -> Picture:
    """Objects, groups, void, caravans; predictions that are shifted, doubled, empty or noise."""
    size = (int(rng.integers(32, 72)), int(rng.integers(32, 72)))
    pixels = np.full(size, 7)
    for _ in range(rng.integers(0, 3)):
        pixels[blob(rng, size)] = rng.choice([*VOID, 29001, 4001, 11])
    shown = []
    for number in range(rng.integers(0, 9)):
        label = int(rng.choice(labels))
        value = label if rng.random() < 0.2 else 1000 * label + number
        pixels[blob(rng, size)] = value
        shown.append((label, value))
    predictions = []
    for _ in range(rng.integers(0, 18)):
        label, mask = int(rng.choice(labels)), blob(rng, size)
        kind = rng.random()
        if shown and kind < 0.7:
            label, value = shown[rng.integers(len(shown))]
            mask = np.roll(pixels == value, rng.integers(-1, 2, 2), (0, 1))
        elif kind < 0.75:
            mask = np.zeros(size, bool)
        score = float(rng.choice([0.9, 0.5, 0.1]) if rng.random() < 0.3 else rng.normal())
        predictions += [(mask, label, score)] * (2 if rng.random() < 0.15 else 1)
    return Picture(pixels, predictions)


def random_pictures(seed: int) -> list[Picture]:
    rng = np.random.default_rng(seed)
    labels = [int(label) for label in rng.choice(CLASSES, 2, replace=False)]
    return [random_picture(rng, labels) for _ in range(rng.integers(2, 6))]


def write(folder: Path, pictures: list[Picture]) -> tuple[Path, Path]:
    written = [
        write_frame(folder, picture.labels, picture.predictions, frame=f"ulm_{number:06}_000019")
        for number, picture in enumerate(pictures)
    ]
    return written[0]


def differences(scores: CityscapesScores, expected: list[list[float | None]]) -> list[Any]:
    """Class, threshold, and both numbers, wherever they are not the same."""
    return [
        (k, t, ours, theirs)
        for k, row in enumerate(expected)
        for t, theirs in enumerate(row)
        if (theirs is None) != np.isnan(ours := float(scores.by_threshold[k, t]))
        or (theirs is not None and not abs(ours - theirs) <= TOLERANCE)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_equals_the_reference(seed: int, tmp_path: Path) -> None:
    pictures = random_pictures(seed)
    preds, gt = write(tmp_path, pictures)
    result = cityscapes_ap(preds, gt, iou=("segm", "boundary"), boundary_ratio=0.02)
    official = cityscapes_ap(preds, gt, iou="boundary", boundary_ratio=0.02, compat="official")
    for kind, ratio in (("segm", None), ("boundary", 0.02)):
        expected = reference_table(pictures, ratio)
        assert differences(result.scores[kind], expected) == []
        defined = [value for row in expected for value in row if value is not None]
        assert result.scores[kind].ap == (
            pytest.approx(np.mean(defined), abs=TOLERANCE) if defined else None
        )
    assert official.scores["boundary"].to_dict() == result.scores["boundary"].to_dict()


def test_the_scenes_are_not_all_alike() -> None:
    tables = [reference_table(random_pictures(seed), None) for seed in SEEDS]
    values = {value for table in tables for row in table for value in row}
    assert {None, 0.0, 1.0} < values
    assert len(values) > 100
