"""The curves of a training run: what is drawn, not how it looks."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.plots import plot_training, save

Record = dict[str, Any]


def update(number: int, **losses: float) -> Record:
    return {"kind": "update", "update": number, "loss": sum(losses.values()), "losses": losses}


def measured(number: int, *, best: bool = False, **metrics: float | None) -> Record:
    return {
        "kind": "evaluation",
        "update": number,
        "metrics": metrics,
        "metric": next(iter(metrics)),
        "best": best,
    }


def log(updates: int = 100) -> list[Record]:
    """Two losses that fall, measured twice."""
    found = [update(k, loss_cls=2 / k, loss_mask=0.5) for k in range(1, updates + 1)]
    found.insert(50, measured(50, best=True, AP=0.25, boundary_AP=0.125))
    return [*found, measured(updates, AP=0.2, boundary_AP=None)]


def named(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_losses_and_metrics_stand_side_by_side() -> None:
    losses, metrics = plot_training(log()).axes
    assert named(losses) == ["loss", "cls", "mask"]
    assert named(metrics) == ["AP", "boundary AP"]
    assert losses.get_xlim() == metrics.get_xlim() == (0, 100)
    assert metrics.get_ylabel() == "metrics (%)"


def test_without_an_evaluation_there_are_losses_only() -> None:
    (ax,) = plot_training([update(k, loss_sem_seg=1.0) for k in (1, 2, 3)]).axes
    assert named(ax) == ["loss"]  # the only loss is their sum


def test_a_ring_marks_the_best_value_of_the_metric_that_counts() -> None:
    metrics = plot_training(log()).axes[1]
    (ring,) = [line for line in metrics.lines if line.get_markerfacecolor() == "none"]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (50, 25)  # type: ignore[index]


def test_the_metric_that_counts_is_drawn_wherever_it_stands() -> None:
    names: dict[str, Any] = {f"m{k}": 0.1 for k in range(9)}
    record = measured(5, **names) | {"metric": "m8"}
    metrics = plot_training([update(5, loss=1.0), record]).axes[1]
    assert named(metrics) == ["m8", "m0", "m1", "m2"]


def test_losses_are_means_over_neighbours() -> None:
    noisy = [update(k, loss=1.0 + (-1) ** k) for k in range(1, 101)]
    ax = plot_training(noisy).axes[0]
    mean = next(line for line in ax.lines if line.get_color() == "black")
    values = np.asarray(mean.get_ydata())
    assert len(values) == 100
    assert values[20:80] == pytest.approx(1, abs=0.25)


def test_a_long_run_has_a_few_hundred_points_with_the_last() -> None:
    ax = plot_training([update(k, loss=1.0) for k in range(1, 9001)]).axes[0]
    for line in ax.lines:
        assert len(np.asarray(line.get_xdata())) <= 600
    mean = next(line for line in ax.lines if line.get_color() == "black")
    assert np.asarray(mean.get_xdata())[-1] == 9000


def test_losses_far_apart_stand_on_a_logarithmic_axis() -> None:
    near = [update(k, loss_cls=1.0, loss_mask=0.5) for k in (1, 2)]
    far = [update(k, loss_cls=1.0, loss_mask=0.01) for k in (1, 2)]
    assert plot_training(near).axes[0].get_yscale() == "linear"
    assert plot_training(far).axes[0].get_yscale() == "log"


def test_names_of_lines_that_end_together_stand_apart() -> None:
    same = {f"loss_{name}": 0.5 for name in "abcdef"}
    ax = plot_training([update(k, **same) for k in (1, 2)]).axes[0]
    texts: list[Any] = list(ax.texts)
    heights = sorted(text.xyann[1] for text in texts)
    assert min(after - before for before, after in pairwise(heights)) > 0.05
    assert 0 <= heights[0] <= heights[-1] <= 1.01


def test_a_loss_that_explodes_does_not_spoil_the_figure(tmp_path: Path) -> None:
    steps = [1.0, 2.0, 1e30, 3e38]
    records = [update(k, loss_a=v, loss_b=1e-9) for k, v in enumerate(steps, start=1)]
    save(plot_training(records), tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_the_axis_ends_above_the_median_and_says_what_lies_beyond() -> None:
    records = [update(k, loss=2.0) for k in range(1, 98)]
    records += [update(k, loss=1e6) for k in range(98, 101)]
    ax = plot_training(records).axes[0]
    assert ax.get_ylim()[1] <= 1.3 * 40
    assert ax.get_title(loc="left") == "3 of 100 updates above 40, up to 1e+06"


def test_markers_at_the_edge_of_the_axes_are_whole() -> None:
    metrics = plot_training(log()).axes[1]
    dots = [line for line in metrics.lines if line.get_marker() == "."]
    assert dots
    assert not any(line.get_clip_on() for line in dots)


def test_metrics_that_are_undefined_or_zero_are_drawn(tmp_path: Path) -> None:
    records = [measured(1, AP=None, AP50=0.0), measured(2, AP=None, AP50=0.0)]
    metrics = plot_training(records).axes[0]
    assert named(metrics) == ["AP50"]
    assert metrics.get_ylim() == (0, 1)
    save(plot_training(records), tmp_path / "curves.svg")


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(InputError, match="no update to draw"):
        plot_training([])
