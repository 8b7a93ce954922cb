"""Cityscapes' AP under weights of the images, and of mixed models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.analysis.comparison.some_images import of_images
from segeval.analysis.resampling.draws import Units, copies
from segeval.analysis.resampling.resampled import resampled
from segeval.errors import MismatchError
from segeval.metrics.cityscapes import CityscapesResult, cityscapes_scores
from tests.cityscapes_files import BUS, CAR, ROAD, rectangle
from tests.unit.analysis.resampling.alike import (
    by_path,
    require_mixed,
    require_paths_lead_to_numbers,
    require_swaps_of_nothing_and_everything,
    require_the_same_bits,
    require_weights_are_copies,
)
from tests.unit.metrics.cityscapes.test_statistics import SIZE, Image, evaluated, random_images

WEIGHTS = np.array([2, 0, 1, 3, 0, 1])
KINDS = ("segm", "boundary")


def of(folder: Path, images: list[Image], numbers: list[int] | None = None) -> CityscapesResult:
    """AP of images by masks and by boundaries."""
    named = dict(zip(numbers or range(len(images)), images, strict=True))
    return evaluated(folder, named, iou=KINDS)


def second_model(images: list[Image], *, ties: bool = False) -> list[Image]:
    """Other scores of fewer and of moved predictions."""
    rng = np.random.default_rng(5)
    found = []
    for labels, preds in images:
        own = []
        for mask, label, score in preds:
            other = round(score, 1) if ties else score / 3 + rng.normal() / 10
            own.append((np.roll(mask, rng.integers(0, 3), 0), label, other))
        found.append((labels, [each for each in own if rng.random() < 0.8]))
    return found


def tied(images: list[Image]) -> list[Image]:
    """The same images, scores rounded."""
    return [(labels, [(m, k, round(s, 1)) for m, k, s in preds]) for labels, preds in images]


def by_rank(images: list[Image]) -> list[Image]:
    """The same predictions, with minus the number of higher scores as score."""
    scores = sorted((s for _, preds in images for _, _, s in preds), reverse=True)
    return [
        (labels, [(mask, label, -float(scores.index(score))) for mask, label, score in preds])
        for labels, preds in images
    ]


def test_paths_lead_to_the_numbers_in_json(tmp_path: Path) -> None:
    result = of(tmp_path, tied(random_images(6, seed=1)))
    require_paths_lead_to_numbers(result)
    paths = resampled(result).paths
    for path in (("segm", "ap"), ("boundary", "ap50"), ("segm", "categories", 26, "ap50")):
        assert path in paths


@pytest.mark.parametrize("ties", [True, False])
def test_weights_are_copies_of_images(tmp_path: Path, *, ties: bool) -> None:
    images = random_images(6, seed=1)
    images = tied(images) if ties else images
    whole = of(tmp_path / "once", images)
    chosen = np.repeat(np.arange(6), WEIGHTS)
    require_weights_are_copies(whole, WEIGHTS, of(tmp_path / "more", [images[i] for i in chosen]))


@pytest.mark.parametrize("ties", [True, False])
def test_every_replicate_equals_the_statistics_under_its_weights(
    tmp_path: Path, *, ties: bool
) -> None:
    images = random_images(9, seed=2)
    whole = of(tmp_path, tied(images) if ties else images)
    own = resampled(whole)
    weights = copies(Units.of_keys(own.image_keys), 0, 0, 40)
    for found, weight in zip(own.numbers(weights), weights, strict=True):
        numbers = by_path(own, found)
        for kind, statistics in whole.statistics.items():
            scores = cityscapes_scores(statistics, weight)
            wanted = {(kind, "ap"): scores.ap, (kind, "ap50"): scores.ap50}
            for each in scores.categories:
                wanted[kind, "categories", each.id, "ap"] = each.ap  # type: ignore[index]
            for path, value in wanted.items():
                expected = np.nan if value is None else value
                assert numbers[path] == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("ties", [True, False])
def test_swapping_nothing_or_everything_gives_the_two_models(tmp_path: Path, *, ties: bool) -> None:
    images = random_images(6, seed=4)
    one = of(tmp_path / "one", tied(images) if ties else images)
    two = of(tmp_path / "two", second_model(images, ties=ties))
    require_swaps_of_nothing_and_everything(one, two)


@pytest.mark.parametrize("ties", [True, False])
def test_mixed_sets_are_files_with_ranks_for_scores(tmp_path: Path, *, ties: bool) -> None:
    images = random_images(6, seed=5)
    others = second_model(images, ties=ties)
    images = tied(images) if ties else images
    swapped = np.array([True, False, False, True, True, False])
    ranked, other_ranked = by_rank(images), by_rank(others)
    first = [b if swap else a for a, b, swap in zip(ranked, other_ranked, swapped, strict=True)]
    second = [a if swap else b for a, b, swap in zip(ranked, other_ranked, swapped, strict=True)]
    one, two, *mixed = (
        of(tmp_path / str(place), each)
        for place, each in enumerate((images, others, first, second))
    )
    require_mixed(resampled(one), resampled(two), swapped, mixed)  # type: ignore[arg-type]


def test_workers_blocks_and_order_do_not_change_a_bit(tmp_path: Path) -> None:
    images = random_images(9, seed=6)
    places = [4, 2, 8, 0, 1, 7, 5, 3, 6]
    turned = of(tmp_path / "turned", [images[i] for i in places], places)
    two = of(tmp_path / "two", second_model(images))
    require_the_same_bits(of(tmp_path / "one", images), two, turned)


def test_images_with_counts_images_that_have_objects(tmp_path: Path) -> None:
    images: list[Image] = []
    for values in ((1000 * CAR, 1000 * CAR + 1), (1000 * CAR, BUS), (1000 * BUS,)):
        labels = np.full(SIZE, ROAD)
        for place, value in enumerate(values):
            labels[rectangle(SIZE, 0, 20 * place, 20, 15)] = value
        images.append((labels, []))
    images.append((np.full(SIZE, ROAD), []))
    own = resampled(of(tmp_path, images))
    found = by_path(own, own.images_with)
    assert found["segm", "ap"] == found["boundary", "ap50"] == 3
    # a group, whose pixels have the label alone, is no object
    assert [found["segm", "categories", k, "ap"] for k in (CAR, BUS, 24)] == [2, 1, 0]
    assert own.numbers(np.array([[1, 0, 1, 1]]))[0, 0] == 0.0


def test_a_replicate_without_objects_is_undefined(tmp_path: Path) -> None:
    own = resampled(of(tmp_path, random_images(2, seed=7)))
    assert np.isnan(own.numbers(np.zeros((1, 2), np.uint8))).all()


def test_models_on_other_ground_truth_are_not_mixed(tmp_path: Path) -> None:
    own, other = (resampled(of(tmp_path / str(k), random_images(3, seed=k))) for k in (8, 9))
    with pytest.raises(MismatchError, match="expected two evaluations on the same ground"):
        own.mixed(other, np.ones((1, 3), bool))


def with_coco(folder: Path, images: list[Image], numbers: list[int] | None = None) -> Any:
    """AP by both protocols."""
    named = dict(zip(numbers or range(len(images)), images, strict=True))
    return evaluated(folder, named, iou=KINDS, coco_style=True)


def test_numbers_of_the_coco_protocol_are_resampled_as_well(tmp_path: Path) -> None:
    images = random_images(6, seed=1)
    whole = with_coco(tmp_path / "once", images)
    require_paths_lead_to_numbers(whole)
    assert ("boundary", "coco", "categories", CAR, "ap50") in resampled(whole).paths
    chosen = np.repeat(np.arange(6), WEIGHTS)
    repeated = with_coco(tmp_path / "more", [images[i] for i in chosen])
    require_weights_are_copies(whole, WEIGHTS, repeated)
    two = with_coco(tmp_path / "two", second_model(images))
    require_swaps_of_nothing_and_everything(whole, two)
    places = [4, 2, 0, 1, 5, 3]
    turned = with_coco(tmp_path / "turned", [images[i] for i in places], places)
    require_the_same_bits(whole, two, turned)


def test_a_part_of_both_protocols_has_the_numbers_of_its_images(tmp_path: Path) -> None:
    images = random_images(6, seed=2)
    whole = with_coco(tmp_path / "once", images)
    two = with_coco(tmp_path / "two", second_model(images))
    kept = np.array([True, False, True, True, False, True])
    parts = [of_images(each, kept) for each in (whole, two)]
    wanted = [resampled(each).numbers(kept[np.newaxis].astype(np.uint8)) for each in (whole, two)]
    found = parts[0].mixed(parts[1], np.zeros((1, 4), bool))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


def test_numbers_of_one_protocol_are_not_mixed_with_those_of_two(tmp_path: Path) -> None:
    images = random_images(3, seed=3)
    one, two = of(tmp_path / "one", images), with_coco(tmp_path / "two", images)
    for own, other in ((one, two), (two, one)):
        with pytest.raises(MismatchError, match="expected two evaluations on the same ground"):
            resampled(own).mixed(resampled(other), np.ones((1, 3), bool))
