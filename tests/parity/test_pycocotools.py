"""Equal to pycocotools on data sets made to be hard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval.analysis.official import verify
from segeval.analysis.verification import Verification
from tests.parity.agreement import assert_both_modes_agree, assert_compat_agrees
from tests.parity.scenes import Pair, clean_pair, nasty_pair

SETTINGS: dict[str, dict[str, Any]] = {
    "3D-FUTURE sizes": {"sizes": "3dfuture"},
    "two sizes": {"sizes": "24"},
    "five sizes": {"sizes": "area:50,100.5,400,1024"},
    "one threshold": {"thresholds": (0.5,)},
    "odd thresholds": {"thresholds": (0.1, 0.3, 0.75, 0.9, 1.0)},
    "low caps": {"max_dets": (1, 2, 3)},
    "high caps": {"max_dets": (1, 100, 300)},
    "one cap": {"max_dets": 5},
    "categories as one": {"agnostic": True},
    "masks and boxes": {"iou": ("segm", "bbox")},
}


def verified_files(pair: Pair, folder: Path, **settings: Any) -> Verification:
    """The verification of a pair that is written to files first."""
    preds, gt = folder / "preds.json", folder / "gt.json"
    preds.write_text(json.dumps(pair[0]))
    gt.write_text(json.dumps(pair[1]))
    return verify(preds, gt, **settings)


@pytest.mark.parametrize("seed", range(40))
def test_both_modes_score_masks_of_clean_files_as_pycocotools(seed: int, tmp_path: Path) -> None:
    assert_both_modes_agree(verified_files(clean_pair(seed), tmp_path))


@pytest.mark.parametrize("seed", range(20))
def test_both_modes_score_boxes_of_clean_files_as_pycocotools(seed: int, tmp_path: Path) -> None:
    pair = clean_pair(1000 + seed, boxes=True)
    assert_both_modes_agree(verified_files(pair, tmp_path, iou="bbox"))


@pytest.mark.parametrize("seed", range(80))
def test_compat_scores_masks_of_nasty_files_as_pycocotools(seed: int, tmp_path: Path) -> None:
    assert_compat_agrees(verified_files(nasty_pair(2000 + seed), tmp_path))


@pytest.mark.parametrize("seed", range(30))
def test_compat_scores_boxes_of_nasty_files_as_pycocotools(seed: int, tmp_path: Path) -> None:
    pair = nasty_pair(3000 + seed, boxes=True)
    assert_compat_agrees(verified_files(pair, tmp_path, iou="bbox"))


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("seed", range(4))
def test_pycocotools_agrees_under_any_settings(seed: int, settings: dict[str, Any]) -> None:
    assert_compat_agrees(verify(*nasty_pair(4000 + seed), **settings))


def test_a_repeated_id_counts_from_any_category_where_categories_are_one() -> None:
    # The first record is of no listed category. By category pycocotools does not list it; merged
    # it does, and finds the second record under its id: that one object is there twice.
    box = {"image_id": 1, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 0, "id": 5}
    gt = {
        "images": [{"id": 1}],
        "annotations": [{**box, "category_id": 99}, {**box, "category_id": 1}],
        "categories": [{"id": 1}],
    }
    preds = [{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 9, 9]}]
    for agnostic, counted in ((False, 1), (True, 2)):
        verification = verify(preds, gt, iou="bbox", agnostic=agnostic)
        assert_compat_agrees(verification)
        assert verification.compat.first.overall.gt == counted


@pytest.mark.parametrize("seed", range(6))
def test_pycocotools_agrees_on_some_of_the_categories_and_images(seed: int) -> None:
    preds, gt = nasty_pair(5000 + seed)
    some: dict[str, Any] = {
        "categories": [category["id"] for category in gt["categories"][::2]],
        "images": [image["file_name"] for image in gt["images"][::2]],
    }
    assert_compat_agrees(verify(preds, gt, **some))
