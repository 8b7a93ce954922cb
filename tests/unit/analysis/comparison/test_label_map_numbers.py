"""Comparisons of label maps by all that is measured of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import Comparison, compare, mean_iou
from segeval.analysis.comparison.tables import number_table
from tests.unit.analysis.resampling.test_label_maps import second_model
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
    assert "1 category occurs in fewer than 10 images: shown, not tested" in notes
