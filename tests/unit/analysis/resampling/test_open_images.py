"""AP of Open Images under weights of the images, and of mixed models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.analysis.resampling.draws import Units, copies
from segeval.analysis.resampling.resampled import resampled
from segeval.errors import MismatchError
from segeval.metrics.open_images import OpenImagesResult, open_images_ap, open_images_scores
from tests.open_images_files import Mask, Scene, strip
from tests.unit.analysis.resampling.alike import (
    by_path,
    require_mixed,
    require_paths_lead_to_numbers,
    require_swaps_of_nothing_and_everything,
    require_the_same_bits,
    require_weights_are_copies,
)

IMAGES = "abcdefgh"
WEIGHTS = np.array([2, 0, 1, 3, 0, 1, 1, 2])
NAMES = ("bus", "car", "cat", "bus", "bus")

Preds = dict[str, list[tuple[Mask, float, str]]]
"""Mask, score and label of the predictions of each image."""


def model(seed: int, *, digits: int = 9) -> Preds:
    """Predictions near the objects of every image."""
    found: Preds = {}
    for image in IMAGES:
        rng = np.random.default_rng([seed, ord(image)])
        own = found[image] = []
        for start, width, name, _ in objects(image):
            for _ in range(int(rng.integers(0, 4))):
                left = max(start + int(rng.integers(-4, 5)), 0)
                score = round(0.01 + 0.9 * float(rng.random()), digits)
                own.append((strip(left, left + width), score, name))
    return found


def objects(image: str) -> list[tuple[int, int, str, int]]:
    """Start, width, label and whether it is a group of the objects of an image."""
    rng = np.random.default_rng(ord(image))
    return [
        (int(rng.integers(0, 75)), int(rng.integers(5, 20)), name, int(place >= 3))
        for place, name in enumerate(NAMES)
        if rng.random() < 0.8
    ]


def evaluated(
    folder: Path, preds: Preds, images: Mapping[str, str] | None = None, **settings: Any
) -> OpenImagesResult:
    """AP of images, each drawn as another one is; a group counts one half."""
    scene = Scene()
    for image, like in (images or {image: image for image in IMAGES}).items():
        for start, width, name, group in objects(like):
            scene.gt(strip(start, start + width), name, image, group=group)
        for mask, score, name in preds[like]:
            scene.pred(mask, score, name, image)
    files = scene.write(folder)
    settings = {"iou": ("segm", "bbox"), "group_of_weight": 0.5, **settings}
    return open_images_ap(files.pop("preds"), files.pop("gt"), **files, **settings)


def test_paths_lead_to_the_numbers_in_json(tmp_path: Path) -> None:
    result = evaluated(tmp_path, model(1, digits=1))
    require_paths_lead_to_numbers(result)
    assert {("segm", "ap50"), ("bbox", "categories", "cat", "ap50")} < {*resampled(result).paths}


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_weights_are_copies_of_images(tmp_path: Path, weight: float) -> None:
    whole = evaluated(tmp_path / "once", model(1), group_of_weight=weight)
    copied = {f"{i}{n}": i for i, times in zip(IMAGES, WEIGHTS, strict=True) for n in range(times)}
    repeated = evaluated(tmp_path / "more", model(1), copied, group_of_weight=weight)
    require_weights_are_copies(whole, WEIGHTS, repeated)


@pytest.mark.parametrize("digits", [1, 9])
@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_every_replicate_equals_the_statistics_under_its_weights(
    tmp_path: Path, weight: float, digits: int
) -> None:
    whole = evaluated(tmp_path, model(2, digits=digits), group_of_weight=weight)
    own = resampled(whole)
    weights = copies(Units.of_keys(own.image_keys), 0, 0, 40)
    for found, drawn in zip(own.numbers(weights), weights, strict=True):
        numbers = by_path(own, found)
        for kind, statistics in whole.statistics.items():
            scores = open_images_scores(statistics, drawn)
            assert numbers[kind, "ap50"] == pytest.approx(scores.ap50, abs=1e-12)
            for each in scores.categories:
                expected = np.nan if each.ap50 is None else each.ap50
                assert numbers[kind, "categories", each.id, "ap50"] == pytest.approx(
                    expected, abs=1e-12, nan_ok=True
                )


@pytest.mark.parametrize("digits", [1, 9])
def test_swapping_nothing_or_everything_gives_the_two_models(tmp_path: Path, digits: int) -> None:
    one, two = (evaluated(tmp_path / str(k), model(k, digits=digits)) for k in (3, 4))
    require_swaps_of_nothing_and_everything(one, two)


def by_rank(result: OpenImagesResult, preds: Preds) -> Preds:
    """The same predictions, their scores fallen with the rank of their entry in the rankings.

    What was absorbed by a group that others found before is between two entries.
    """
    entries: list[float] = sorted(result.statistics["segm"].score.tolist(), reverse=True)

    def ranked(score: float) -> float:
        above = sum(each > score for each in entries)
        return 1 - (above - (0.0 if score in entries else 0.5)) / 1000

    return {
        image: [(mask, ranked(score), name) for mask, score, name in own]
        for image, own in preds.items()
    }


@pytest.mark.parametrize("seed", range(4))
def test_mixed_sets_are_files_with_ranks_for_scores(tmp_path: Path, seed: int) -> None:
    models = [model(2 * seed + k) for k in (0, 1)]
    one, two = (
        evaluated(tmp_path / str(place), own, iou="segm") for place, own in enumerate(models)
    )
    ranked = [by_rank(result, own) for result, own in zip((one, two), models, strict=True)]
    swapped = np.random.default_rng(seed).random(len(IMAGES)) < 0.5
    mixed = [
        evaluated(
            tmp_path / f"mixed{side}",
            {
                image: ranked[int(swap) ^ side][image]
                for image, swap in zip(IMAGES, swapped, strict=True)
            },
            iou="segm",
        )
        for side in (0, 1)
    ]
    require_mixed(resampled(one), resampled(two), swapped, mixed)  # type: ignore[arg-type]


def test_workers_blocks_and_order_do_not_change_a_bit(tmp_path: Path) -> None:
    one, two = (evaluated(tmp_path / str(k), model(k)) for k in (5, 6))
    turned = evaluated(tmp_path / "turned", model(5), {image: image for image in IMAGES[::-1]})
    require_the_same_bits(one, two, turned)


@pytest.mark.parametrize(("weight", "wanted"), [(1.0, [2, 1, 3]), (0.0, [1, 1, 2])])
def test_images_with_counts_images_that_have_ground_truth(
    tmp_path: Path, weight: float, wanted: list[int]
) -> None:
    scene = Scene()
    scene.gt(strip(0, 9), "cat", "a").gt(strip(20, 29), "cat", "a")
    scene.gt(strip(0, 9), "cat", "b", group=1).gt(strip(0, 9), "dog", "c")
    scene.pred(strip(0, 9), 0.5, "cat", "a")
    files = scene.write(tmp_path)
    result = open_images_ap(files.pop("preds"), files.pop("gt"), **files, group_of_weight=weight)
    own = resampled(result)
    found = by_path(own, own.images_with)
    of_classes = [found["segm", "categories", name, "ap50"] for name in ("cat", "dog")]
    assert [*of_classes, found["segm", "ap50"]] == wanted


def test_a_replicate_without_objects_is_undefined(tmp_path: Path) -> None:
    own = resampled(evaluated(tmp_path, model(7)))
    assert np.isnan(own.numbers(np.zeros((1, len(IMAGES)), np.uint8))).all()


def test_models_by_other_rules_are_not_mixed(tmp_path: Path) -> None:
    own, other = (
        resampled(evaluated(tmp_path / str(weight), model(8), group_of_weight=weight))
        for weight in (0.0, 1.0)
    )
    with pytest.raises(MismatchError, match="expected two evaluations on the same ground"):
        own.mixed(other, np.ones((1, len(IMAGES)), bool))
