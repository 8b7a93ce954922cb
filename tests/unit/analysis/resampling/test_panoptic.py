"""Panoptic quality under weights of the images, and of mixed models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import PanopticResult, panoptic_quality
from segeval.analysis.resampling.draws import Units, copies
from segeval.analysis.resampling.resampled import resampled
from segeval.errors import MismatchError
from segeval.metrics.panoptic import panoptic_scores
from tests.panoptic_build import build, drawing, segment
from tests.parity.panoptic_scenes import random_set
from tests.unit.analysis.resampling.alike import (
    by_path,
    require_mixed,
    require_paths_lead_to_numbers,
    require_swaps_of_nothing_and_everything,
    require_the_same_bits,
    require_weights_are_copies,
)
from tests.unit.metrics.panoptic.test_statistics import Image, evaluated, random_images

WEIGHTS = np.array([2, 0, 1, 3, 0, 1])


def second_model(gt: list[Image]) -> list[Image]:
    """Predictions that move the segments of the ground truth by other pixels."""
    rng = np.random.default_rng(3)
    found = []
    for ids, segments in gt:
        moved = np.roll(ids, tuple(rng.integers(-2, 3, 2)), (0, 1))
        found.append((moved, segments))
    return found


def test_paths_lead_to_the_numbers_in_json(tmp_path: Path) -> None:
    result = evaluated(tmp_path, *random_images(6, seed=1))
    require_paths_lead_to_numbers(result)
    paths = resampled(result).paths
    for path in (
        ("segm", "all", "pq"),
        ("boundary", "stuff", "rq"),
        ("segm", "categories", 7, "sq"),
    ):
        assert path in paths


def test_weights_are_copies_of_images(tmp_path: Path) -> None:
    preds, gt = random_images(6, seed=1)
    whole = evaluated(tmp_path / "once", preds, gt)
    chosen = np.repeat(np.arange(6), WEIGHTS)
    repeated = evaluated(tmp_path / "more", [preds[i] for i in chosen], [gt[i] for i in chosen])
    require_weights_are_copies(whole, WEIGHTS, repeated)


def test_every_replicate_equals_the_statistics_under_its_weights(tmp_path: Path) -> None:
    whole = evaluated(tmp_path, *random_images(9, seed=2))
    own = resampled(whole)
    weights = copies(Units.of_keys(own.image_keys), 0, 0, 40)
    for found, weight in zip(own.numbers(weights), weights, strict=True):
        numbers = by_path(own, found)
        for kind, statistics in whole.statistics.items():
            scores = panoptic_scores(statistics, weight)
            for group in ("all", "things", "stuff"):
                wanted: list[Any] = [getattr(getattr(scores, group), key) for key in ("pq", "rq")]
                assert [numbers[kind, group, key] for key in ("pq", "rq")] == pytest.approx(
                    np.array(wanted, float), abs=1e-12, nan_ok=True
                )


def test_swapping_nothing_or_everything_gives_the_two_models(tmp_path: Path) -> None:
    preds, gt = random_images(6, seed=4)
    one, two = (
        evaluated(tmp_path / name, each, gt)
        for name, each in (("one", preds), ("two", second_model(gt)))
    )
    require_swaps_of_nothing_and_everything(one, two)


def test_mixed_sets_are_those_of_mixed_files(tmp_path: Path) -> None:
    preds, gt = random_images(6, seed=5)
    others = second_model(gt)
    swapped = np.array([True, False, False, True, True, False])
    first = [b if swap else a for a, b, swap in zip(preds, others, swapped, strict=True)]
    second = [a if swap else b for a, b, swap in zip(preds, others, swapped, strict=True)]
    one, two, *mixed = (
        evaluated(tmp_path / str(place), each, gt)
        for place, each in enumerate((preds, others, first, second))
    )
    require_mixed(resampled(one), resampled(two), swapped, mixed)  # type: ignore[arg-type]


@pytest.mark.parametrize("compat", [None, "official"])
def test_two_models_of_sloppy_files_are_mixed_as_well(tmp_path: Path, compat: str | None) -> None:
    preds, gt = random_set(tmp_path, 3, sloppy=compat is not None)
    one = panoptic_quality(preds, gt, compat=compat)
    own = resampled(one)
    found, _ = own.mixed(own, np.ones((1, len(own.image_ids)), bool))
    np.testing.assert_allclose(found, own.numbers(), rtol=0, atol=1e-12)


def test_workers_blocks_and_order_do_not_change_a_bit(tmp_path: Path) -> None:
    preds, gt = random_images(9, seed=6)

    def of(name: str, predicted: list[Image], order: slice) -> PanopticResult:
        (tmp_path / name).mkdir()
        files = []
        for side, images in (("preds", predicted), ("gt", gt)):
            path = build(tmp_path / name / f"{side}.json", *images, gt=side == "gt")
            files.append(turned(path, order))
        return panoptic_quality(*files, iou=("segm", "boundary"), boundary_px=1)

    require_the_same_bits(
        of("one", preds, slice(None)),
        of("two", second_model(gt), slice(None)),
        of("turned", preds, slice(None, None, -1)),
    )


def turned(path: Path, order: slice) -> Path:
    """The same file with its images in some order."""
    data = json.loads(path.read_text())
    for key in ("annotations", "images"):
        data[key] = data.get(key, [])[order]
    path.write_text(json.dumps({key: value for key, value in data.items() if value}))
    return path


def test_images_with_counts_images_that_have_segments_of_a_category(tmp_path: Path) -> None:
    picture = drawing("aabb", "aabb")
    cat, dog, sky = (segment("a", 1), segment("a", 2), segment("b", 7))
    gt = [
        (picture, [cat, segment("b", 1)]),
        (picture, [cat, sky]),
        (picture, [{**dog, "iscrowd": 1}, sky]),
    ]
    preds = [(picture, [cat, segment("b", 2)]) for _ in gt]
    own = resampled(evaluated(tmp_path, preds, gt))
    found = by_path(own, own.images_with)
    assert [found["segm", group, "pq"] for group in ("all", "things", "stuff")] == [3, 2, 2]
    assert [found["segm", "categories", k, "sq"] for k in (1, 2, 7)] == [2, 0, 2]


def test_a_replicate_without_segments_is_undefined(tmp_path: Path) -> None:
    own = resampled(evaluated(tmp_path, *random_images(2, seed=7)))
    assert np.isnan(own.numbers(np.zeros((1, 2), np.uint8))).all()


def test_models_on_other_ground_truth_are_not_mixed(tmp_path: Path) -> None:
    own, other = (
        resampled(evaluated(tmp_path / str(seed), *random_images(3, seed=seed))) for seed in (8, 9)
    )
    with pytest.raises(MismatchError, match="expected two evaluations on the same ground"):
        own.mixed(other, np.ones((1, 3), bool))


def test_images_have_the_names_of_their_photographs_or_else_of_their_pictures(
    tmp_path: Path,
) -> None:
    preds, gt = random_images(3, seed=1)
    photographs: list[dict[str, Any]] = [{"id": k, "height": 40, "width": 60} for k in (3, 1, 2)]
    photographs[1]["file_name"] = "street.jpg"
    files = [
        build(tmp_path / "preds.json", *preds),
        build(tmp_path / "gt.json", *gt, gt=True, images=photographs),
    ]
    own = resampled(panoptic_quality(*files))
    assert own.image_ids == (1, 2, 3)
    assert own.file_names == ("street.jpg", "2.png", "3.png")


def test_images_have_the_names_of_their_files(tmp_path: Path) -> None:
    own = resampled(evaluated(tmp_path, *random_images(3, seed=1)))
    assert own.image_ids == (1, 2, 3)
    assert own.file_names == ("1.png", "2.png", "3.png")
