"""One look for every figure, whatever the user's settings are."""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

from segeval.errors import InputError
from segeval.metrics.sizes import buckets
from segeval.plots import (
    ErrorCosts,
    OracleGains,
    TrimapCurve,
    new_figure,
    plot_errors,
    plot_oracles,
    save,
    size_histogram,
    trimap_plot,
)
from segeval.plots.palette import DARK, LIGHT, Palette, palette_of
from segeval.plots.style import write_figure


def drawn(path: Path) -> bytes:
    figure, ax = new_figure()
    ax.set_xlabel("$x$ and 5 %")
    save(figure, path)
    return path.read_bytes()


def test_settings_of_the_user_have_no_say(tmp_path: Path) -> None:
    plain = drawn(tmp_path / "a.svg")
    with mpl.rc_context({"text.usetex": True, "axes.grid": True, "figure.dpi": 30}):
        assert drawn(tmp_path / "b.svg") == plain
        assert mpl.rcParams["text.usetex"]


def test_a_figure_is_dark_where_asked_and_its_file_too(tmp_path: Path) -> None:
    figure, ax = new_figure(dark=True)
    assert palette_of(ax) is DARK
    save(figure, tmp_path / "a.png")
    assert imread(tmp_path / "a.png")[0, 0] == pytest.approx([*to_rgb(DARK.paper), 1], abs=0.01)
    assert palette_of(new_figure()[1]) is LIGHT


def test_axes_of_the_user_decide_the_colours() -> None:
    with mpl.rc_context({"axes.facecolor": "black"}):
        assert palette_of(Figure().subplots()) is DARK
    assert palette_of(Figure().subplots()) is LIGHT


def test_every_line_of_nine_is_told_apart() -> None:
    for palette in (LIGHT, DARK):
        assert len({palette.line(place) for place in range(9)}) == 9


def test_more_lines_than_can_be_told_apart_are_refused() -> None:
    areas = {str(k): np.array([100.0]) for k in range(10)}
    with pytest.raises(InputError, match="10 lines, but a figure tells 9 apart"):
        size_histogram(areas, buckets=buckets("coco"))
    curves = [TrimapCurve(str(k), (1.0,), (0.5,), (9,), 0.5, 9, {}) for k in range(200)]
    with pytest.raises(InputError, match="200 lines, but a figure tells 9 apart"):
        trimap_plot(curves)
    costs = ErrorCosts("segm", dict.fromkeys("abcd", 0.5), ())
    with pytest.raises(InputError, match="4 lines, but a figure tells 3 apart"):
        plot_errors(costs)
    with pytest.raises(InputError, match="4 lines, but a figure tells 3 apart"):
        plot_oracles(OracleGains("segm", dict.fromkeys("abcd", 0.5), ()))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_text_and_hues_stand_out_from_the_paper(palette: Palette) -> None:
    def luminance(colour: str) -> float:
        linear = [((c + 0.055) / 1.055) ** 2.4 if c > 0.04 else c / 12.92 for c in to_rgb(colour)]
        return float(np.dot((0.2126, 0.7152, 0.0722), linear))

    for colour, least in ((palette.ink, 7), (palette.grey, 4.5), (palette.blue, 3)):
        low, high = sorted((luminance(colour), luminance(palette.paper)))
        assert (high + 0.05) / (low + 0.05) >= least


def test_characters_that_the_font_lacks_are_returned_without_a_warning(tmp_path: Path) -> None:
    figure, ax = new_figure()
    ax.set_title("lamp")
    assert write_figure(figure, tmp_path / "a.png") == ""
    ax.set_title("\u6f22\u5b57")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert write_figure(figure, tmp_path / "b.png") == "\u6f22\u5b57"
    assert (tmp_path / "b.png").exists()
    with pytest.warns(
        UserWarning, match="the font lacks 2 characters, drawn as boxes: \u6f22\u5b57"
    ):
        save(figure, tmp_path / "c.png")
