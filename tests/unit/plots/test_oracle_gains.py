"""The figure of oracles: what AP would be if one thing were perfect."""

from __future__ import annotations

from typing import Any

import pytest

import segeval
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.plots import OracleGains, new_figure, oracle_gains, plot_oracles
from segeval.plots.oracle_dots import NAMES, draw_oracles, oracles_height

SCENE = furniture(images=12)


@pytest.fixture(scope="module")
def alone() -> OracleGains:
    return oracle_gains(segeval.oracles(SCENE.better, SCENE.ground_truth))


@pytest.fixture(scope="module")
def both() -> OracleGains:
    return oracle_gains(segeval.oracles([SCENE.weaker, SCENE.better], SCENE.ground_truth))


def test_gains_are_sorted_and_add_to_ap(alone: OracleGains) -> None:
    gains = [each.gain or 0.0 for each in alone.gains]
    assert gains == sorted(gains, reverse=True)
    [ap] = alone.ap.values()
    for each in alone.gains:
        assert each.ap == pytest.approx((ap or 0) + (each.gain or 0))
    assert alone.rows()[1] == ("segm", "", "none", ap, 0.0)
    assert len(alone.rows()) == 2 + len(alone.gains)


def points(ax: Any, marker: str) -> list[float]:
    """Where the dots of one kind stand."""
    return [float(line.get_xdata()[0]) for line in ax.get_lines() if line.get_marker() == marker]


def test_dots_stand_at_ap_with_the_gain_beside(alone: OracleGains) -> None:
    ax = plot_oracles(alone)
    assert points(ax, "o") == pytest.approx([100 * (each.ap or 0) for each in alone.gains])
    texts = [text.get_text() for text in ax.texts]
    assert texts[1:] == [f"{100 * (each.gain or 0):+.1f}" for each in alone.gains]
    assert [each.get_text() for each in ax.get_yticklabels()] == [
        NAMES[each.oracle] for each in alone.gains
    ]


def test_models_stand_side_by_side_above_the_best_of_all(both: OracleGains) -> None:
    assert both.gains[-1].oracle == "best_of_models"
    ax = plot_oracles(both, ax=new_figure(height_mm=oracles_height(both))[1])
    assert len(points(ax, "o")) == len(points(ax, "s")) == 8
    assert points(ax, "D") == pytest.approx([100 * (both.gains[-1].ap or 0)])
    lines = draw_oracles(both).splitlines()
    assert len(lines) == 2 + 2 + 2 * 8 + 1
    assert lines[2].startswith("  as it is  A ")
    assert lines[-1].startswith("  best of all models")


def test_without_ground_truth_there_is_nothing_to_draw() -> None:
    empty = {**SCENE.ground_truth, "annotations": []}
    with pytest.raises(InputError, match="no ground truth counts, so AP is undefined"):
        oracle_gains(segeval.oracles([], empty))
