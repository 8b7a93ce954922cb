"""Comparisons of label maps by all that is measured of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import Comparison, compare, mean_iou
from segeval.analysis.comparison.interval_columns import with_interval_columns
from segeval.analysis.comparison.names import category_names
from segeval.analysis.comparison.own_intervals import result_intervals
from segeval.analysis.comparison.tables import category_table, number_table
from segeval.errors import MismatchError
from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.parts import match_label_maps
from tests.unit.analysis.resampling.test_label_maps import second_model
from tests.unit.metrics.panoptic.test_statistics import evaluated, random_images
from tests.unit.metrics.semantic.test_instance_iou import street
from tests.unit.metrics.semantic.test_statistics import blocks

EVERYTHING: dict[str, Any] = {
    "classes": 5, "ignore": 5, "trimap": [1, 2.5], "boundary": True, "boundary_f": True,
}  # fmt: skip


def maps_of(folder: Path, images: int = 12) -> list[Path]:
    """Folders of two models' label maps and of the ground truth."""
    first = blocks(images, classes=5, seed=1)
    second = [(np.minimum(pred, 4), gt) for pred, gt in second_model(first, 5)]
    sides = {
        "a": [pred for pred, _ in first],
        "b": [pred for pred, _ in second],
        "gt": [gt for _, gt in first],
    }
    for name, pictures in sides.items():
        (folder / name).mkdir()
        for number, pixels in enumerate(pictures):
            path = folder / name / f"town_{number:02}.png"
            Image.fromarray(pixels.astype(np.uint8)).save(path)
    return [folder / name for name in sides]


def rows_of(found: Comparison) -> list[Any]:
    """Names of the numbers in the first table."""
    [pair] = found.scores.pairs
    return [row[0] for row in number_table(found.scores, pair).rows]


def test_label_maps_are_compared_by_every_number_of_theirs(tmp_path: Path) -> None:
    a, b, gt = maps_of(tmp_path)
    found = compare(a, b, gt, resamples=60, **EVERYTHING)
    one, two = (mean_iou(side, gt, **EVERYTHING).scores for side in (a, b))
    results = found.to_dict()["results"]
    assert (results["miou"]["a"], results["miou"]["b"]) == (one.miou, two.miou)
    assert one.boundary is not None
    assert results["boundary"]["miou"]["a"] == one.boundary.miou
    assert [band["width"] for band in results["trimap"]] == [1, 2.5]
    assert results["trimap"][1]["categories"][3]["iou"]["b"] == two.trimap[1].categories[3].iou
    assert results["categories"][2]["iou"]["a"] == one.categories[2].iou
    low, high = results["miou"]["interval"]
    assert low < results["miou"]["difference"] < high
    assert rows_of(found) == [
        "mIoU", "pixel accuracy", "mean accuracy", "fw IoU", "boundary mIoU", "boundary F",
        "boundary F present", "mIoU in 1 px", "mIoU in 2.5 px",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("mIoU", "miou"),
        ("fw IoU", "fw_iou"),
        ("boundary F", "boundary_f.f"),
        ("boundary mIoU", "boundary.miou"),
        ("mIoU in 2.5 px", "trimap.2.5.miou"),
        ("IoU of 3", "categories.3.iou"),
        ("trimap.2.5.miou", "trimap.2.5.miou"),
        ("categories.3.iou", "categories.3.iou"),
    ],
)
def test_numbers_of_label_maps_have_short_names(tmp_path: Path, name: str, path: str) -> None:
    a, b, gt = maps_of(tmp_path)
    assert compare(a, b, gt, resamples=5, metric=name, **EVERYTHING).settings["metric"] == path


def test_slices_and_groups_of_label_maps_go_by_their_names(tmp_path: Path) -> None:
    a, b, gt = maps_of(tmp_path)
    labels = {f"town_{number:02}.png": ("sun", "rain")[number % 2] for number in range(12)}
    found = compare(a, b, gt, resamples=20, slices=labels, **EVERYTHING)
    slices = found.to_dict()["results"]["slices"]
    assert [(each["name"], each["images"]) for each in slices] == [("rain", 6), ("sun", 6)]
    sunny = [path for path in sorted(gt.iterdir()) if labels[path.name] == "sun"]
    alone = mean_iou([a / path.name for path in sunny], sunny, **EVERYTHING)
    assert slices[1]["miou"]["a"] == pytest.approx(alone.miou, abs=1e-12)
    single = {f"town_{number:02}.png": str(number) for number in range(12)}
    grouped = compare(a, b, gt, resamples=20, groups=single, **EVERYTHING)
    assert grouped.scores.groups == 12


def test_a_category_in_few_images_is_counted_once_whatever_is_measured(tmp_path: Path) -> None:
    a, b, gt = maps_of(tmp_path, images=30)
    for path in sorted(gt.iterdir())[3:]:
        pixels = np.asarray(Image.open(path))
        Image.fromarray(np.where(pixels == 4, 3, pixels).astype(np.uint8)).save(path)
    notes = [note.message for note in compare(a, b, gt, resamples=20, **EVERYTHING).notes]
    assert (
        "1 category occurs in the ground truth of fewer than 10 images: shown, not tested" in notes
    )


def ends(interval: Sequence[float] | None) -> tuple[float, float] | None:
    """An interval as a cell of a table."""
    return None if interval is None else (interval[0], interval[1])


def test_the_mean_of_groups_has_an_interval_of_its_own(tmp_path: Path) -> None:
    street(tmp_path, images=12)
    result = mean_iou(tmp_path / "preds", tmp_path / "gt", classes="cityscapes")
    found = result_intervals(result, resamples=40)
    by_class, by_group = (
        with_interval_columns(table, found.by_path, category_names(result)).records()
        for table in result.tables
    )
    mean, accuracy, fw_iou, *classes = by_class
    assert mean["iou_interval"] == ends(found.by_path["miou",])
    assert accuracy["iou_interval"] is None  # it is no IoU
    assert fw_iou["iou_interval"] == ends(found.by_path["fw_iou",])
    assert classes[10]["category"] == "sky"
    assert classes[10]["iou_interval"] == ends(found.by_path["categories", 23, "iou"])
    assert by_group[0]["iou_interval"] == ends(found.by_path["group_miou",])
    assert by_group[1]["iou_interval"] == ends(found.by_path["groups", "flat", "iou"])
    assert by_group[0]["iou_interval"] != mean["iou_interval"]


def test_categories_of_one_name_have_no_interval_rather_than_that_of_another(
    tmp_path: Path,
) -> None:
    a, _, gt = maps_of(tmp_path)
    names: dict[int | str, str] = {0: "road", 1: "road", 2: "sky", 3: "sea", 4: "sun"}
    result = mean_iou(a, gt, classes=5, ignore=5)
    found = result_intervals(result, resamples=40)
    renamed = [
        (row[0] if row[0] not in ("0", "1", "2") else names[int(str(row[0]))], *row[1:])
        for row in next(iter(result.tables)).rows
    ]
    table = replace(next(iter(result.tables)), rows=tuple(renamed))
    rows = with_interval_columns(table, found.by_path, names).records()
    shown = {place: row["iou_interval"] for place, row in enumerate(rows[3:])}
    assert (shown[0], shown[1]) == (None, None)
    assert shown[2] == ends(found.by_path["categories", 2, "iou"])


def test_a_category_by_two_kinds_of_iou_is_one_without_an_interval(tmp_path: Path) -> None:
    preds, gt = random_images(12, seed=3)
    gt = [(ids, [{**each, "category_id": 1} for each in own]) for ids, own in gt]
    gt[0] = (gt[0][0], [{**each, "category_id": 2} for each in gt[0][1]])
    found = result_intervals(evaluated(tmp_path, preds, gt), resamples=20)
    [note] = [each for each in found.notes if each.code == "few-images-of-category"]
    assert note.message == (
        "2 categories occur in the ground truth of fewer than 10 images and have no interval"
    )


@pytest.mark.parametrize(
    ("name", "before"), [("boundary mIoU", ("boundary",)), ("trimap.1.miou", ("trimap", 1))]
)
def test_categories_and_images_are_shown_by_the_main_number(
    tmp_path: Path, name: str, before: tuple[str | int, ...]
) -> None:
    a, b, gt = maps_of(tmp_path)
    found = compare(a, b, gt, resamples=5, metric=name, **EVERYTHING)
    [pair] = found.scores.pairs
    rows = {row[0]: row[3] for row in category_table(found.scores, pair).rows}
    wanted = [pair.differences[*before, "categories", k, "iou"].difference for k in range(5)]
    assert [rows[str(k)] for k in range(5)] == wanted
    own = next(image for image in pair.images if image.id == "town_03.png")
    alone = mean_iou([a / "town_03.png"], [gt / "town_03.png"], **EVERYTHING).scores
    assert alone.boundary is not None
    number = alone.boundary.miou if before == ("boundary",) else alone.trimap[0].miou
    assert own.a == pytest.approx(number, abs=1e-12)  # another order of the classes' sum


def test_parts_are_compared_without_the_files(tmp_path: Path) -> None:
    a, b, gt = maps_of(tmp_path)
    for side in (a, b):
        match_label_maps(side, gt, tmp_path / f"{side.name}.match", Arguments(**EVERYTHING))
    found = compare(tmp_path / "a.match", tmp_path / "b.match", resamples=60)
    expected = compare(a, b, gt, resamples=60, **EVERYTHING)
    assert found.to_dict()["results"] == expected.to_dict()["results"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ignore": [5, 6]}, r"b.match: ignore is \[5, 6\], in .*a.match it is \[5\]"),
        ({}, r"b.match: image 'town_03.png' was matched with other ground truth than in .*a.match"),
    ],
)
def test_parts_by_other_rules_or_with_other_ground_truth_are_not_compared(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    a, b, gt = maps_of(tmp_path)
    match_label_maps(a, gt, tmp_path / "a.match", Arguments(**EVERYTHING))
    if not settings:
        Image.fromarray(np.array(Image.open(gt / "town_03.png"))[::-1]).save(gt / "town_03.png")
    own = Arguments(**{**EVERYTHING, **settings})
    match_label_maps(b, gt, tmp_path / "b.match", own)
    with pytest.raises(MismatchError, match=words):
        compare(tmp_path / "a.match", tmp_path / "b.match", resamples=60)
