"""Intervals from replicates that one can work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.analysis.comparison.intervals import centred_intervals, over_runs, undefined_replicates


def test_the_interval_is_that_of_the_quantiles_moved_from_the_mean_to_the_number() -> None:
    draws = np.arange(101.0)[:, None]  # mean 50, quantiles 2.5 and 97.5
    found = centred_intervals(np.array([60.0]), draws)
    assert (found.low[0], found.high[0]) == (12.5, 107.5)


def test_the_standard_error_is_the_standard_deviation_of_the_replicates() -> None:
    found = centred_intervals(np.array([0.5]), np.array([[0.4], [0.6], [0.4], [0.6]]))
    assert found.se[0] == pytest.approx(np.sqrt(4 * 0.01 / 3), abs=1e-15)  # n - 1


def test_a_bias_of_the_replicates_does_not_move_the_interval() -> None:
    draws = np.random.default_rng(0).normal(size=(500, 1))
    plain, biased = (centred_intervals(np.array([0.0]), draws + bias) for bias in (0.0, 3.0))
    # another origin of the same sums: equal but for rounding
    assert biased.low == pytest.approx(plain.low, abs=1e-12)
    assert biased.high == pytest.approx(plain.high, abs=1e-12)


def test_undefined_replicates_are_left_out_and_counted() -> None:
    draws = np.concatenate([np.arange(100.0), np.full(5, np.nan)])[:, None]
    found = centred_intervals(np.array([49.5]), draws)
    whole = centred_intervals(np.array([49.5]), draws[:100])
    assert found.undefined[0] == 5
    assert (found.low[0], found.high[0]) == (whole.low[0], whole.high[0])


def test_a_number_undefined_in_more_than_5_percent_of_the_replicates_has_no_interval() -> None:
    draws = np.tile(np.arange(100.0)[:, None], 2)
    draws[:5, 0] = draws[:6, 1] = np.nan
    found = centred_intervals(np.array([50.0, 50.0]), draws)
    assert np.isnan(found.low).tolist() == [False, True]
    assert np.isnan(found.se).tolist() == [False, True]


def test_a_note_says_how_many_numbers_are_undefined_in_too_many_replicates() -> None:
    [one], [several] = undefined_replicates(1), undefined_replicates(3)
    assert one.message == (
        "1 number is undefined in more than 5 % of the replicates, which have nothing to count "
        "there: no interval"
    )
    assert several.message.startswith("3 numbers are undefined in more than 5 % of the replicates")
    assert (several.code, several.count) == ("undefined-replicates", 3)


def test_an_undefined_number_has_no_interval() -> None:
    found = centred_intervals(np.array([np.nan]), np.arange(100.0)[:, None])
    assert np.isnan([found.low[0], found.high[0], found.se[0]]).all()


def test_replicates_that_differ_by_rounding_alone_have_no_error() -> None:
    found = centred_intervals(np.array([0.3]), np.array([[0.3], [0.1 + 0.2], [0.3]]))
    assert found.se[0] == 0.0


def test_runs_that_are_drawn_spread_as_widely_as_an_estimate_of_their_variance_says() -> None:
    runs = np.array([0.0, 1.0, 2.0])[:, None, None]  # variance of the mean: 1 / 3
    every = [
        np.bincount([i, j, k], minlength=3) for i in range(3) for j in range(3) for k in range(3)
    ]
    numbers = np.repeat(runs, len(every), axis=1)
    found = over_runs(numbers, np.array(every))
    assert found.var() == pytest.approx(1 / 3, abs=1e-12)
    assert found.mean() == pytest.approx(1.0, abs=1e-12)


def test_a_single_run_is_not_drawn() -> None:
    numbers = np.array([[[0.2], [0.4]]])
    assert over_runs(numbers, np.array([[1], [1]])).tolist() == [[0.2], [0.4]]
