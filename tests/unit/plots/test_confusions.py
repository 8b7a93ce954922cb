"""The figure of confused categories."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segeval.analysis import Confusion
from segeval.errors import InputError
from segeval.plots import new_figure, plot_confusion
from segeval.plots.confusions import confusion_height, confusion_rows, draw_confusion

# 8 chairs: 5 right, 2 as lamps, 1 not found; 3 lamps out of nothing
FOUND = Confusion.of_table(
    np.array([[5, 2, 1], [0, 4, 0], [0, 3, 0]]),
    iou="segm",
    threshold=0.5,
    min_score=0.3,
    ids=(1, 2),
    names=("chair", "lamp"),
)


def test_pairs_are_sorted_with_their_share_of_the_objects() -> None:
    ax = plot_confusion(FOUND)
    assert [each.get_text() for each in ax.get_yticklabels()] == [
        "no object: lamp", "chair as lamp", "not found: chair",
    ]  # fmt: skip
    assert [text.get_text() for text in ax.texts] == ["3", "2 (25.0 %)", "1 (12.5 %)"]
    assert len({text.get_color() for text in ax.texts}) == 3


def test_the_data_has_every_pair_that_occurs() -> None:
    rows = confusion_rows(FOUND)
    assert rows[0][3:] == ("gt", "pred", "gt_name", "pred_name", "count")
    assert [row[3:] for row in rows[1:]] == [
        (1, 1, "chair", "chair", 5),
        (2, 2, "lamp", "lamp", 4),
        (None, 2, "background", "lamp", 3),
        (1, 2, "chair", "lamp", 2),
        (1, None, "chair", "background", 1),
    ]


def test_text_has_a_bar_per_pair() -> None:
    lines = draw_confusion(FOUND, width=60).splitlines()
    assert lines[-2].startswith("  chair as lamp     2 ███")
    assert lines[-1].endswith("12.5 %")


def test_without_confusion_it_says_so() -> None:
    right = replace(FOUND, ids=(1,), gt=np.array([0]), pred=np.array([0]), number=np.array([5]))
    for draw in (plot_confusion, draw_confusion):
        with pytest.raises(InputError) as raised:
            draw(right)
        assert str(raised.value) == (
            "nothing is confused at mask IoU 0.5 and scores from 0.3, so there is nothing to draw."
        )


def test_it_draws_on_axes_that_are_given() -> None:
    ax = new_figure(height_mm=confusion_height(FOUND), dark=True)[1]
    assert plot_confusion(FOUND, ax=ax) is ax


# 90 pixels of road, of which 20 are taken for cars and 5 for what is not evaluated
PIXELS = Confusion.of_table(
    np.array([[65, 20, 5], [0, 30, 0], [0, 0, 0]]),
    iou=None,
    threshold=None,
    min_score=None,
    ids=(0, 1),
    names=("road", "car"),
)


def test_pixels_are_taken_for_other_classes_or_for_what_is_not_evaluated() -> None:
    ax = plot_confusion(PIXELS)
    assert [each.get_text() for each in ax.get_yticklabels()] == ["road as car", "road as ignored"]
    assert [text.get_text() for text in ax.texts] == ["20 (22.2 %)", "5 (5.6 %)"]
    assert ax.get_xlabel() == "pixels (share)"
    assert confusion_rows(PIXELS)[:2] == [
        ("gt", "pred", "gt_name", "pred_name", "count"),
        (0, 0, "road", "road", 65),
    ]
    assert draw_confusion(PIXELS).splitlines()[0] == (
        "Pixels of classes that are taken for others, and share of the class"
    )


def test_label_maps_without_a_wrong_pixel_have_no_figure() -> None:
    right = replace(PIXELS, ids=(0,), gt=np.array([0]), pred=np.array([0]), number=np.array([9]))
    with pytest.raises(InputError, match=r"^no pixel is taken for another class, so there is"):
        plot_confusion(right)
