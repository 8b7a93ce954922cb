"""Label maps and panoptic files that may be in the wrong order are told by every command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segeval
from segeval.analysis.errors.label_confusion import label_confusion
from segeval.analysis.errors.label_maps import label_errors
from segeval.checks.search import check
from segeval.data.label_maps.classes import label_classes
from segeval.findings import PERHAPS_SWAPPED
from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.parts.part import match_label_maps, mean_iou_of_part
from segeval.pictures import label_tile
from tests.page_reader import assert_sound
from tests.panoptic_build import CATEGORIES, build, drawing, segment

CLASSES: dict[str, Any] = {"classes": {0: "road", 1: "car"}, "ignore": 255}
VOID = label_classes(label_classes(CLASSES["classes"]), 255)


def doubts(result: Any) -> list[str]:
    """What is said of the order of the inputs."""
    return [note.message for note in result.notes if note.code == PERHAPS_SWAPPED]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two predictions, and ground truth of which one image has void."""
    paths = tmp_path / "preds", tmp_path / "gt"
    gt = [np.array([[0, 1, 255]], np.uint8), np.array([[0, 1, 1]], np.uint8)]
    preds = [np.array([[0, 1, 1]], np.uint8), np.array([[0, 0, 1]], np.uint8)]
    for path, maps in zip(paths, (preds, gt), strict=True):
        path.mkdir()
        for place, labels in enumerate(maps):
            np.save(path / f"{place}.npy", labels)
    return paths


def test_label_maps_of_which_the_first_alone_have_void_are_doubted(
    folders: tuple[Path, Path],
) -> None:
    preds, gt = folders
    said = (
        f"{preds}: no image has labels that are not evaluated, 1 of 2 images of {gt} has them, as "
        f"in ground truth. If {gt} is the ground truth, swap them: predictions come first"
    )
    assert doubts(segeval.mean_iou(preds, gt, **CLASSES)) == []
    for function in (segeval.mean_iou, label_errors, label_confusion):
        assert doubts(function(gt, preds, **CLASSES)) == [said]
        assert doubts(function(preds, gt, **CLASSES)) == []
    [of_image] = doubts(label_tile(gt, preds, "0", classes=VOID, longest=9))
    assert of_image == said.replace("1 of 2 images", "1 of 1 image")
    assert doubts(label_tile(gt, preds, "1", classes=VOID, longest=9)) == []
    match_label_maps(gt, preds, preds / "all.match", Arguments(**CLASSES))
    assert doubts(mean_iou_of_part(preds / "all.match")) == [said]
    [finding] = check(gt, preds, **CLASSES).warnings
    assert finding.code == PERHAPS_SWAPPED
    assert not check(preds, gt, **CLASSES).warnings
    page = segeval.report(gt, preds, **CLASSES, resamples=20)
    assert doubts(page) == [said]
    assert assert_sound(page.html).words.count("no image has labels that are not evaluated") == 1


def test_few_predictions_of_labels_that_are_not_evaluated_are_no_doubt() -> None:
    gt = [np.array([[0, 1, 1]], np.uint8)] * 3
    preds = [np.array([[0, 1, 255]], np.uint8), *gt[:2]]
    assert doubts(segeval.mean_iou(preds, gt, **CLASSES)) == []


def test_panoptic_files_of_which_the_first_alone_has_crowds_are_doubted(tmp_path: Path) -> None:
    drawn = drawing("aaabbb"), [segment("a", 1), segment("b", 7)]
    gt = build(tmp_path / "gt.json", drawn, gt=True)
    with_areas = drawn[0], [segment("a", 1, area=3), segment("b", 7, area=3)]
    preds = build(tmp_path / "preds.json", with_areas, categories=list(CATEGORIES))
    assert doubts(segeval.panoptic_quality(preds, gt)) == []
    said = (
        f"{preds}: its segments have no iscrowd, all of {gt} have it, as in ground truth. If {gt} "
        "is the ground truth, swap the files: predictions come first"
    )
    result = segeval.panoptic_quality(gt, preds)
    assert doubts(result) == [said]
    assert doubts(result.show(1)) == [said]
    page = result.report(resamples=20)
    assert doubts(page) == [said]
    assert assert_sound(page.html).words.count("have no iscrowd, all of") == 1
