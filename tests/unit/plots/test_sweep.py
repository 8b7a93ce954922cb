"""The figure of a sweep: what is drawn, not how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from segeval.analysis import SweepPoint, SweepResult, SweepScores
from segeval.metrics.coco.protocol import LVIS
from segeval.plots import new_figure, plot_sweep

# AP, APr, APc and APf by cap; with None as for data without frequencies.
FOUR = {100: (0.2, 0.1, 0.2, 0.3), 300: (0.24, 0.1, 0.3, 0.31), 1000: (0.25, 0.12, 0.35, 0.32)}


def result(numbers: Mapping[int, tuple[float | None, ...]], iou: str = "segm") -> SweepResult:
    points = tuple(
        SweepPoint(cap, ap, None, None, rare, common, frequent, 0.5, 10)
        for cap, (ap, rare, common, frequent) in numbers.items()
    )
    scores = SweepScores(iou, points, {}, has_frequencies=True)
    return SweepResult(scores=scores, settings={"protocol": LVIS.name})


def labels(ax: Any) -> dict[str, float]:
    """Texts in the axes and their heights in data."""
    return {text.get_text(): text.xy[1] for text in ax.texts}


def test_every_number_is_a_line_with_its_name_at_the_end() -> None:
    ax = plot_sweep(result(FOUR))
    assert [list(np.asarray(line.get_xdata())) for line in ax.get_lines()] == [[100, 300, 1000]] * 4
    assert ax.get_lines()[1].get_ydata() == pytest.approx([10, 10, 12])
    assert labels(ax) == pytest.approx({"AP": 25, "APr": 12, "APc": 35, "APf": 32})
    assert ax.get_legend() is None


def test_without_frequencies_there_is_one_line() -> None:
    ax = plot_sweep(result({10: (0.2, None, None, None), 20: (0.3, None, None, None)}, "boundary"))
    assert len(ax.get_lines()) == 1
    assert list(labels(ax)) == ["AP"]
    assert ax.get_ylabel() == "boundary AP (%)"


def test_labels_of_lines_that_end_together_stand_apart() -> None:
    ax = plot_sweep(result({100: (0.2, 0.1, 0.3, 0.4), 300: (0.3, 0.3, 0.3, 0.3)}))
    heights = sorted(labels(ax).values())
    low, high = ax.get_ylim()
    assert min(b - a for a, b in pairwise(heights)) > 0.03 * (high - low)


def test_small_differences_are_not_blown_up() -> None:
    ax = plot_sweep(result({100: (0.2, None, None, None), 300: (0.2001, None, None, None)}))
    low, high = ax.get_ylim()
    assert high - low == pytest.approx(2.0)


def test_caps_far_apart_stand_on_a_logarithmic_axis() -> None:
    numbers = dict.fromkeys((1, 10, 100), (0.2, None, None, None))
    assert plot_sweep(result(numbers)).get_xscale() == "log"
    assert plot_sweep(result(FOUR)).get_xscale() == "linear"


def test_numbers_below_the_axis_do_not_run_into_each_other() -> None:
    numbers = dict.fromkeys((100, 101, 102, 550, 999, 1000), (0.2, None, None, None))
    ticks = plot_sweep(result(numbers)).get_xticks()
    assert sorted(ticks) == [102, 550, 1000]


def test_it_draws_on_axes_that_are_given() -> None:
    _, ax = new_figure()
    assert plot_sweep(result(FOUR), ax=ax) is ax


def test_an_undefined_sweep_has_no_line() -> None:
    ax = plot_sweep(result({100: (None, None, None, None)}))
    assert (len(ax.get_lines()), labels(ax)) == (0, {})
