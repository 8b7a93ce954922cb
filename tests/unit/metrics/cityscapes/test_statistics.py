"""What Cityscapes' AP keeps of every image: the same numbers, for weighted images too."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.errors import InputError, MismatchError, ShapeError
from segeval.metrics.cityscapes import (
    CityscapesResult,
    CityscapesScores,
    CityscapesStatistics,
    cityscapes_ap,
    cityscapes_scores,
)
from tests.cityscapes_files import BUS, CAR, PERSON, ROAD, Prediction, rectangle, write_frame

SIZE = (60, 80)

Image = tuple[Any, list[Prediction]]


def random_images(count: int, seed: int) -> list[Image]:
    """Objects, and predictions of which some are near; no two have the same score."""
    rng = np.random.default_rng(seed)
    scores = iter(rng.permutation(np.arange(1, 20 * count)) / (20 * count))
    images = []
    for _ in range(count):
        labels, preds = np.full(SIZE, ROAD), []
        for number, label in enumerate(rng.choice([PERSON, CAR, BUS], 6).tolist(), start=1):
            y, x = int(rng.integers(0, 40)), int(rng.integers(0, 60))
            labels[rectangle(SIZE, y, x, 16, 14)] = 1000 * label + number
            for _ in range(2):
                moved = rectangle(SIZE, y + int(rng.integers(0, 4)), x, 16, 14)
                preds.append((moved, label, float(next(scores))))
        images.append((labels, preds))
    return images


def evaluated(folder: Path, images: dict[int, Image], **settings: Any) -> CityscapesResult:
    """AP of images by their number."""
    folder.mkdir(exist_ok=True)
    for number, (labels, preds) in images.items():
        write_frame(folder, labels, preds, frame=f"ulm_000000_{number:06}")
    return cityscapes_ap(folder / "preds", folder / "gt", **settings)


def require_same(found: CityscapesScores, expected: CityscapesScores) -> None:
    """Every number is equal to the last bit: equal scores share a point of the curve."""
    np.testing.assert_array_equal(found.by_threshold, expected.by_threshold)
    for own, other in zip(found.categories, expected.categories, strict=True):
        assert (own.gt, own.preds) == (other.gt, other.preds)
    assert (found.ap, found.ap50) == (expected.ap, expected.ap50)


def test_weights_are_copies_of_images(tmp_path: Path) -> None:
    images = random_images(6, seed=1)
    weights = [2, 0, 1, 3, 0, 1]
    kinds = ("segm", "boundary")
    whole = evaluated(tmp_path / "once", dict(enumerate(images)), iou=kinds)
    copies = [image for image, times in zip(images, weights, strict=True) for _ in range(times)]
    repeated = evaluated(tmp_path / "more", dict(enumerate(copies)), iou=kinds)
    for kind, statistics in whole.statistics.items():
        require_same(cityscapes_scores(statistics, np.array(weights)), repeated.scores[kind])
        assert whole.scores[kind].ap != repeated.scores[kind].ap
        assert (cityscapes_scores(statistics).ap, len(statistics)) == (whole.scores[kind].ap, 6)


def test_merged_parts_equal_the_whole_in_any_order(tmp_path: Path) -> None:
    images = dict(enumerate(random_images(7, seed=2)))
    whole = evaluated(tmp_path / "whole", images).statistics["segm"]
    a, b, c = (
        evaluated(tmp_path / str(numbers), {i: images[i] for i in numbers}).statistics["segm"]
        for numbers in ((0, 5), (2,), (1, 3, 4, 6))
    )
    merge = CityscapesStatistics.merge
    merged = merge([merge([c, a]), b])
    for field in fields(whole):
        own, other = getattr(merged, field.name), getattr(whole, field.name)
        assert np.array_equal(own, other), field.name
        assert getattr(own, "dtype", None) == getattr(other, "dtype", None)


def test_masks_and_boundaries_do_not_merge(tmp_path: Path) -> None:
    part = evaluated(tmp_path / "part", {1: random_images(1, seed=3)[0]}, iou=("segm", "boundary"))
    with pytest.raises(MismatchError, match="the parts differ in `iou`"):
        CityscapesStatistics.merge(list(part.statistics.values()))
    with pytest.raises(
        InputError, match="`parts` is empty, expected at least one CityscapesStatistics"
    ):
        CityscapesStatistics.merge([])


def test_weights_must_be_one_whole_number_per_image(tmp_path: Path) -> None:
    images = dict(enumerate(random_images(2, seed=4)))
    statistics = evaluated(tmp_path / "set", images).statistics["segm"]
    for wrong in (np.array([0.5, 1]), np.array([1, -1])):
        with pytest.raises(InputError, match="expected whole numbers from 0 to"):
            cityscapes_scores(statistics, wrong)
    with pytest.raises(ShapeError, match=r"shape \(3,\), expected one per image: \(2,\)"):
        cityscapes_scores(statistics, np.array([1, 1, 1]))


def test_a_prediction_takes_13_bytes_and_an_image_24(tmp_path: Path) -> None:
    images = dict(enumerate(random_images(5, seed=5)))
    statistics = evaluated(tmp_path / "set", images).statistics["segm"]
    by_prediction = ("category", "score", "matched_bits", "ignored_bits")
    assert sum(getattr(statistics, name).nbytes for name in by_prediction) == 13 * 60
    assert statistics.gt.nbytes + statistics.offsets.nbytes <= 24 * 5 + 8
