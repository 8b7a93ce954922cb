"""The figure of a comparison: dots with intervals around zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import segeval
from segeval.analysis import Comparison
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.plots import DifferenceDots, difference_dots, new_figure, plot_compare
from segeval.plots.differences import MOST, draw_compare, drawn_dots
from segeval.plots.palette import LIGHT

SCENE = furniture(images=20)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return segeval.compare(
        SCENE.weaker, SCENE.better, SCENE.ground_truth, iou=("segm", "bbox"), resamples=100,
        margin=0.01,
    )  # fmt: skip


def test_main_numbers_and_sizes_keep_their_order(compared: Comparison) -> None:
    dots = difference_dots(compared)
    names = [each.name for each in dots.dots]
    assert names[:4] == ["AP", "AP50", "AP75", "AR"]
    assert "AP_large" in names
    assert "AP50_large" not in names
    assert "box AP" in names
    assert dots.dots[0].found is compared.difference
    rows = dots.rows()
    assert rows[1][:5] == (
        "segm.ap", "AP", compared.difference.a, compared.difference.b,
        compared.difference.difference,
    )  # fmt: skip


def test_categories_are_sorted_and_of_the_main_number_alone(compared: Comparison) -> None:
    dots = difference_dots(compared, by="category")
    values = [each.found.difference or 0.0 for each in dots.dots]
    assert values == sorted(values, reverse=True)
    assert {each.path[0] for each in dots.dots} == {"segm"}
    assert {"chair", "sofa"} <= {each.name for each in dots.dots}


def test_dots_stand_at_the_differences_and_lines_span_their_intervals(
    compared: Comparison,
) -> None:
    dots = difference_dots(compared)
    ax = plot_compare(dots)
    first = dots.dots[0].found
    lines = [list(np.asarray(line.get_xdata(), np.float64)) for line in ax.get_lines()]
    assert pytest.approx([100 * end for end in first.interval or ()]) in lines
    assert pytest.approx([100 * (first.difference or 0)]) in lines
    assert len(ax.patches) == 1  # the margin


def test_a_model_has_the_colour_that_other_figures_give_it(compared: Comparison) -> None:
    dots = difference_dots(compared)
    ax = plot_compare(dots)
    colours = [text.get_color() for text in ax.texts[:2]]
    assert colours == [LIGHT.line(0)[0], LIGHT.line(1)[0]]
    drawn = {line.get_color() for line in ax.get_lines() if line.get_marker() in ("o", "x")}
    winner = colours[(dots.dots[0].found.difference or 0.0) > 0]
    assert winner in drawn
    assert drawn <= {winner, LIGHT.grey}
    low, high = ax.get_xlim()
    assert low == -high
    texts = [text.get_text() for text in ax.texts]
    assert [text.splitlines()[1] for text in texts] == ["better", "better"]


def test_the_verdict_fills_the_dot(compared: Comparison) -> None:
    dots = difference_dots(compared)
    markers = [line for line in plot_compare(dots).get_lines() if len(line.get_xdata()) == 1]  # type: ignore[arg-type]
    filled = [line.get_markerfacecolor() == line.get_color() for line in markers]
    assert filled == [each.found.verdict in ("better", "worse") for each in dots.dots]
    assert any(filled)


def test_of_too_many_the_farthest_are_drawn(compared: Comparison) -> None:
    one = difference_dots(compared).dots[0]
    many = [
        replace(one, path=("segm", place), found=replace(one.found, difference=place / 1000))
        for place in range(MOST + 5)
    ]
    dots = DifferenceDots("a", "b", tuple(many), 0.0, 20)
    assert drawn_dots(dots)[0].found.difference == 0.005
    ax = plot_compare(dots, ax=new_figure(height_mm=200)[1])
    assert ax.get_xlabel() == f"difference in points\nfarthest {MOST} of {MOST + 5}"


def test_text_has_a_line_per_number(compared: Comparison) -> None:
    lines = draw_compare(difference_dots(compared, by="category"), width=70).splitlines()
    assert max(map(len, lines)) <= 70
    assert all("●" in line for line in lines[1:])


def test_an_undefined_comparison_has_nothing_to_draw(compared: Comparison) -> None:
    scores = compared.scores
    nothing = replace(scores.pairs[0], differences={})
    empty = replace(compared, scores=replace(scores, pairs=(nothing,)))
    with pytest.raises(InputError, match="no difference by category is defined"):
        difference_dots(empty, by="category")
