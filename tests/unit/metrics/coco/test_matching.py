"""What matching leaves behind, for those who want more than AP."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

import segeval
from segeval.errors import InputError
from segeval.metrics.coco.curves import threshold_index
from segeval.metrics.coco.protocol import COCO
from tests.unit.metrics.strips import Records, evaluate, strip

A, B, NOWHERE = strip(0, 20), strip(40, 60), strip(150, 170)


def test_predictions_stand_by_category_and_score_with_their_place_in_the_file() -> None:
    objects: Records = [{"mask": A}, {"mask": B, "category_id": 2}]
    found: Records = [
        {"mask": B, "category_id": 2, "score": 0.3},
        {"mask": NOWHERE, "score": 0.2},
        {"mask": A, "score": 0.8},
    ]
    matches = evaluate(objects, found).matches
    assert len(matches) == 3
    assert matches.prediction.tolist() == [2, 1, 0]
    assert matches.category_ids[matches.category].tolist() == [1, 1, 2]
    assert matches.score.tolist() == [0.8, 0.2, 0.3]
    assert matches.rank.tolist() == [0, 1, 0]
    assert matches.matched().tolist() == [True, False, True]


def test_matched_depends_on_the_threshold() -> None:
    matches = evaluate([{"mask": A}], [{"mask": strip(0, 15)}]).matches
    assert [bool(matches.matched(iou=t)[0]) for t in COCO.thresholds] == [True] * 6 + [False] * 4
    assert matches.matched(iou=0.9).tolist() == [False]


def test_ignored_are_predictions_that_are_neither_true_nor_false() -> None:
    crowd = {"mask": strip(100, 150), "iscrowd": 1}
    found = [{"mask": A}, {"mask": strip(110, 120)}, {"mask": NOWHERE}]
    matches = evaluate([{"mask": A}, crowd], found).matches
    assert matches.matched().tolist() == [True, True, False]
    assert matches.ignored().tolist() == [False, True, False]


def test_a_size_bucket_has_matches_of_its_own() -> None:
    objects: Records = [{"mask": strip(0, 10)}, {"mask": strip(100, 130)}]
    found = [{"mask": strip(0, 10)}, {"mask": strip(100, 130)}, {"mask": strip(60, 90)}]
    matches = evaluate(objects, found, sizes="area:20").matches
    small = "0-20"
    assert matches.matched(size=small).tolist() == [True, True, False]
    assert matches.ignored(size=small).tolist() == [False, True, True]
    assert matches.gt_counted.tolist() == [[True, True], [True, False], [False, True]]


def test_every_threshold_of_64_has_its_bit() -> None:
    thresholds = [place / 64 for place in range(1, 65)]
    matches = evaluate([{"mask": A}], [{"mask": A}], thresholds=thresholds).matches
    assert all(matches.matched(iou=threshold)[0] for threshold in thresholds)
    outside = evaluate([{"mask": A}], [{"mask": A}], thresholds=thresholds, sizes="area:5").matches
    assert all(outside.ignored(iou=t, size="0-5")[0] for t in thresholds)


def test_a_threshold_is_found_whatever_its_last_bits() -> None:
    assert threshold_index(np.array(COCO.thresholds), 0.9) == 8
    assert threshold_index(np.array(COCO.thresholds), 0.92) is None


def test_what_was_not_evaluated_cannot_be_asked_for() -> None:
    matches = evaluate([{"mask": A}], [{"mask": A}], thresholds=[0.5, 0.75]).matches
    with pytest.raises(InputError) as caught:
        matches.matched(iou=0.6)
    assert caught.value.message == "`iou` is 0.6, expected one of 0.5, 0.75"
    with pytest.raises(InputError) as caught:
        matches.ignored(size="tiny")
    assert (
        caught.value.message
        == "no size bucket 'tiny', expected one of ['all', 'small', 'medium', 'large']"
    )


@pytest.mark.parametrize("wide", ["prediction", "annotation"])
def test_the_area_of_a_huge_box_is_infinite_without_a_word(wide: str) -> None:
    huge, small = [0, 0, 1e200, 1e200], [0, 0, 9, 9]
    record = {"image_id": 1, "category_id": 1, "bbox": huge if wide == "prediction" else small}
    annotation = {**record, "id": 1, "bbox": huge if wide == "annotation" else small}
    gt = {"images": [{"id": 1}], "categories": [{"id": 1}], "annotations": [annotation]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = segeval.average_precision([{**record, "score": 0.5}], gt, iou="bbox")
    assert result.ap == 0.0


def test_one_thread_reads_draws_and_matches_where_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_pool(threads: int, *more: object) -> NoReturn:
        raise AssertionError(f"{threads} threads")

    square = {"image_id": 1, "category_id": 1, "segmentation": [[0, 0, 9, 0, 9, 9, 0, 9]]}
    gt = segeval.load_ground_truth({
        "images": [{"id": 1, "height": 10, "width": 10}],
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [{**square, "id": n, "area": 81, "iscrowd": 0} for n in range(1, 601)],
    })  # fmt: skip
    path = tmp_path / "preds.json"
    mask = {"size": [10, 10], "counts": [0, 9, 1, 9, 1, 80]}
    path.write_text(json.dumps([{**square, "segmentation": mask, "score": 0.5}]))
    monkeypatch.setattr("segeval.kernels.threads.ThreadPoolExecutor", no_pool)
    assert len(segeval.match(path, gt, workers=1).gt) == 600
    assert len(gt.masks) == 600
