"""The size histogram as text."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.analysis import count_sizes
from segeval.metrics.sizes import buckets
from segeval.plots import draw_sizes
from segeval.plots.terminal import HEIGHT, bar_columns

# sides 0-10: 4 objects, 10-20: 2, 20-30: none, 30-40: 1, 40-50: 3, 50-60: none, 60-70: 1
SIDES = np.array([1, 2, 3, 4, 12, 13, 35, 44, 45, 46, 60], np.float64)

DRAWING = """\
a   11 objects   small 6   medium 5
large 0
                     ┊32
      4 │████        ┊
        │████        ┊
        │████        ┊
        │████        ┊   ▄▄▄▄
        │████        ┊   ████
        │████        ┊   ████
        │████        ┊   ████
        │████████    ┊   ████
        │████████    ┊   ████
        │████████    ┊   ████
        │████████    ▄▄▄▄████    ▄▄▄▄
        │████████    ████████    ████
        │████████    ████████    ████
        │████████    ████████    ████
      0 └───────────┴───────────┴────
         0          30          60
         square root of box area (px)"""


def test_drawing_by_hand() -> None:
    counted = count_sizes({"a": SIDES**2}, buckets=buckets("coco"), most_bins=7)
    assert counted.counts.tolist() == [[4, 2, 0, 1, 3, 0, 1]]
    assert draw_sizes(counted, width=38) == DRAWING


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("files", [1, 2, 3])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("sizes", ["3dfuture", "16,32,64,96,128,200,300"])
def test_drawing_keeps_to_its_width(width: int, files: int, log: bool, sizes: str) -> None:
    areas = {
        f"file_{i}.json": np.random.default_rng(i).lognormal(5, 0.8, 400) ** 2 for i in range(files)
    }
    counted = count_sizes(areas, buckets=buckets(sizes), log=log, most_bins=bar_columns(width))
    lines = draw_sizes(counted, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


def test_one_file_fills_twenty_lines() -> None:
    counted = count_sizes({"a": SIDES**2}, buckets=buckets("coco"), most_bins=bar_columns(80))
    assert len(draw_sizes(counted).splitlines()) == HEIGHT


def test_files_share_both_axes() -> None:
    areas = {"a": SIDES**2, "b": SIDES[:2] ** 2}
    counted = count_sizes(areas, buckets=buckets("coco"), most_bins=8)
    lines = draw_sizes(counted).splitlines()
    peaks = [line for line in lines if line.startswith("      4 │")]
    assert len(peaks) == 2
    assert "█" in peaks[0]
    assert "█" not in peaks[1]


def test_an_object_is_visible_beside_a_million() -> None:
    areas = np.concatenate([np.full(1_000_000, 4.0), [2500.0]])
    counted = count_sizes({"a": areas}, buckets=buckets("coco"), most_bins=8)
    lines = draw_sizes(counted).splitlines()
    assert any(line.startswith("   1.0M │█") for line in lines)
    assert lines[-4].endswith("  ▁▁▁▁▁▁▁▁▁▁")


def test_edges_outside_the_drawing_are_left_out() -> None:
    counted = count_sizes({"a": np.array([100.0])}, buckets=buckets("3dfuture"))
    assert "┊" not in draw_sizes(counted)
