"""One image of label maps as a picture: wrong pixels by kind, told by pattern and colour."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.data.label_maps.classes import label_classes
from segeval.errors import InputError
from segeval.pictures import LabelTile, label_tile
from segeval.plots.label_image import (
    INK,
    LOOKS,
    draw_label_image,
    error_picture,
    label_image_rows,
    plot_label_image,
)

CLASSES = label_classes({0: "ground", 1: "car"})


def tile() -> LabelTile:
    """A car that is one column too wide, and one that is missed."""
    gt = np.zeros((100, 100), np.uint8)
    gt[20:60, 20:60] = gt[80:90, 80:90] = 1
    pred = np.zeros_like(gt)
    pred[20:60, 20:61] = 1
    return label_tile([pred], [gt], "0", classes=CLASSES, longest=2048)


def test_the_rows_are_kinds_and_confused_classes() -> None:
    assert label_image_rows(tile(), CLASSES.names) == [
        ("kind", "class", "predicted_as", "pixels", "share"),
        ("boundary", None, None, 40, 0.004),
        ("extent", None, None, 0, 0.0),
        ("segment", None, None, 100, 0.01),
        ("confused", "car", "ground", 100, 0.01),
        ("confused", "ground", "car", 40, 0.004),
    ]


def test_the_terminal_lists_the_same() -> None:
    first, *lines = draw_label_image(tile(), CLASSES.names).splitlines()
    assert first == "0: 1.4 % of 10,000 evaluated pixels are wrong"
    assert lines[0] == "    0.4 %  boundary  (40 px)"
    assert lines[3] == "    1.0 %  car taken for ground  (100 px)"


def test_a_line_of_one_pixel_has_the_colour_of_its_kind_all_along() -> None:
    for value, look in enumerate(LOOKS.values(), 1):
        kinds = np.zeros((40, 40), np.uint8)
        kinds[:, 8] = kinds[4, 4] = kinds[0] = value
        picture = error_picture(kinds)[kinds == value]
        assert {tuple(each) for each in picture[:, :3].tolist()} == {look.colour}


def test_an_image_without_evaluated_pixels_has_no_share_of_wrong_ones() -> None:
    void = np.full((4, 4), 255, np.uint8)
    own = label_tile([void // 255], [void], "0", classes=label_classes(CLASSES, 255), longest=9)
    first, *lines = draw_label_image(own, CLASSES.names).splitlines()
    assert first == "0: no pixel is evaluated"
    assert lines[0] == "      - %  boundary  (0 px)"
    assert label_image_rows(own, CLASSES.names)[1] == ("boundary", None, None, 0, None)
    words = [each.get_text() for each in plot_label_image(own).texts]
    assert words[:3] == ["0", "no pixel is evaluated", "boundary - %"]


def test_wrong_pixels_have_the_colour_of_their_kind_or_ink_and_others_are_clear() -> None:
    kinds = np.repeat(np.arange(5, dtype=np.uint8), 40)[None].repeat(40, 0)
    picture = error_picture(kinds)
    assert not picture[(kinds == 0) | (kinds == 4)].any()
    inks = []
    for value, look in enumerate(LOOKS.values(), 1):
        colours = {tuple(each) for each in picture[kinds == value][:, :3].tolist()}
        assert colours == {look.colour, INK}
        inks.append((picture[kinds == value][:, :3] == INK).all(axis=1))
    assert len({each.tobytes() for each in inks}) == 3


def test_the_figure_names_the_image_and_every_kind() -> None:
    ax = plot_label_image(tile())
    words = [text.get_text() for text in ax.texts]
    assert words == ["0", "1.4 % wrong", "boundary 0.4 %", "extent 0.0 %", "segment 1.0 %"]
    assert len(ax.images) == 1


def test_an_unknown_image_is_refused_with_the_nearest_names() -> None:
    maps = [np.zeros((2, 2), np.uint8)] * 3
    with pytest.raises(InputError, match='the ground truth has no image "room"'):
        label_tile(maps, maps, "room", classes=CLASSES, longest=9)
