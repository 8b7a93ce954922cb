"""The figure of categories that share images."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.plots import new_figure, plot_cooccurrence
from segeval.plots.cooccurrence import cooccurrence_rows, draw_cooccurrence
from segeval.rescore import Cooccurrence, cooccurrence
from tests.unit.rescore.test_cooccurrence import IMAGES, of_images

FOUND = cooccurrence(of_images(IMAGES), smoothing=0)


def test_rows_have_every_pair_that_shares_an_image() -> None:
    header, *rows = cooccurrence_rows(FOUND)
    assert header[:4] == ("category", "given", "name", "given_name")
    assert [row[:6] for row in rows] == [(1, 2, "P", "G", 3, 2), (2, 1, "G", "P", 4, 2)]
    assert [row[6] for row in rows] == [pytest.approx(2 / 3), pytest.approx(1 / 2)]


def test_cells_have_the_chance_of_the_row_given_the_column() -> None:
    ax = plot_cooccurrence(FOUND, ax=new_figure()[1])
    drawn = ax.images[0].get_array()
    assert drawn is not None
    assert np.ma.getmaskarray(drawn).tolist() == [[True, False], [False, True]]
    assert drawn[0, 1] == pytest.approx(2 / 3)
    assert [text.get_text() for text in ax.texts] == ["67", "50"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["P", "G"]


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_can_be_read_on_every_cell(dark: bool) -> None:
    ax = plot_cooccurrence(FOUND, ax=new_figure(dark=dark)[1])
    assert {text.get_color() for text in ax.texts} <= {"white", "black", "#16181D", "#ECECEC"}


def test_the_terminal_has_chance_and_lift() -> None:
    text = draw_cooccurrence(FOUND, width=60)
    assert "P beside G" in text
    assert "66.7 %" in text


def test_categories_that_share_no_image_cannot_be_drawn() -> None:
    apart: Cooccurrence = cooccurrence(of_images(["P", "G"]))
    with pytest.raises(InputError, match="no two categories share an image"):
        plot_cooccurrence(apart)
    with pytest.raises(InputError, match="no two categories share an image"):
        draw_cooccurrence(apart)
