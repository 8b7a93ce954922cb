"""Exponential moving averages, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.models import ema_update
from segeval.models.averaging.combining import ema_decay


def test_a_moving_average_of_numbers() -> None:
    one = ema_update(np.array([1.0]), np.array([2.0]), 0.9)
    two = ema_update(one, np.array([3.0]), 0.9)
    assert [round(float(each[0]), 9) for each in (one, two)] == [1.1, 1.29]


def test_the_ramp_begins_low_and_ends_at_the_decay() -> None:
    ramp = [round(ema_decay(0.9998, t, ramp=True), 6) for t in (0, 1, 9, 90)]
    assert ramp == [0.1, 0.181818, 0.526316, 0.91]
    assert ema_decay(0.5, 90, ramp=True) == 0.5
    assert ema_decay(0.5, 0) == 0.5


def test_a_decay_of_one_would_change_nothing_and_is_refused() -> None:
    with pytest.raises(InputError, match=r"`decay` is 1, expected 0 to below 1, such as 0\.999\."):
        ema_update(np.zeros(1), np.ones(1), 1.0)
