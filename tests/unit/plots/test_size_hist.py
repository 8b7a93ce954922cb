"""The size histogram as a figure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnchoredOffsetbox
from matplotlib.patches import StepPatch

import segeval
from segeval.analysis import count_sizes
from segeval.metrics.sizes import buckets
from segeval.plots import add_title, new_figure, save, size_histogram
from segeval.plots.names import short_name
from segeval.plots.size_hist import LONGEST_NAME, table_rows

AREAS = {
    "gt.json": np.random.default_rng(0).lognormal(5, 0.7, 300) ** 2,
    "preds.json": np.random.default_rng(1).lognormal(5, 0.9, 500) ** 2,
}
MANY = "16,32,48,64,96,128,192,256"


def test_each_file_is_a_line_of_its_counts() -> None:
    ax = size_histogram(AREAS, buckets=buckets("3dfuture"))
    lines = [patch for patch in ax.patches if isinstance(patch, StepPatch)]
    counted = count_sizes(AREAS, buckets=buckets("3dfuture"))
    assert [line.get_data()[0].tolist() for line in lines] == counted.counts.tolist()
    assert len({line.get_edgecolor() for line in lines}) == 2


def test_edges_of_the_buckets_are_dashed_lines() -> None:
    ax = size_histogram(AREAS, buckets=buckets("3dfuture"))
    assert [line.get_xdata() for line in ax.lines] == [[113.0, 113.0], [256.0, 256.0]]
    assert all(line.is_dashed() for line in ax.lines)


def test_axes_have_labels_with_units() -> None:
    ax = size_histogram(AREAS, buckets=buckets("coco"), by="mask")
    assert ax.get_xlabel() == "square root of annotated area, else mask area (px)"
    assert ax.get_ylabel() == "number of objects"


def test_axis_is_linear_unless_asked() -> None:
    assert size_histogram(AREAS, buckets=buckets("coco")).get_xscale() == "linear"
    assert size_histogram(AREAS, buckets=buckets("coco"), log=True).get_xscale() == "log"


def test_table_has_a_column_per_bucket_and_a_row_per_file() -> None:
    areas = {"a": np.array([1.0, 2000.0, 10000.0, 10001.0]), "b": np.array([1.0])}
    assert table_rows(count_sizes(areas, buckets=buckets("coco"))) == [
        ["", "small", "medium", "large"],
        ["", "0\N{EN DASH}32", "32\N{EN DASH}96", "\N{GREATER-THAN OR EQUAL TO} 96"],
        ["a", "1", "1", "2"],
        ["b", "1", "0", "0"],
    ]


def test_table_does_not_say_sides_twice() -> None:
    assert table_rows(count_sizes({"a": np.array([1.0])}, buckets=buckets("16,32,64"))) == [
        ["", "0-16", "16-32", "32-64", "64-inf"],
        ["a", "1", "0", "0", "0"],
    ]


@pytest.mark.parametrize("sizes", ["coco", "3dfuture", MANY, "tiny=16,a fairly long name=32,rest"])
def test_table_stays_inside_the_figure_and_above_the_axes(sizes: str) -> None:
    figure, ax = new_figure()
    name = "instances_of_a_very_long_data_set_val2017.json"
    size_histogram({name: AREAS["gt.json"]}, buckets=buckets(sizes), ax=ax)
    canvas: Any = FigureCanvasAgg(figure)  # its methods have no types
    canvas.draw()
    (table,) = (artist for artist in ax.artists if isinstance(artist, AnchoredOffsetbox))
    box = table.get_window_extent(canvas.get_renderer())
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1
    assert box.y0 >= ax.bbox.y1 - 1


def test_long_names_keep_both_ends() -> None:
    name = short_name("a" * 30 + "b" * 30, LONGEST_NAME)
    assert len(name) == LONGEST_NAME
    assert name[0] == "a"
    assert name[-1] == "b"


def test_draws_on_axes_that_are_given() -> None:
    ax = Figure().subplots()
    assert size_histogram(AREAS, buckets=buckets("coco"), ax=ax) is ax


def test_more_files_than_colours_differ_by_their_dashes() -> None:
    areas = {str(i): AREAS["gt.json"] for i in range(5)}
    ax = size_histogram(areas, buckets=buckets("coco"))
    looks = {(patch.get_edgecolor(), patch.get_linestyle()) for patch in ax.patches}
    assert len(looks) == 5


@pytest.mark.parametrize(
    ("suffix", "begin"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")]
)
def test_equal_figures_are_equal_files(suffix: str, begin: bytes, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        figure, ax = new_figure()
        size_histogram(AREAS, buckets=buckets("coco"), ax=ax)
        add_title(figure, "Sizes")
        save(figure, path)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    assert first.startswith(begin)
    assert sorted(tmp_path.iterdir()) == paths


def test_pdf_embeds_its_fonts(tmp_path: Path) -> None:
    ax = size_histogram(AREAS, buckets=buckets("coco"))
    figure = ax.get_figure(root=True)
    assert figure is not None
    save(figure, tmp_path / "sizes.pdf")
    written = (tmp_path / "sizes.pdf").read_bytes()
    assert b"/FontFile2" in written
    assert b"/Type3" not in written


def test_a_figure_is_one_column_wide(tmp_path: Path) -> None:
    figure, _ = new_figure()
    assert figure.get_figwidth() * 25.4 == pytest.approx(85)


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(segeval.InputError, match=r"one of \.png, \.pdf, \.svg"):
        save(new_figure()[0], tmp_path / "sizes.gif")
    assert list(tmp_path.iterdir()) == []


def test_settings_of_matplotlib_stay_as_they_are() -> None:
    before = dict(mpl.rcParams)
    size_histogram(AREAS, buckets=buckets("coco"))
    assert dict(mpl.rcParams) == before


def test_importing_plots_does_not_import_matplotlib() -> None:
    code = "import sys, segeval.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_drawing_does_not_import_pyplot() -> None:
    code = """
import sys, numpy as np
from segeval.metrics.sizes import buckets
from segeval.plots import size_histogram
size_histogram({"a": np.ones(3)}, buckets=buckets("coco"))
sys.exit("matplotlib.pyplot" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_shares_put_files_of_any_length_on_one_scale() -> None:
    areas = {"few": np.array([100.0]), "many": np.full(1000, 100.0)}
    ax = size_histogram(areas, buckets=buckets("coco"), share=True)
    assert ax.get_ylabel() == "share of objects (%)"
    heights = [patch.get_data().values.max() for patch in ax.patches]  # type: ignore[attr-defined]
    assert heights == [100.0, 100.0]
