"""The figure of error kinds: shares as bars, largest first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import segeval
from segeval.analysis import ErrorKinds, error_kinds, result_intervals
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.plots import error_costs, new_figure, plot_errors
from segeval.plots.error_bars import draw_errors, errors_height

SCENE = furniture(images=12)


@pytest.fixture(scope="module")
def better() -> ErrorKinds:
    return error_kinds(SCENE.better, SCENE.ground_truth)


@pytest.fixture(scope="module")
def weaker() -> ErrorKinds:
    return error_kinds(SCENE.weaker, SCENE.ground_truth, ci=True, resamples=50)


def widths(ax: Any) -> list[float]:
    """Lengths of the bars."""
    return [bar.get_width() for bar in ax.patches]


def test_shares_are_sorted_and_add_up_to_what_ap_lacks(better: ErrorKinds) -> None:
    costs = error_costs({"": better})
    shares = [each.share for each in costs.costs if each.share is not None]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1 - (better.ap or 0))
    header, *rows = costs.rows()
    assert header[:3] == ("iou", "model", "kind")
    assert {row[2] for row in rows} == {"cls", "loc", "both", "dupe", "bkg", "miss"}


def test_bars_are_shares_and_lines_span_what_is_won_alone_and_last(better: ErrorKinds) -> None:
    costs = error_costs({"": better})
    ax = plot_errors(costs)
    assert widths(ax) == pytest.approx([100 * (each.share or 0) for each in costs.costs])
    first = costs.costs[0]
    span = sorted((100 * (first.alone or 0), 100 * (first.last or 0)))
    assert ax.get_lines()[0].get_xdata() == pytest.approx(span)
    assert {line.get_marker() for line in ax.get_lines()} == {"None"}
    assert ax.get_xlabel().splitlines()[1] == "thin line: fixed alone to last"
    texts = [text.get_text() for text in ax.texts]
    assert f"AP50 {100 * (better.ap or 0):.1f}" in texts
    assert texts.count("errors") == 1


def test_points_are_of_ap_at_the_one_threshold_or_of_their_mean(better: ErrorKinds) -> None:
    assert error_costs({"": better}).measure == "AP50"
    mean = error_kinds(SCENE.better, SCENE.ground_truth, thresholds=[0.5, 0.75])
    assert error_costs({"": mean}).measure == "AP"
    label = plot_errors(error_costs({"": mean})).get_xlabel()
    assert label.splitlines()[0] == "cost in points of mask AP"


def test_models_stand_side_by_side_with_intervals_of_their_shares(
    better: ErrorKinds, weaker: ErrorKinds
) -> None:
    costs = error_costs({"old": weaker, "new": better})
    assert [each.model for each in costs.costs[:2]] == ["old", "new"]
    first = costs.costs[0]
    assert first.low is not None
    ax = plot_errors(costs, ax=new_figure(height_mm=errors_height(costs))[1])
    assert len(ax.patches) == 12
    assert ax.get_xlabel().splitlines()[1:] == [
        "line with ends: 95 % interval",
        "thin line: fixed alone to last",
    ]
    assert sum(line.get_marker() == "|" for line in ax.get_lines()) == 6
    assert ax.get_lines()[0].get_xdata() == pytest.approx(
        [100 * (first.low or 0), 100 * (first.high or 0)]
    )
    names = [text.get_text() for text in ax.texts if "AP" in text.get_text()]
    assert [name.split()[0] for name in names] == ["new", "old"]  # upwards
    text = draw_errors(costs)
    assert "A is old, AP" in " ".join(text.splitlines()[:2])
    assert [line.split("  ")[2] for line in text.splitlines()[-2:]] == ["A", "B"]


def test_the_gains_of_tidecv_are_drawn_where_there_are_no_shares() -> None:
    found = error_kinds(SCENE.better, SCENE.ground_truth, compat="tidecv")
    costs = error_costs({"": found})
    assert all(each.share is None for each in costs.costs)
    assert widths(plot_errors(costs)) == pytest.approx(
        [100 * (each.alone or 0) for each in costs.costs]
    )


def test_without_ground_truth_there_is_nothing_to_draw() -> None:
    empty = {**SCENE.ground_truth, "annotations": []}
    with pytest.raises(InputError, match="no ground truth counts, so AP is undefined"):
        error_costs({"": error_kinds([], empty)})


def label_maps(shift: int) -> segeval.analysis.LabelErrors:
    """Wrong pixels of twelve maps that are moved by some pixels."""
    random = np.random.default_rng(5)
    gt = [
        np.kron(random.integers(0, 3, (3, 4)), np.ones((9, 9), np.int64)).astype(np.uint8)
        for _ in range(12)
    ]
    return segeval.label_errors([np.roll(one, shift, 1) for one in gt], gt, classes=3)


def test_bars_of_label_maps_are_points_of_mean_iou() -> None:
    found = label_maps(2)
    costs = error_costs({"": found})
    shares = [each.share or 0.0 for each in costs.costs]
    assert sum(shares) == pytest.approx(1 - (found.miou or 0))
    assert {each.kind for each in costs.costs} == {"boundary", "extent", "segment"}
    ax = plot_errors(costs)
    assert ax.get_xlabel() == "cost in points of mIoU"
    assert widths(ax) == pytest.approx([100 * share for share in shares])
    assert len(ax.get_lines()) == 0
    texts = [text.get_text() for text in ax.texts]
    assert f"mIoU {100 * (found.miou or 0):.1f}" in texts
    assert texts.count("pixels") == 1
    heading = draw_errors(costs).splitlines()[0]
    assert heading.startswith("mIoU points that each kind of error costs; mIoU ")


def test_intervals_of_label_maps_are_given_beside_their_results() -> None:
    results = {"old": label_maps(2), "new": label_maps(1)}
    intervals = {
        name: {
            path: (ends[0], ends[1])
            for path, ends in result_intervals(result, resamples=50).by_path.items()
            if ends is not None
        }
        for name, result in results.items()
    }
    costs = error_costs(results, intervals)
    for each in costs.costs:
        assert each.low is not None
        assert each.high is not None
        assert each.low <= (each.share or 0.0) <= each.high
    assert plot_errors(costs).get_xlabel() == "cost in points of mIoU\nline: 95 % interval"
    assert len(plot_errors(costs).get_lines()) == 12  # a line and its ends for each bar
