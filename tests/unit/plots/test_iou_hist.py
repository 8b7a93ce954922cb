"""How well objects are covered: the best IoU of each."""

from __future__ import annotations

from typing import Any

import pytest

import segeval
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.plots import BestIoUs, best_iou_of_objects, new_figure, plot_iou_hist
from segeval.plots.iou_hist import draw_iou_hist

CATEGORIES = [{"id": 1, "name": "chair"}, {"id": 2, "name": "lamp"}]


def ious(preds: list[dict[str, Any]], gt: list[dict[str, Any]], **how: Any) -> BestIoUs:
    """Of boxes (left, category, and more) with sides of 10 pixels."""
    document = {
        "images": [{"id": 1, "width": 900, "height": 50}],
        "categories": CATEGORIES,
        "annotations": [{"id": 7 + k, "image_id": 1, **each} for k, each in enumerate(gt)],
    }
    columns = segeval.load_predictions([{"image_id": 1, **each} for each in preds])
    truth = segeval.load_ground_truth(document)
    [found] = evaluations(columns, truth, Arguments(iou="bbox", **how), None)
    return best_iou_of_objects(found)


def box(left: float, category: int = 1, **more: Any) -> dict[str, Any]:
    return {"category_id": category, "bbox": [left, 0, 10, 10], **more}


def truth(left: float, category: int = 1, crowd: int = 0) -> dict[str, Any]:
    return box(left, category, area=100, iscrowd=crowd)


def test_the_best_iou_counts_whatever_the_score() -> None:
    # IoU 1/3 at score .9, 9/11 at score .1
    found = ious([box(5, score=0.9), box(1, score=0.1)], [truth(0)])
    assert found.best == pytest.approx([9 / 11])
    assert found.rows() == [
        ("iou", "annotation_id", "image_id", "category", "best_iou"),
        ("bbox", 7, 1, "chair", pytest.approx(9 / 11)),
    ]


def test_other_categories_and_crowd_regions_do_not_count() -> None:
    found = ious([box(0, 2, score=0.9)], [truth(0), truth(100, 2), truth(200, crowd=1)])
    assert found.best.tolist() == [0.0, 0.0]
    assert found.categories == ("chair", "lamp")


def test_predictions_beyond_the_cap_do_not_count() -> None:
    preds = [box(500, score=0.9), box(0, score=0.1)]
    assert ious(preds, [truth(0)], max_dets=1).best.tolist() == [0.0]
    assert ious(preds, [truth(0)], max_dets=2).best.tolist() == [1.0]


def test_thresholds_are_marked_with_the_share_that_reaches_them() -> None:
    found = ious([box(0, score=0.9), box(105, score=0.8)], [truth(0), truth(100), truth(200)])
    ax = plot_iou_hist(found)
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["33 %\n≥ 0.5", "33 %\n≥ 0.75", "33 %\n≥ 0.9"]
    assert len(ax.get_lines()) == 10
    assert found.counts[[0, 6, 19]].tolist() == [1, 1, 1]
    named = plot_iou_hist(ious([box(0, score=0.9)], [truth(0)], thresholds=[0.3, 0.4, 0.6]))
    assert [text.get_text() for text in named.texts] == ["100 %\n≥ 0.3", "100 %\n≥ 0.6"]


def test_text_has_a_bar_per_bin() -> None:
    lines = draw_iou_hist(ious([box(0, score=0.9)], [truth(0)]), width=60).splitlines()
    assert lines[0] == "Number of objects by best box IoU"
    assert len(lines) == 21
    assert lines[-1].endswith("100.0 % reach 0.95")


def test_without_ground_truth_it_says_so_and_without_predictions_all_is_zero() -> None:
    with pytest.raises(InputError, match="no ground truth counts, so there is no IoU to draw"):
        ious([box(0, score=0.9)], [])
    nothing = ious([], [truth(0)])
    assert nothing.best.tolist() == [0.0]
    ax = new_figure()[1]
    assert plot_iou_hist(nothing, ax=ax) is ax
