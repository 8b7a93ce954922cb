"""Precision against score."""

from __future__ import annotations

from typing import Any

import pytest

from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.plots import Reliability, new_figure, plot_reliability, reliability_of
from segeval.plots.reliability import draw_reliability


def box(left: float, **more: Any) -> dict[str, Any]:
    return {"image_id": 1, "category_id": 1, "bbox": [left, 0, 10, 10], **more}


def reliability(*preds: dict[str, Any], threshold: float = 0.5) -> Reliability:
    """Of predictions of two objects at 0 and 100."""
    gt = {
        "images": [{"id": 1, "width": 900, "height": 50}],
        "categories": [{"id": 1, "name": "chair"}, {"id": 2, "name": "lamp"}],
        "annotations": [box(left, id=k, area=100, iscrowd=0) for k, left in enumerate((0, 100), 1)],
    }
    [found] = evaluations(list(preds), gt, Arguments(iou="bbox"), None)
    return reliability_of(found, threshold=threshold)


def test_a_bin_has_its_mean_score_and_the_share_that_is_true() -> None:
    found = reliability(box(0, score=0.75), box(100, score=0.72), box(500, score=0.78))
    [filled] = [each for each in found.bins if each.preds]
    assert filled.preds == 3
    assert [filled.low, filled.score, filled.precision] == pytest.approx([0.7, 0.75, 2 / 3])
    assert len(found.rows()) == 11
    assert found.rows()[1][5:] == (None, None, None)


def test_predictions_of_categories_without_objects_do_not_count() -> None:
    found = reliability(box(0, score=0.75), {**box(500, score=0.7), "category_id": 2})
    assert sum(each.preds for each in found.bins) == 1


def test_dots_grow_with_the_predictions_and_gaps_are_lines_to_the_diagonal() -> None:
    found = reliability(*(box(500 + 20 * k, score=0.95) for k in range(8)), box(0, score=0.35))
    ax = plot_reliability(found, ax=new_figure()[1])
    lines = [list(map(float, line.get_ydata())) for line in ax.get_lines()]  # type: ignore[arg-type]
    assert pytest.approx([95.0, 0.0]) in lines
    assert pytest.approx([35.0, 100.0]) in lines
    sizes = [line.get_markersize() for line in ax.get_lines() if line.get_marker() == "o"]
    assert sizes[0] < sizes[1]
    assert [text.get_text() for text in ax.texts] == [
        f"D-ECE {100 * (found.d_ece or 0):.1f} %", "9 predictions",
    ]  # fmt: skip


def test_the_threshold_decides_what_is_true() -> None:
    near = box(2, score=0.95)  # IoU 2/3
    assert reliability(near, threshold=0.5).bins[-1].precision == 1.0
    assert reliability(near, threshold=0.75).bins[-1].precision == 0.0


def test_text_has_a_bar_per_bin() -> None:
    lines = draw_reliability(reliability(box(0, score=0.95))).splitlines()
    assert lines[0].startswith("True predictions (%) by score at box IoU 0.5; D-ECE ")
    assert lines[-1].split()[1] == "100.0"
    assert lines[-1].endswith("mean score 0.95, 1")


def test_scores_that_are_no_fractions_and_no_scores_are_refused() -> None:
    with pytest.raises(InputError) as raised:
        reliability(box(0, score=7.5))
    assert str(raised.value) == (
        "predictions: a score is 7.5, expected scores from 0 to 1, which precision can be "
        "compared with."
    )
    with pytest.raises(InputError, match="no prediction counts, so there are no scores to draw"):
        reliability()
