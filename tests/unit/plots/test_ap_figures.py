"""The figures of one AP result: what is drawn, and the numbers behind it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import segeval
from segeval.errors import InputError
from segeval.plots import (
    category_dots,
    new_figure,
    plot_categories,
    plot_models_precision_recall,
    plot_precision_recall,
    plot_scores,
    plot_sizes,
    precision_recall,
    score_counts,
    size_dots,
)
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.category_scores import MOST, draw_categories
from segeval.plots.labels import label_step
from segeval.plots.pr_curves import PrecisionRecall, draw_precision_recall
from segeval.plots.pr_models import draw_models_precision_recall, model_rows
from segeval.plots.score_hist import draw_scores
from segeval.plots.size_scores import Intervals, draw_size_scores, size_rows
from segeval.plots.style import PAGE_MM


def box(left: float, category: int = 1, side: float = 10, **more: Any) -> dict[str, Any]:
    return {"image_id": 1, "category_id": category, "bbox": [left, 0, side, side], **more}


def truth(*annotations: dict[str, Any], categories: int = 1) -> dict[str, Any]:
    return {
        "images": [{"id": 1, "width": 5000, "height": 200, "file_name": "1.jpg"}],
        "categories": [{"id": k, "name": f"thing {k}"} for k in range(1, categories + 1)],
        "annotations": [
            {"id": k, "iscrowd": 0, "area": each["bbox"][2] ** 2, **each}
            for k, each in enumerate(annotations, 1)
        ],
    }


def found(preds: list[dict[str, Any]], gt: dict[str, Any], **how: Any) -> segeval.APResult:
    return segeval.average_precision(preds, gt, iou="bbox", **how)


def shown(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


# Two objects of category 1; a hit of score .9, a prediction beside both of score .8.
HALF = found([box(0, score=0.9), box(500, score=0.8)], truth(box(0), box(100)))


def test_precision_is_one_up_to_the_recall_that_is_reached() -> None:
    curves = precision_recall(HALF)
    assert curves.precision[0, :51] == pytest.approx(1.0, abs=1e-15)  # + EPSILON in the divisor
    assert curves.precision[0, 51:].tolist() == [0.0] * 50
    assert curves.ap[0] == pytest.approx(51 / 101)
    header, first, *_ = curves.rows()
    assert header == ("iou", "threshold", "recall", "precision")
    assert first == pytest.approx(("bbox", 0.5, 0.0, 1.0))
    assert len(curves.rows()) == 1 + 10 * 101


def test_curves_have_their_ap_beside_them_and_no_legend() -> None:
    ax = plot_precision_recall(precision_recall(HALF))
    assert len(ax.get_lines()) == 10
    assert ax.get_lines()[0].get_ydata() == pytest.approx([100.0] * 51 + [0.0] * 50)
    assert shown(ax) == ["IoU 0.50: AP 50.5"]  # all ten are one line: one label
    assert ax.get_legend() is None


def test_curves_that_stand_apart_all_have_labels() -> None:
    # IoU 1, 2/3 and 1/3 with the three objects
    preds = [box(0, score=0.9), box(102, score=0.8), box(205, score=0.7)]
    curves = precision_recall(
        found(preds, truth(box(0), box(100), box(200)), thresholds=[0.3, 0.6, 0.9])
    )
    labels = shown(plot_precision_recall(curves))
    assert labels == ["IoU 0.30: AP 100.0", "0.60: AP 66.3", "0.90: AP 33.7"]


def test_ap50_and_ap75_are_named_where_their_curves_are_close() -> None:
    # IoU 0.78, 0.72 and 1 with the objects: precision of .50 and .75 meet recall 3 points apart
    gt = truth(*(box(20 * k) for k in range(40)))
    preds = [box(20 * k, score=1 - k / 100) for k in range(36)] + [box(20 * 36 + 1.6, score=0.5)]
    labels = shown(plot_precision_recall(precision_recall(found(preds, gt))))
    assert [label[:8] for label in labels] == ["IoU 0.50", "0.75: AP"]


def test_labels_are_in_the_order_of_their_curves_and_never_on_each_other() -> None:
    # precision 1 up to recalls of 62, 60 and 40 %: the first label stands left of its curve
    recalls = np.linspace(0, 1, 101)
    precision = (recalls < np.array([[0.62], [0.6], [0.4]])).astype(np.float64)
    curves = PrecisionRecall("segm", np.array([0.5, 0.75, 0.9]), recalls, precision, 1)
    ax = plot_precision_recall(curves)
    texts: list[Any] = [*ax.texts]
    heights = [float(each.xy[1]) for each in texts]  # of the middle of each text
    assert [each.get_text()[:8] for each in texts] == ["IoU 0.50", "0.75: AP", "0.90: AP"]
    assert [each.get_ha() for each in texts] == ["right", "left", "left"]
    assert all(high - low >= label_step(ax) - 1e-9 for high, low in pairwise(heights))


def test_bars_of_text_are_as_long_as_their_numbers() -> None:
    text = draw_precision_recall(precision_recall(HALF), width=40)
    lines = text.splitlines()
    assert lines[0] == "Box AP (%) by IoU threshold"
    assert lines[1].startswith("  0.50  50.5 █████")
    assert len(lines) == 11
    assert draw_bars("x", [Bar("a", None, "-")]).splitlines()[1] == "  a  -"


def sized() -> segeval.APResult:
    """A small object that is found, and two large ones, one of which is."""
    gt = truth(box(0), box(1000, side=100), box(2000, side=100))
    return found([box(0, score=0.9), box(1000, side=100, score=0.8)], gt)


def test_sizes_have_a_dot_each_and_the_undefined_none() -> None:
    [kind] = size_dots(sized())
    assert kind.names == ("all", "small", "medium", "large")
    assert kind.gt == (3, 1, 0, 2)
    assert [ap.value for ap in kind.ap] == pytest.approx([67 / 101, 1.0, None, 51 / 101])
    ax = plot_sizes([kind])
    dots = [
        float(np.asarray(line.get_ydata())[0])
        for line in ax.get_lines()
        if line.get_marker() == "o"
    ]
    assert dots == pytest.approx([100 * 67 / 101, 100.0, 100 * 51 / 101])
    assert [each.get_text() for each in ax.get_xticklabels()] == [
        "all\n3", "small\n1", "medium\n0", "large\n2",
    ]  # fmt: skip
    assert "\N{EN DASH}" in shown(ax)  # no medium object
    assert size_rows([kind])[3] == ("bbox", "medium", 1024.0, 9216.0, 0, None, None, None)
    assert "  medium      -" in draw_size_scores([kind]).splitlines()[3]


def test_intervals_are_lines_through_the_dots() -> None:
    intervals: Intervals = {
        ("bbox", "ap"): (0.6, 0.7),
        ("bbox", "sizes", "large", "ap"): (0.4, 0.9),
    }
    [kind] = size_dots(sized(), intervals)
    ax = plot_sizes([kind])
    spans = [list(np.asarray(line.get_ydata())) for line in ax.get_lines()]
    assert [40.0, 90.0] in spans
    assert [60.0, 70.0] in spans
    assert kind.ap[0].text == "66.3 (60.0 .. 70.0)"


def test_kinds_of_iou_stand_side_by_side_with_their_names() -> None:
    result = segeval.average_precision(
        [{**box(0, score=0.9), "segmentation": [[0, 0, 10, 0, 10, 10, 0, 10]]}],
        truth({**box(0), "segmentation": [[0, 0, 10, 0, 10, 10, 0, 10]]}),
        iou=("segm", "boundary"),
    )
    kinds = size_dots(result)
    ax = plot_sizes(kinds)
    assert {"mask", "boundary"} <= set(shown(ax))
    assert ax.get_ylabel() == "AP (%)"
    assert len(size_rows(kinds)) == 1 + 2 * 4


ALMOST_ONE = 1 - 2.0**-52
"""AP of one object that is found: the packages add an epsilon to the number of predictions."""


def many(number: int) -> segeval.APResult:
    """Categories with one object each, of which the first two thirds are found."""
    objects = [box(20 * k, k) for k in range(1, number + 1)]
    hits = [{**each, "score": 0.5} for each in objects[: 2 * number // 3]]
    return found(hits, truth(*objects, categories=number + 1))


def test_categories_are_sorted_and_those_without_objects_are_in_the_data_only() -> None:
    dots = category_dots(many(3))
    assert [each.name for each in dots.categories] == ["thing 1", "thing 2", "thing 3", "thing 4"]
    assert dots.rows()[1:] == [
        ("bbox", 3, "thing 3", 1, 0.0, None, None),
        ("bbox", 2, "thing 2", 1, ALMOST_ONE, None, None),
        ("bbox", 1, "thing 1", 1, ALMOST_ONE, None, None),
        ("bbox", 4, "thing 4", 0, None, None, None),
    ]
    ax = plot_categories(dots)
    assert [each.get_text() for each in ax.get_yticklabels()] == ["thing 1", "thing 2", "thing 3"]
    assert shown(ax) == ["1", "1", "1", "mean 66.7", "objects"]
    assert draw_categories(dots).splitlines()[3].startswith("  thing 3    0.0")


def test_a_hundred_categories_are_cut_to_those_with_the_lowest_ap_and_it_says_so() -> None:
    ax = plot_categories(category_dots(many(100)))
    assert len(ax.get_yticklabels()) == MOST
    assert ax.get_xlabel() == "box AP (%)\nlowest 80 of 100 categories"


def test_many_categories_stand_upright_on_a_page() -> None:
    ax = plot_categories(category_dots(many(60)), ax=new_figure(width_mm=PAGE_MM)[1])
    assert [each.get_rotation() for each in ax.get_xticklabels()] == [90.0] * 60
    few = plot_categories(category_dots(many(6)), ax=new_figure(width_mm=PAGE_MM)[1])
    assert len(few.get_yticklabels()) == 6


def test_scores_are_counted_in_twenty_bins() -> None:
    counts = score_counts(HALF.matches)
    assert (counts.true[17:19].tolist(), counts.false[15:17].tolist()) == ([0, 1], [0, 1])
    assert (counts.true.sum(), counts.false.sum()) == (1, 1)
    assert counts.rows()[19] == pytest.approx(("bbox", 0.5, 0.9, 0.95, 1, 0, 1.0))
    assert counts.rows()[1][-1] is None
    ax = plot_scores(counts)
    assert shown(ax) == ["1 true (IoU ≥ 0.5)", "1 false"]
    assert draw_scores(counts).splitlines()[19].split()[:2] == ["0.90\N{EN DASH}0.95", "100.0"]


def test_the_share_of_true_predictions_is_drawn_where_there_are_enough() -> None:
    objects = [box(20 * k) for k in range(20)]
    hits = [{**each, "score": 0.52} for each in objects[:6]]
    misses = [box(2000 + 20 * k, score=0.52) for k in range(2)] + [box(3000, score=0.02)]
    ax = plot_scores(score_counts(found(hits + misses, truth(*objects)).matches))
    [right] = [each for each in ax.figure.axes if each is not ax]
    [line] = right.get_lines()
    assert np.asarray(line.get_xydata()).tolist() == [[pytest.approx(0.525), 75.0]]


def test_scores_that_are_no_fractions_have_bins_of_their_own() -> None:
    preds = [box(0, score=-3.0), box(500, score=9.0)]
    counts = score_counts(found(preds, truth(box(0))).matches)
    assert (counts.edges[0], counts.edges[-1]) == (-3.0, 9.0)
    same = score_counts(found([box(0, score=7.0)], truth(box(0))).matches)
    assert (same.edges[0], same.true.sum()) == (7.0, 1)


@pytest.mark.parametrize("make", [precision_recall, size_dots, category_dots])
def test_without_ground_truth_there_is_nothing_to_draw(make: Any) -> None:
    with pytest.raises(InputError) as raised:
        make(found([], truth()))
    message = str(raised.value)
    assert message.endswith(
        "no ground truth counts, so AP is undefined and there is nothing to draw."
    )


def test_without_predictions_there_are_no_scores_but_curves_at_zero() -> None:
    nothing = found([], truth(box(0)))
    with pytest.raises(InputError, match="no prediction counts, so there are no scores to draw"):
        score_counts(nothing.matches)
    assert precision_recall(nothing).ap[0] == 0.0
    for ax in (
        plot_precision_recall(precision_recall(nothing)),
        plot_sizes(size_dots(nothing)),
        plot_categories(category_dots(nothing)),
    ):
        ax.figure.canvas.draw()


def test_every_figure_draws_on_axes_that_are_given() -> None:
    for draw, data in (
        (plot_precision_recall, precision_recall(HALF)),
        (plot_sizes, size_dots(HALF)),
        (plot_categories, category_dots(HALF)),
        (plot_scores, score_counts(HALF.matches)),
    ):
        ax = new_figure(dark=True)[1]
        assert draw(data, ax=ax) is ax  # type: ignore[arg-type]


def test_several_models_have_a_line_each_with_name_and_ap() -> None:
    whole = found([box(0, score=0.9), box(100, score=0.8)], truth(box(0), box(100)))
    curves = {"half": precision_recall(HALF), "whole": precision_recall(whole)}
    ax = plot_models_precision_recall(curves)
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "half  AP50 50.5",
        "whole  AP50 100.0",
    ]
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 2
    assert ax.get_ylabel() == "box precision at IoU 0.50 (%)"
    header, first, *_ = model_rows(curves)
    assert header == ("model", "iou", "threshold", "recall", "precision")
    assert first[:4] == ("half", "bbox", 0.5, 0.0)
    assert "whole" in draw_models_precision_recall(curves)


def test_lines_of_models_are_those_of_the_first_threshold() -> None:
    preds, gt = [box(2, score=0.9)], truth(box(0))  # an IoU of 2/3: true at 0.5, false at 0.75
    own = precision_recall(found(preds, gt, thresholds=[0.5, 0.75]))
    curves = {"a": own, "b": own}
    ax = plot_models_precision_recall(curves)
    legend = ax.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "IoU 0.50, the first of 2 thresholds"
    heading = draw_models_precision_recall(curves).splitlines()[0]
    assert heading == "Box AP50 (%) at IoU 0.50, the first of 2 thresholds"
    assert [np.asarray(line.get_ydata()).max() for line in ax.lines] == [pytest.approx(100)] * 2


def test_models_at_different_thresholds_and_too_many_are_refused() -> None:
    at_075 = found([box(0, score=0.9)], truth(box(0)), thresholds=[0.75])
    curves = {"a": precision_recall(HALF), "b": precision_recall(at_075)}
    with pytest.raises(InputError, match=r"curves are of bbox at 0\.50, bbox at 0\.75, expected"):
        plot_models_precision_recall(curves)
    with pytest.raises(InputError, match="10 lines, but a figure tells 9 apart"):
        plot_models_precision_recall({str(k): precision_recall(HALF) for k in range(10)})
