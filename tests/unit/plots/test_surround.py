"""The figure of categories that lie inside of others."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.plots import new_figure, plot_surround
from segeval.plots.surround import draw_surround, surround_rows
from segeval.rescore import surround_statistics
from tests.unit.rescore.scenes import BICYCLE, WHEEL, ground_truth

PAIRS = [([0, 0, 100, 60], [10, 40, 20, 20]), ([290, 290, 100, 60], [300, 300, 20, 20])]
FOUND = surround_statistics(
    ground_truth(
        [[(BICYCLE, PAIRS[n % 2][0]), (WHEEL, PAIRS[n % 2][1])] for n in range(20)]
        + [[(WHEEL, PAIRS[0][1])]] * 5
    )
)


def test_rows_have_every_pair_that_occurs() -> None:
    header, *rows = surround_rows(FOUND)
    assert header[:5] == ("inside", "around", "inside_name", "around_name", "objects")
    assert rows == [(2, 1, "wheel", "bicycle", 25, 0.8, 0.0, 1.0, 0.0)]


def test_dots_are_the_share_and_rings_are_chance() -> None:
    ax = plot_surround(FOUND, ax=new_figure()[1])
    rings, dots = (line.get_xdata() for line in ax.lines)
    assert np.asarray(rings).tolist() == [0.0]
    assert np.asarray(dots).tolist() == [80.0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["wheel in bicycle"]
    assert ax.get_xlim()[1] == pytest.approx(84)  # the axis ends where the dots do
    assert ax.get_xlabel() == "share inside (%)\nrings: by chance"


def test_the_terminal_shows_both() -> None:
    text = draw_surround(FOUND, width=80)
    assert "wheel in bicycle" in text
    assert "80.0 %" in text
    assert "0.0 % by chance" in text


def test_nothing_inside_of_anything_is_refused() -> None:
    alone = surround_statistics(ground_truth([[(WHEEL, PAIRS[0][1])]]))
    with pytest.raises(InputError, match="no object is inside of one of another category"):
        draw_surround(alone)
