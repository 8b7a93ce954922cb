"""The learning rate of each update."""

from __future__ import annotations

import pytest

from segeval.models.config import ScheduleConfig
from segeval.models.training.schedule import learning_rate, resized

SHORT = ScheduleConfig(
    learning_rate=0.5, updates=10, steps=(6, 8), warmup_updates=4, warmup_factor=0.2
)


def test_the_warm_up_is_a_line_from_its_factor_to_the_rate() -> None:
    rates = [learning_rate(SHORT, update) for update in range(5)]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5], rel=1e-12)


def test_a_step_begins_with_the_update_of_its_number() -> None:
    rates = [learning_rate(SHORT, update) for update in (5, 6, 7, 8, 9)]
    assert rates == pytest.approx([0.5, 0.05, 0.05, 0.005, 0.005], rel=1e-12)


def test_poly_falls_to_zero_by_its_power_and_knows_no_steps() -> None:
    poly = ScheduleConfig(learning_rate=1, updates=4, steps=(1,), poly=2, warmup_updates=0)
    assert [learning_rate(poly, update) for update in (0, 1, 2, 3, 4)] == [
        1, 0.5625, 0.25, 0.0625, 0,
    ]  # fmt: skip


def test_warm_up_multiplies_poly() -> None:
    poly = ScheduleConfig(learning_rate=1, updates=4, poly=1, warmup_updates=2, warmup_factor=0.5)
    assert [learning_rate(poly, update) for update in (0, 1, 2)] == [0.5, 0.5625, 0.5]


def test_the_published_schedule_has_its_published_rates() -> None:
    published = ScheduleConfig()
    rates = [learning_rate(published, update) for update in (0, 1000, 59_999, 60_000, 80_000)]
    assert rates == pytest.approx([2e-5, 0.02, 0.02, 0.002, 0.0002], rel=1e-12)


def test_more_updates_move_the_steps_but_do_not_lengthen_the_warm_up() -> None:
    longer = resized(ScheduleConfig(), 270_000)
    assert (longer.updates, longer.steps, longer.warmup_updates) == (
        270_000, (180_000, 240_000), 1000,
    )  # fmt: skip
