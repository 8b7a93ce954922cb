"""Mean IoU by trimap width, as a figure, as text and as rows."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation

import segeval
from segeval.plots import TrimapCurve, draw_trimap, new_figure, save, trimap_curve, trimap_plot
from segeval.plots.labels import spread
from segeval.plots.trimap import trimap_rows

SETTINGS: dict[str, Any] = {
    "trimap_metric": "euclid",
    "trimap_void": "ignore",
    "trimap_total_width": False,
    "absent": "cityscapes",
}


def curve(
    name: str, *miou: float | None, whole: float | None = 0.75, **changed: Any
) -> TrimapCurve:
    """A model's line at widths 1, 2, 4, 8 ..."""
    widths = tuple(2.0**i for i in range(len(miou)))
    pixels = tuple(100 * (i + 1) for i in range(len(miou)))
    return TrimapCurve(name, widths, miou, pixels, whole, 1000, {**SETTINGS, **changed})


FOUR = [
    curve("first", 0.25, 0.4, 0.5, 0.61),
    curve("second", 0.3, 0.45, 0.55, 0.62, whole=0.751),
    curve("third", 0.31, 0.46, 0.56, 0.63, whole=0.752),
    curve("a_model_with_a_very_long_name", 0.2, 0.3, 0.33, 0.35, whole=0.4),
]


def _length(line: Any) -> int:
    """Number of points of a line."""
    return len(line.get_xdata())


def data_of(ax: Any, colour: str) -> list[list[float]]:
    """The whole lines of a colour: markers at every width."""
    lines = [line for line in ax.lines if line.get_color() == colour and line.get_marker() == "o"]
    return [[*map(float, line.get_ydata())] for line in lines if _length(line) > 1]


def test_each_model_is_a_line_in_percent() -> None:
    ax = trimap_plot(FOUR[:2])
    assert data_of(ax, "#0072B2") == [[25, 40, 50, 61]]
    assert data_of(ax, "#D55E00") == [[30, 45, pytest.approx(55), 62]]
    assert ax.get_ylabel() == "mIoU (%)"
    assert ax.get_xlabel() == "trimap width (px, on either side)"


def test_whole_images_stand_at_the_right_as_all() -> None:
    ax = trimap_plot(FOUR[:1])
    rings = [line for line in ax.lines if _length(line) == 1]
    assert [line.get_ydata()[0] for line in rings] == [75]  # type: ignore[index]
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert labels == ["all", "8", "4", "2", "1"]


def test_a_width_that_is_the_total_is_called_so() -> None:
    ax = trimap_plot([curve("a", 0.5, trimap_total_width=True)])
    assert ax.get_xlabel() == "trimap width (px, both sides together)"


def test_names_stand_beside_their_lines_and_not_on_each_other() -> None:
    figure, ax = new_figure()
    trimap_plot(FOUR, ax=ax)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    names = [text for text in ax.texts if isinstance(text, Annotation)]
    assert [text.get_text() for text in names] == ["first", "second", "third", "a_model_…ng_name"]
    boxes = [mpl.text.Text.get_window_extent(text, canvas.get_renderer()) for text in names]
    assert all(box.x0 > ax.bbox.x1 and box.x1 <= figure.bbox.x1 for box in boxes)
    heights = sorted((box.y0, box.y1) for box in boxes)
    assert all(low[1] <= high[0] + 1 for low, high in pairwise(heights))
    assert heights[-1][1] <= figure.bbox.y1


def test_numbers_of_near_widths_do_not_touch() -> None:
    widths = (1.0, 1.25, 1.5, 2.0, 3.0, 40.0)
    one = TrimapCurve("a", widths, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), (1,) * 6, 0.7, 9, SETTINGS)
    figure, ax = new_figure()
    trimap_plot([one], ax=ax)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [label.get_window_extent(canvas.get_renderer()) for label in ax.get_xticklabels()]
    spans = sorted((box.x0, box.x1) for box in boxes)
    assert all(low[1] < high[0] for low, high in pairwise(spans))


def test_an_undefined_number_is_a_gap() -> None:
    ax = trimap_plot([curve("a", 0.25, None, 0.5, whole=None)])
    (line,) = data_of(ax, "#0072B2")
    assert np.isnan(line[1])
    assert [line[0], line[2]] == [25, 50]


def test_axis_is_linear_unless_asked() -> None:
    assert trimap_plot(FOUR).get_xscale() == "linear"
    assert trimap_plot(FOUR, log=True).get_xscale() == "log"


def test_draws_on_axes_that_are_given() -> None:
    ax = Figure().subplots()
    assert trimap_plot(FOUR, ax=ax) is ax


def test_equal_figures_are_equal_files(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.svg" for name in "ab"]
    for path in paths:
        figure, ax = new_figure()
        trimap_plot(FOUR, ax=ax)
        save(figure, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_settings_of_matplotlib_stay_as_they_are() -> None:
    before = dict(mpl.rcParams)
    trimap_plot(FOUR)
    assert dict(mpl.rcParams) == before


def test_drawing_does_not_import_pyplot() -> None:
    code = """
import sys
from segeval.plots import TrimapCurve, trimap_plot
trimap_plot([TrimapCurve("a", (1.0,), (0.5,), (3,), 0.5, 9, {})])
sys.exit("matplotlib.pyplot" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("key", list(SETTINGS))
def test_models_that_were_measured_differently_are_refused(key: str) -> None:
    models = [curve("a", 0.5), curve("b", 0.5, whole=None, **{key: "other"})]
    with pytest.raises(segeval.MismatchError) as caught:
        trimap_plot(models)
    assert str(caught.value) == (
        f"b: {key} is other, but a has {SETTINGS[key]}; "
        "their numbers cannot be compared. Measure both alike."
    )
    with pytest.raises(segeval.MismatchError):
        draw_trimap(models)


def test_no_model_is_refused() -> None:
    with pytest.raises(segeval.InputError, match=r"^no model to draw\.$"):
        trimap_plot([])


def test_heights_move_no_further_than_they_must() -> None:
    assert spread([], 1.0) == []
    assert spread([3.0, 1.0], 1.0) == [3.0, 1.0]
    assert spread([2.0, 2.0, 2.0], 1.0) == [3.0, 2.0, 1.0]
    assert spread([0.0, 0.5, 5.0], 1.0) == [-0.25, 0.75, 5.0]


def test_a_line_comes_from_a_result_or_from_its_json() -> None:
    gt, pred = np.array([[0, 0, 0, 1, 1, 1]]), np.array([[0, 0, 1, 1, 1, 1]])
    result = segeval.mean_iou([pred], [gt], classes=2, trimap=[1, 2])
    found = trimap_curve(result, "a")
    # the band of 1 px: columns 2 and 3, of which one is right; both classes 0/1 and 1/2
    assert found.widths == (1.0, 2.0)
    assert found.miou[0] == pytest.approx(0.25)
    assert found.pixels == (2, 4)
    assert found.whole_pixels == 6
    assert trimap_curve(result.to_dict(), "a") == found


def test_a_result_without_trimaps_is_refused() -> None:
    result = segeval.mean_iou([np.zeros((2, 2), int)], [np.zeros((2, 2), int)], classes=1)
    with pytest.raises(segeval.InputError) as caught:
        trimap_curve(result, "a.json")
    assert str(caught.value) == (
        "a.json: has no trimaps. Make it with `mean_iou(trimap=[1, 3, 5, 8, 20])`."
    )


@pytest.mark.parametrize("document", [{}, {"results": None}, {"results": {"trimap": [{}]}}])
def test_an_object_of_another_kind_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(segeval.FormatError, match=r"^a: results and settings of mean IoU cannot"):
        trimap_curve(document, "a")


def test_rows_have_every_number_in_full() -> None:
    assert trimap_rows([curve("a", 1 / 3, None), curve("b", 0.5, whole=None)]) == [
        ("model", "width_px", "miou", "pixels"),
        ("a", 1.0, 1 / 3, 100),
        ("a", 2.0, None, 200),
        ("a", "all", 0.75, 1000),
        ("b", 1.0, 0.5, 100),
        ("b", "all", None, 1000),
    ]


DRAWING = """\
mIoU (%) by trimap width (px, on either side)
  1  a  25.0 ████████
     b  50.0 ████████████████

  2  a     -
     b     -

all  a  75.0 ████████████████████████
     b 100.0 ████████████████████████████████"""


def test_text_has_a_bar_per_model_and_width() -> None:
    models = [curve("a", 0.25, None), curve("b", 0.5, whole=1.0)]
    assert draw_trimap(models, width=45) == DRAWING


@pytest.mark.parametrize("width", [30, 40, 80])
def test_text_keeps_to_its_width(width: int) -> None:
    lines = draw_trimap(FOUR, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize(
    ("classes", "gt", "message"),
    [
        (3, [[0, 0, 1, 1]], "ids of the categories are [0, 1, 2], but a has [0, 1]"),
        (2, [[0, 0, 1, 1], [0, 0, 1, 1]], "evaluated pixels are 8, but a has 4"),
    ],
    ids=["other classes", "other ground truth"],
)
def test_models_on_other_ground_truth_are_refused(classes: int, gt: Any, message: str) -> None:
    first = segeval.mean_iou([[[0, 0, 1, 1]]], [[[0, 0, 1, 1]]], classes=2, trimap=[1])
    other = segeval.mean_iou([gt], [gt], classes=classes, trimap=[1])
    with pytest.raises(segeval.MismatchError, match=re.escape(message)):
        trimap_plot([trimap_curve(first, "a"), trimap_curve(other, "b")])
