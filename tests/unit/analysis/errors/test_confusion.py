"""Which categories are taken for which."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from segeval.analysis import Confusion, confusion
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations

NAMES = ("chair", "lamp", "sofa")


def box(left: float, category: int, **more: Any) -> dict[str, Any]:
    return {"image_id": 1, "category_id": category, "bbox": [left, 0, 10, 10], **more}


def test_memory_is_that_of_the_pairs_not_of_all_categories_by_all() -> None:
    number = 30_000  # by as many would take 7 GB
    document = {
        "images": [{"id": 1, "width": 900, "height": 50}],
        "categories": [{"id": k, "name": str(k)} for k in range(number)],
        "annotations": [{"id": 1, "area": 100, "iscrowd": 0, **box(0, 3)}],
    }
    preds = [box(0, number - 1, score=0.9), box(100, 7, score=0.8)]
    [one] = evaluations(preds, document, Arguments(iou="bbox"), None)
    tracemalloc.start()
    table = confusion(one)
    pairs = table.worst()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(pair.gt, pair.pred, pair.count) for pair in pairs] == [(3, 29_999, 1), (None, 7, 1)]
    assert peak < 50e6


def found(preds: list[dict[str, Any]], gt: list[dict[str, Any]], **how: Any) -> Confusion:
    document = {
        "images": [{"id": 1, "width": 900, "height": 50}],
        "categories": [{"id": k, "name": name} for k, name in enumerate(NAMES, 1)],
        "annotations": [
            {"id": k, "area": 100, "iscrowd": 0, **each} for k, each in enumerate(gt, 1)
        ],
    }
    [one] = evaluations(preds, document, Arguments(iou="bbox"), None)
    return confusion(one, **how)


def test_objects_are_counted_by_their_category_and_that_of_their_prediction() -> None:
    preds = [box(0, 1, score=0.9), box(100, 3, score=0.8), box(500, 2, score=0.7)]
    table = found(preds, [box(0, 1), box(100, 2), box(200, 2)])
    assert table.counts.tolist() == [
        [1, 0, 0, 0],
        [0, 0, 1, 1],
        [0, 0, 0, 0],
        [0, 1, 0, 0],
    ]
    assert [(pair.gt_name, pair.pred_name, pair.count, pair.share) for pair in table.worst()] == [
        ("lamp", "sofa", 1, 0.5), ("lamp", "background", 1, 0.5), ("background", "lamp", 1, 1.0),
    ]  # fmt: skip
    assert table.to_dict()["pairs"][1]["pred"] is None


def test_the_surer_prediction_takes_the_object_whatever_its_category() -> None:
    table = found([box(0, 1, score=0.7), box(0, 2, score=0.9)], [box(0, 1)])
    assert table.counts[0].tolist() == [0, 1, 0, 0]
    assert table.counts[3].tolist() == [1, 0, 0, 0]  # the other one has no object left


def test_of_equal_ious_the_own_category_is_taken() -> None:
    table = found([box(0, 2, score=0.9)], [box(0, 1), box(0, 2), box(0, 3)])
    assert table.counts[1, 1] == 1


def test_low_scores_and_low_ious_do_not_count() -> None:
    preds = [box(0, 1, score=0.4), box(104, 1, score=0.9)]  # IoU 3/7 with the second
    gt = [box(0, 1), box(100, 1)]
    assert found(preds, gt).counts[:, 0].tolist() == [0, 0, 0, 1]
    lower = found(preds, gt, threshold=0.4, min_score=0.1)
    assert lower.counts[0].tolist() == [2, 0, 0, 0]
    assert (lower.threshold, lower.min_score) == (0.4, 0.1)


def test_what_lies_in_a_crowd_region_is_excused() -> None:
    table = found([box(0, 2, score=0.9)], [box(0, 1, iscrowd=1)])
    assert not table.counts.any()
    assert table.worst() == []


def test_at_most_half_of_the_worst_pairs_are_of_the_background() -> None:
    gt = [box(20 * k, 1) for k in range(5)] + [box(200, 2), box(220, 3)]
    preds = [box(200, 3, score=0.9), box(220, 2, score=0.9), box(500, 1, score=0.9)]
    table = found(preds, gt)
    assert [pair.count for pair in table.worst(None)] == [5, 1, 1, 1]
    two = table.worst(2)
    assert [(pair.gt_name, pair.pred_name) for pair in two] == [
        ("chair", "background"), ("lamp", "sofa"),
    ]  # fmt: skip


@pytest.mark.parametrize("threshold", [0, 1.5])
def test_impossible_thresholds_are_refused(threshold: float) -> None:
    with pytest.raises(InputError) as raised:
        found([], [], threshold=threshold)
    assert str(raised.value) == (
        f"`threshold` is {threshold}, expected a number above 0 and at most 1."
    )
