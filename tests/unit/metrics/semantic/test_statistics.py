"""What mean IoU keeps of every label map: the same numbers, for weighted images too."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import MeanIoUResult, mean_iou
from segeval.errors import InputError, MismatchError
from segeval.metrics.semantic import LabelMapStatistics, mean_iou_scores
from segeval.metrics.semantic.result import image_table
from segeval.metrics.semantic.scores import MeanIoUScores
from tests.unit.metrics.semantic.test_instance_iou import street

Maps = list[tuple[Any, Any]]

EVERYTHING: dict[str, Any] = {"trimap": (1, 3), "boundary": True, "boundary_f": 2}

WEIGHTS = (2, 0, 1, 3, 0, 1)


def blocks(count: int, classes: int, seed: int) -> Maps:
    """Predictions and ground truth of blocks of a few classes each; `classes` is void."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        some = rng.choice(classes + 1, 4)
        gt = np.kron(rng.choice(some, (5, 6)), np.ones((8, 8), int)).astype(np.uint8)
        noise = rng.random(gt.shape) < 0.03
        pred = np.where(noise, rng.choice(some, gt.shape), np.roll(gt, (1, 2), (0, 1)))
        found.append((pred.astype(np.uint8), gt))
    return found


def evaluated(maps: Maps, classes: int, **settings: Any) -> MeanIoUResult:
    """Mean IoU of arrays."""
    preds, gt = [pred for pred, _ in maps], [gt for _, gt in maps]
    return mean_iou(preds, gt, classes=classes, ignore=classes, **settings)


def ious_of(maps: Maps, classes: int, absent: str) -> list[float | None]:
    """IoU of every class, counted pixel by pixel; the value `classes` is void."""
    pred, gt = (np.concatenate([each.ravel() for each in side]) for side in zip(*maps, strict=True))
    pred, gt = pred[gt != classes], gt[gt != classes]
    found: list[float | None] = []
    for label in range(classes):
        a, b = pred == label, gt == label
        if (b if absent == "detectron2" else a | b).any():
            found.append(float((a & b).sum() / (a | b).sum()))
        else:
            found.append(0.0 if absent == "zero" else None)
    return found


def numbers(scores: MeanIoUScores) -> list[float]:
    """Every number of scores, however deep it lies; NaN where undefined."""

    def listed(value: Any) -> list[float]:
        if isinstance(value, tuple):
            return [number for each in value for number in listed(each)]
        if hasattr(value, "__dataclass_fields__"):
            return listed(tuple(getattr(value, field.name) for field in fields(value)))
        if value is None:
            return [np.nan]
        return [float(value)] if isinstance(value, int | float) else []

    return listed(tuple(getattr(scores, field.name) for field in fields(MeanIoUScores)))


def require_same(a: LabelMapStatistics, b: LabelMapStatistics) -> None:
    """All columns are equal, their dtypes too."""
    for field in fields(a):
        own, other = getattr(a, field.name), getattr(b, field.name)
        assert np.array_equal(own, other), field.name
        assert getattr(own, "dtype", None) == getattr(other, "dtype", None), field.name


@pytest.mark.parametrize("absent", ["cityscapes", "zero", "detectron2"])
def test_weights_are_copies_of_images(absent: Any) -> None:
    maps = blocks(6, classes=9, seed=1)
    whole = evaluated(maps, 9, absent=absent, **EVERYTHING)
    copies = [pair for pair, times in zip(maps, WEIGHTS, strict=True) for _ in range(times)]
    repeated = evaluated(copies, 9, absent=absent, **EVERYTHING)
    found = mean_iou_scores(whole.statistics, np.array(WEIGHTS))
    counted, expected = (
        numbers(replace(each, boundary_f=None)) for each in (found, repeated.scores)
    )
    np.testing.assert_array_equal(counted, expected)
    # boundary F adds fractions: an image times its weight rounds differently from its copies added
    np.testing.assert_allclose(numbers(found), numbers(repeated.scores), rtol=0, atol=1e-12)
    for scores, pairs in ((mean_iou_scores(whole.statistics), maps), (found, copies)):
        ious = ious_of(pairs, 9, absent)
        assert [each.iou for each in scores.categories] == ious
        defined = [each for each in ious if each is not None]
        assert scores.miou == sum(defined) / len(defined)
    assert (found.images, found.pixels) == (7, repeated.scores.pixels)
    assert found.miou != whole.miou


def test_weights_are_copies_as_detectron2_counts_as_well() -> None:
    maps = blocks(6, classes=9, seed=2)
    copies = [pair for pair, times in zip(maps, WEIGHTS, strict=True) for _ in range(times)]
    whole, repeated = (evaluated(each, 9, compat="detectron2") for each in (maps, copies))
    found = mean_iou_scores(whole.statistics, np.array(WEIGHTS))
    assert found.detectron2_boundary is not None
    np.testing.assert_array_equal(numbers(found), numbers(repeated.scores))


def test_weights_are_copies_for_iiou_and_groups(tmp_path: Path) -> None:
    street(tmp_path, images=4)
    weights = (3, 0, 1, 2)
    more = tmp_path / "more"
    for number, times in enumerate(weights):
        for copy in range(times):
            for path in tmp_path.glob(f"*/town_{number:06}_*"):
                folder = more / path.parent.name
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / path.name.replace("town", f"town{chr(97 + copy)}"))
    whole, repeated = (
        mean_iou(folder / "preds", folder / "gt", classes="cityscapes")
        for folder in (tmp_path, more)
    )
    found = mean_iou_scores(whole.statistics, np.array(weights))
    assert repeated.scores.group_iiou is not None
    # iIoU adds fractions of instances: copies are added one by one, not times their number
    assert numbers(found) == pytest.approx(numbers(repeated.scores), abs=1e-12, nan_ok=True)
    assert found.group_iiou != whole.scores.group_iiou


def test_no_image_at_all_leaves_everything_undefined() -> None:
    whole = evaluated(blocks(2, classes=3, seed=3), 3, **EVERYTHING)
    found = mean_iou_scores(whole.statistics, np.zeros(2, int))
    assert (found.miou, found.images, found.pixels) == (None, 0, 0)
    assert found.boundary_f is not None
    assert found.boundary_f.f is None


def test_merged_parts_equal_the_whole_in_any_order(tmp_path: Path) -> None:
    street(tmp_path, images=7)
    gt = sorted((tmp_path / "gt").glob("*_labelIds.png"))
    preds = sorted((tmp_path / "preds").glob("*.png"))

    def part(*places: int) -> LabelMapStatistics:
        chosen = [preds[place] for place in places], [gt[place] for place in places]
        return mean_iou(*chosen, classes="cityscapes", **EVERYTHING).statistics

    whole = part(*range(7))
    merge = LabelMapStatistics.merge
    require_same(merge([part(6, 4), merge([part(2), part(5, 0, 1, 3)])]), whole)
    assert whole.keys == tuple(map(str, gt))


def test_instances_merge_as_well(tmp_path: Path) -> None:
    street(tmp_path, images=5)
    whole = mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes")
    parts = []
    for name in ("[13]", "[024]"):
        folder = tmp_path / f"part{name}"
        for path in tmp_path.glob(f"*/town_00000{name}_*"):
            (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / path.parent.name)
        found = mean_iou(folder / "preds", folder / "gt", classes="cityscapes")
        parts.append(found.statistics)
    merged = LabelMapStatistics.merge(parts)
    assert merged.has_instances
    require_same(merged, whole.statistics)
    assert numbers(mean_iou_scores(merged)) == pytest.approx(
        numbers(whole.scores), abs=0, nan_ok=True
    )


def test_parts_of_other_bands_or_of_the_same_images_do_not_merge() -> None:
    maps = blocks(2, classes=3, seed=4)
    one, other = (evaluated(maps, 3, trimap=width).statistics for width in (1, 2))
    with pytest.raises(MismatchError, match="the parts differ in `widths`"):
        LabelMapStatistics.merge([one, other])
    with pytest.raises(MismatchError, match='`trimap_void="ignore"` and with `trimap_void="edge"`'):
        LabelMapStatistics.merge([one, evaluated(maps, 3, trimap=1, trimap_void="edge").statistics])
    with pytest.raises(MismatchError, match="image id '0' is also in part #0"):
        LabelMapStatistics.merge([one, one])
    with pytest.raises(InputError, match="whole numbers"):
        mean_iou_scores(one, np.array([0.5, 0.5]))


def test_weights_go_with_the_sorted_keys_in_whatever_order_files_are_given(tmp_path: Path) -> None:
    street(tmp_path, images=3)
    gt = sorted((tmp_path / "gt").glob("*_labelIds.png"), reverse=True)
    preds = sorted((tmp_path / "preds").glob("*.png"), reverse=True)
    statistics = mean_iou(preds, gt, classes="cityscapes").statistics
    assert statistics.keys == tuple(map(str, gt[::-1]))
    for place, key in enumerate(statistics.keys):
        given = list(map(str, gt)).index(key)
        alone = mean_iou([preds[given]], [gt[given]], classes="cityscapes").scores
        weights = np.arange(3) == place
        assert numbers(mean_iou_scores(statistics, weights)) == pytest.approx(
            numbers(alone), abs=0, nan_ok=True
        )


def test_an_image_and_class_present_takes_at_most_40_bytes() -> None:
    maps = blocks(50, classes=150, seed=5)
    plain = evaluated(maps, 150).statistics
    rows = len(plain.category)
    assert rows < 4 * 50 + 50
    by_image = ("offsets", "category", "pixels", "in_group", "boundary", "edges", "detectron2")
    assert sum(getattr(plain, name).nbytes for name in by_image) <= 40 * rows
    every = evaluated(maps, 150, **EVERYTHING).statistics
    assert every.pixels[:, 0].nbytes == 16 * rows  # one band
    assert (every.boundary.nbytes, every.edges.nbytes) == (8 * rows, 16 * rows)


@pytest.mark.parametrize("absent", ["cityscapes", "zero", "detectron2"])
def test_what_an_image_alone_would_score_is_what_it_scores_alone(absent: Any) -> None:
    maps = blocks(6, 7, seed=3)
    maps.append((np.zeros((4, 4), np.uint8), np.full((4, 4), 7, np.uint8)))  # void alone
    whole = evaluated(maps, 7, absent=absent)
    assert len(whole.images) == 7
    for image, pair in zip(whole.images, maps, strict=True):
        alone = evaluated([pair], 7, absent=absent)
        assert image.miou == alone.miou
        assert image.pixel_accuracy == alone.scores.pixel_accuracy
        assert image.pixels == alone.scores.pixels
    rows = image_table(whole).records()
    assert rows[0]["miou"] == min(e.miou for e in whole.images if e.miou is not None)
    assert whole.to_dict(per_image=True)["results"]["per_image"][0]["miou"] == whole.images[0].miou
    assert "per_image" not in whole.to_dict()["results"]
