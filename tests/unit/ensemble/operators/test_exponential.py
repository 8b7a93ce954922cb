"""exp of kernels against the exact value."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.ensemble.operators.exponential import exp


def exact(x: float) -> Fraction:
    """e to the power of x by its series, with sixty digits."""
    value, term = Fraction(1), Fraction(1)
    small = Fraction(x) / 2**12
    for n in range(1, 40):
        term = term * small / n
        value += term
    scale = 10**60
    rounded = Fraction(int(value * scale), scale)
    for _ in range(12):
        rounded = Fraction(int(rounded * rounded * scale), scale)
    return rounded


@given(st.floats(-30, 30))
def test_it_is_within_two_units_of_the_last_place(x: float) -> None:
    found = exp(x)
    assert abs(Fraction(found) - exact(x)) <= 2 * Fraction(math.ulp(found))


@pytest.mark.parametrize(
    ("x", "expected"), [(0.0, 1.0), (-800.0, 0.0), (800.0, math.inf), (-math.inf, 0.0)]
)
def test_ends(x: float, expected: float) -> None:
    assert exp(x) == expected


def test_far_values_are_close_too() -> None:
    for x in (-700.0, -100.0, 100.0, 700.0):
        assert exp(x) == pytest.approx(math.exp(x), rel=1e-13)
