"""Names of any width, length and direction: nothing leaves the figure, nothing breaks a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.textpath import TextPath

import segeval
from segeval.analysis import confusion, error_kinds, evaluated, image_errors
from segeval.characters import CONTROLS
from segeval.data.label_maps.classes import label_classes
from segeval.data.synthetic import furniture
from segeval.pictures import LabelTile, Seen, Shape, Tile, image_tiles, label_tile, worst_images
from segeval.plots import (
    category_dots,
    difference_dots,
    error_costs,
    plot_categories,
    plot_compare,
    plot_confusion,
    plot_cooccurrence,
    plot_errors,
    plot_images,
    plot_surround,
)
from segeval.plots.bars import Bar, draw_bars
from segeval.plots.label_image import draw_label_image
from segeval.plots.letters import LETTER, fitting, text_width
from segeval.plots.one_image import draw_image
from segeval.plots.segment_image import draw_segment_image
from segeval.rescore import cooccurrence, surround_statistics

NAMES = (
    "W" * 10_000, "$x_1$", "$\\frac{1}{", "a\nb\tc", "\x1b[2Jred", "\u202egnirts", "m" * 30,
    "<script>alert(1)</script>", "\u05e2\u05d1\u05e8\u05d9\u05ea", "i" * 200,
)  # fmt: skip


@pytest.fixture(scope="module")
def scene() -> dict[str, Any]:
    """Ground truth with these names, and predictions of two models."""
    made = furniture(images=12)
    gt = segeval.load_ground_truth(made.ground_truth)
    renamed = {**made.ground_truth, "categories": [
        {**each, "name": name}
        for each, name in zip(made.ground_truth["categories"], NAMES, strict=True)
    ]}  # fmt: skip
    assert len(gt) == len(segeval.load_ground_truth(renamed))
    return {"better": made.better, "weaker": made.weaker, "gt": renamed}


def figure_of(kind: str, scene: dict[str, Any]) -> Any:
    better, weaker, gt = scene["better"], scene["weaker"], scene["gt"]
    if kind == "categories":
        return plot_categories(category_dots(segeval.average_precision(better, gt)))
    if kind == "compare":
        compared = segeval.compare(weaker, better, gt, resamples=20)
        return plot_compare(difference_dots(compared, by="category"))
    if kind == "confusion":
        return plot_confusion(confusion(evaluated(weaker, gt, min_score=0.1)))
    if kind == "cooccurrence":
        return plot_cooccurrence(cooccurrence(segeval.load_ground_truth(gt)))
    if kind == "surround":
        return plot_surround(surround_statistics(segeval.load_ground_truth(gt)))
    if kind == "errors":
        return plot_errors(error_costs({"W" * 99: error_kinds(better, gt)}))
    found = evaluated(better, gt, min_score=0.5)
    seen = Seen("", found, image_errors(found, threshold=0.5))
    return plot_images(image_tiles([seen], worst_images([seen], 4)))


@pytest.mark.parametrize(
    "kind", ["categories", "compare", "confusion", "cooccurrence", "surround", "errors", "images"]
)
def test_all_text_lies_inside_of_the_figure_on_lines_of_its_own(
    kind: str, scene: dict[str, Any]
) -> None:
    ax = figure_of(kind, scene)
    figure = ax.get_figure(root=True)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    ticks = [
        tick.label1
        for axis in (ax.xaxis, ax.yaxis)
        for tick in axis.get_major_ticks()
        if min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    ]
    texts = [text for text in (*ax.texts, *ticks) if text.get_text()]
    labels = [text for text in (ax.xaxis.label, ax.yaxis.label) if text.get_text()]
    assert texts
    for text in (*texts, *labels):
        box = text.get_window_extent(canvas.get_renderer())
        inside = box.x0 >= -1 and box.y0 >= -1
        inside &= box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        assert inside, text.get_text()
    if kind not in ("compare", "errors"):  # their second lines are ours
        shown = "".join(text.get_text() for text in texts).replace("\N{LEFT-TO-RIGHT MARK}", "")
        assert CONTROLS.search(shown) is None
        assert shown.isprintable()


def test_the_width_of_text_is_that_of_its_outlines() -> None:
    for text in ("nnnn", "HHHH"):  # without pairs that stand closer
        outline = TextPath((0, 0), text, size=100).get_extents()
        sides = 100 * text_width(text) - (outline.x1 - outline.x0)
        assert 0 < sides < 100 * text_width(text[0]) / 2


def test_names_that_fit_stay_and_others_are_cut_in_the_middle() -> None:
    assert fitting("dining table", 12) == "dining table"
    assert fitting("i" * 24, 12) == "i" * 24  # narrow letters
    assert fitting("W" * 12, 12) == "WWW\N{HORIZONTAL ELLIPSIS}WWW"
    assert text_width(fitting("W" * 10_000, 12)) <= 12 * LETTER


def test_a_name_from_right_to_left_does_not_turn_its_neighbours() -> None:
    assert fitting("\u05d0\u05d1", 12) == "\u200e\u05d0\u05d1\u200e"


def test_what_is_not_plain_text_is_shown_as_python_writes_it() -> None:
    assert fitting("a\nb\u202e", 12) == r"a\nb\u202e"


FORGED = "car\n  T true        FORGED"


def one_shape_tile() -> Tile:
    """A missed object whose category, and whose image, have a line break in their names."""
    shape = Shape("N", [], FORGED, about=f", taken for {FORGED}")
    return Tile(1, FORGED, "", (4, 4), (shape,), (0, 0, 1), 1.0)


def forged_label_tile() -> LabelTile:
    """A pixel of a class whose name has a line break, in an image with such a name."""
    gt = np.array([[0, 1]], np.uint8)
    own = label_tile([gt[:, ::-1]], [gt], "0", classes=label_classes({0: "a", 1: "b"}), longest=9)
    return replace(own, key=FORGED)


def test_no_name_begins_a_line_of_the_terminal() -> None:
    for text, lines in (
        (draw_image(one_shape_tile()), 2),
        (draw_segment_image(one_shape_tile(), None), 2),
        (draw_label_image(forged_label_tile(), (FORGED, "b")), 6),
        (draw_bars(FORGED, [Bar(FORGED, 1.0, "1")]), 2),
    ):
        assert len(text.splitlines()) == lines, text
        assert "\\n" in text
