"""Mean IoU and the numbers beside it under weights of the images, and of mixed models."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import MeanIoUResult, mean_iou
from segeval.analysis.resampling.draws import Units, copies, image_keys
from segeval.analysis.resampling.resampled import resampled
from segeval.analysis.resampling.weighted_sums import Rows
from segeval.errors import MismatchError
from segeval.metrics.semantic import mean_iou_scores
from tests.unit.analysis.resampling.alike import (
    by_path,
    require_mixed,
    require_paths_lead_to_numbers,
    require_swaps_of_nothing_and_everything,
    require_the_same_bits,
    require_weights_are_copies,
)
from tests.unit.metrics.semantic.test_instance_iou import street, write
from tests.unit.metrics.semantic.test_statistics import EVERYTHING, blocks, evaluated

RULES: list[dict[str, Any]] = [
    EVERYTHING,
    {**EVERYTHING, "absent": "zero"},
    {**EVERYTHING, "absent": "detectron2"},
    {"compat": "detectron2", "trimap": 2.5},
]

WEIGHTS = np.array([2, 0, 1, 3, 0, 1])


def second_model(maps: Any, classes: int) -> Any:
    """Other predictions on the same ground truth."""
    rng = np.random.default_rng(classes)
    return [
        (np.where(rng.random(gt.shape) < 0.1, rng.integers(0, classes, gt.shape), gt), gt)
        for _, gt in maps
    ]


def second_folder(folder: Path) -> Path:
    """Predictions of another model beside those of `street`."""
    rng = np.random.default_rng(11)
    for path in sorted((folder / "gt").glob("*_labelIds.png")):
        gt = np.asarray(Image.open(path))
        pred = np.where(rng.random(gt.shape) < 0.2, rng.integers(7, 34, gt.shape), gt)
        write(folder / "others" / path.name.replace("gtFine_labelIds", "any"), pred.astype("u1"))
    return folder / "others"


@pytest.mark.parametrize("rules", RULES)
def test_paths_lead_to_the_numbers_in_json(rules: dict[str, Any]) -> None:
    require_paths_lead_to_numbers(evaluated(blocks(6, classes=9, seed=1), 9, **rules))


def test_paths_lead_to_iiou_and_groups_as_well(tmp_path: Path) -> None:
    street(tmp_path)
    result = mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes", **EVERYTHING)
    require_paths_lead_to_numbers(result)
    paths = resampled(result).paths
    for path in (
        ("miou",), ("fw_iou",), ("group_iiou",), ("categories", 26, "iiou"), ("boundary", "miou"),
        ("trimap", 3, "categories", 7, "iou"), ("groups", "flat", "iou"), ("boundary_f", "f"),
    ):  # fmt: skip
        assert path in paths


@pytest.mark.parametrize("rules", RULES)
def test_weights_are_copies_of_images(rules: dict[str, Any]) -> None:
    maps = blocks(6, classes=9, seed=1)
    repeated = [pair for pair, times in zip(maps, WEIGHTS, strict=True) for _ in range(times)]
    require_weights_are_copies(
        evaluated(maps, 9, **rules), WEIGHTS, evaluated(repeated, 9, **rules)
    )


def test_weights_are_copies_for_iiou_and_groups(tmp_path: Path) -> None:
    street(tmp_path, images=4)
    weights, more = np.array([3, 0, 1, 2]), tmp_path / "more"
    for number, times in enumerate(weights.tolist()):
        for copy in range(times):
            for path in tmp_path.glob(f"*/town_{number:06}_*"):
                folder = more / path.parent.name
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / path.name.replace("town", f"town{chr(97 + copy)}"))
    whole, repeated = (
        mean_iou(folder / "preds", folder / "gt", classes="cityscapes")
        for folder in (tmp_path, more)
    )
    require_weights_are_copies(whole, weights, repeated)


@pytest.mark.parametrize("rules", RULES)
def test_every_replicate_equals_the_statistics_under_its_weights(rules: dict[str, Any]) -> None:
    whole = evaluated(blocks(12, classes=9, seed=2), 9, **rules)
    own = resampled(whole)
    weights = copies(Units.of_keys(own.image_keys), 0, 0, 40)
    at = [own.paths.index((key,)) for key in ("miou", "pixel_accuracy", "mean_accuracy", "fw_iou")]
    for found, weight in zip(own.numbers(weights)[:, at], weights, strict=True):
        scores = mean_iou_scores(whole.statistics, weight)
        wanted = [scores.miou, scores.pixel_accuracy, scores.mean_accuracy, scores.fw_iou]
        np.testing.assert_allclose(found, np.array(wanted, float), rtol=0, atol=1e-12)


@pytest.mark.parametrize("rules", RULES)
def test_swapping_nothing_or_everything_gives_the_two_models(rules: dict[str, Any]) -> None:
    maps = blocks(6, classes=9, seed=4)
    one, two = (evaluated(each, 9, **rules) for each in (maps, second_model(maps, 9)))
    require_swaps_of_nothing_and_everything(one, two)


def test_swapping_works_with_instances_and_groups(tmp_path: Path) -> None:
    street(tmp_path, images=5)
    gt, others = tmp_path / "gt", second_folder(tmp_path)
    one, two = (mean_iou(each, gt, classes="cityscapes") for each in (tmp_path / "preds", others))
    require_swaps_of_nothing_and_everything(one, two)
    swapped = np.array([True, False, True, True, False])
    for place, name in enumerate(sorted(path.name for path in others.iterdir())):
        for side, folder in (("one", tmp_path / "preds"), ("two", others)):
            to = tmp_path / ({"one": "two", "two": "one"}[side] if swapped[place] else side)
            to.mkdir(exist_ok=True)
            shutil.copy(folder / name, to / name)
    mixed = [mean_iou(tmp_path / side, gt, classes="cityscapes") for side in ("one", "two")]
    require_mixed(resampled(one), resampled(two), swapped, mixed)  # type: ignore[arg-type]


@pytest.mark.parametrize("rules", RULES)
def test_mixed_sets_are_those_of_mixed_files(rules: dict[str, Any]) -> None:
    maps = blocks(6, classes=9, seed=5)
    others = second_model(maps, 9)
    swapped = np.array([True, False, False, True, True, False])
    first = [b if swap else a for a, b, swap in zip(maps, others, swapped, strict=True)]
    second = [a if swap else b for a, b, swap in zip(maps, others, swapped, strict=True)]
    one, two, *mixed = (evaluated(each, 9, **rules) for each in (maps, others, first, second))
    require_mixed(resampled(one), resampled(two), swapped, mixed)  # type: ignore[arg-type]


def test_workers_blocks_and_order_do_not_change_a_bit(tmp_path: Path) -> None:
    street(tmp_path, images=9)
    preds, gt = tmp_path / "preds", sorted((tmp_path / "gt").glob("*_labelIds.png"))

    def of(folder: Path, step: int) -> MeanIoUResult:
        own = sorted(folder.glob("*.png"))
        return mean_iou(own[::step], gt[::step], classes="cityscapes", **EVERYTHING)

    require_the_same_bits(of(preds, 1), of(second_folder(tmp_path), 1), of(preds, -1))
    folders = mean_iou(preds, tmp_path / "gt", classes="cityscapes")
    require_the_same_bits(folders, folders, folders)


def test_images_with_counts_images_with_evaluated_true_pixels() -> None:
    gt = np.array([[[0, 0, 1, 9]], [[1, 1, 1, 9]], [[9, 9, 9, 9]], [[2, 0, 0, 9]]], np.uint8)
    preds = np.zeros_like(gt)
    result = mean_iou(list(preds), list(gt), classes=4, ignore=9, boundary=True)
    own = resampled(result)
    found = by_path(own, own.images_with)
    assert found["miou",] == found["boundary", "miou"] == 3
    assert [found["categories", k, "iou"] for k in range(4)] == [2, 2, 1, 0]
    assert [found["boundary", "categories", k, "iou"] for k in range(4)] == [2, 2, 1, 0]


def test_images_with_of_iiou_are_those_with_instances(tmp_path: Path) -> None:
    street(tmp_path, images=6)
    ids = [
        set(np.unique(np.asarray(Image.open(path))).tolist())
        for path in (tmp_path / "gt").glob("*_instanceIds.png")
    ]
    own = resampled(mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes"))
    found = by_path(own, own.images_with)
    counts = [sum(any(i // 1000 == k for i in image) for image in ids) for k in (24, 25, 26)]
    assert [found["categories", k, "iiou"] for k in (24, 25, 26)] == counts
    assert 0 < min(counts) < 6
    assert found["categories", 7, "iiou"] == 0  # roads have no instances
    assert found["groups", "human", "iiou"] == sum(
        any(i // 1000 in (24, 25) for i in image) for image in ids
    )
    assert found["group_iiou",] == found["iiou",] == 6
    assert found["groups", "flat", "iou"] == sum(bool(image & {7, 8}) for image in ids)


def test_a_replicate_without_pixels_is_undefined() -> None:
    own = resampled(evaluated(blocks(2, classes=3, seed=3), 3, **EVERYTHING))
    assert np.isnan(own.numbers(np.zeros((1, 2), np.uint8))).all()


def test_sums_beyond_53_bits_are_exact_until_they_are_rounded_once() -> None:
    values = np.array([2**40 + 1, 2**40 + 3])
    rows = Rows.of(np.zeros(2), np.arange(2), values, 1)
    weights = np.zeros((2, 32))
    weights[:, 0] = 1_000, 999_999
    assert rows.sums(weights)[0, 0, 0] == float(1_000 * (2**40 + 1) + 999_999 * (2**40 + 3))


def test_models_on_other_ground_truth_or_by_other_rules_are_not_mixed() -> None:
    maps = blocks(3, classes=4, seed=6)
    own = resampled(evaluated(maps, 4))
    for other in (evaluated(blocks(3, classes=4, seed=7), 4), evaluated(maps, 4, absent="zero")):
        with pytest.raises(MismatchError, match="expected two evaluations on the same ground"):
            own.mixed(resampled(other), np.ones((1, 3), bool))


@pytest.mark.parametrize("most", [255, 256, 1_000_000])
def test_large_weights_count_as_well(most: int) -> None:
    whole = evaluated(blocks(4, classes=4, seed=8), 4, **EVERYTHING)
    weights = np.array([1, most, 0, 7])
    own = resampled(whole)
    [found] = own.numbers(weights[np.newaxis])
    scores = mean_iou_scores(whole.statistics, weights)
    assert found[own.paths.index(("miou",))] == scores.miou
    assert scores.boundary_f is not None
    assert found[own.paths.index(("boundary_f", "f"))] == pytest.approx(
        scores.boundary_f.f, abs=1e-12
    )


def test_draws_of_listed_files_do_not_depend_on_where_they_lie(tmp_path: Path) -> None:
    for name in ("here", "far/away"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        street(folder, images=3)
        preds = sorted((folder / "preds").glob("*.png"))
        gt = sorted((folder / "gt").glob("*_labelIds.png"))
        own = resampled(mean_iou(preds, gt, classes="cityscapes"))
        assert own.image_ids == tuple(map(str, gt))
        expected = image_keys([f"town_{k:06}_000019_gtFine_labelIds.png" for k in range(3)])
        assert own.image_keys.tolist() == expected.tolist()


@pytest.mark.parametrize("replicates", [0, 1])
def test_no_replicates_have_no_rows(replicates: int) -> None:
    own = resampled(evaluated(blocks(3, classes=4, seed=8), 4))
    assert own.numbers(np.ones((replicates, 3), np.uint16)).shape == (replicates, len(own.paths))
    for mixed in own.mixed(own, np.zeros((replicates, 3), np.bool_)):
        assert mixed.shape == (replicates, len(own.paths))
