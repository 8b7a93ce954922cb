"""Which parts of kernels are optimised before they are inlined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import types
from numpy.typing import NDArray

from segeval.kernels.compile import _part
from segeval.kernels.loops import is_innermost
from segeval.kernels.promise import kernel, merged


@kernel
def total(numbers: NDArray[np.float64]) -> float:
    """An innermost loop."""
    found = 0.0
    for number in numbers:
        found += number
    return found


@kernel
def one_more(number: float) -> float:
    """No loop."""
    return number + 1


@kernel
def totals(rows: NDArray[np.float64]) -> float:
    """A loop over a kernel with a loop."""
    found = 0.0
    for row in rows:
        found += total(row)
    return found


@kernel
def all_more(numbers: NDArray[np.float64]) -> float:
    """A loop over a kernel without one."""
    found = 0.0
    for number in numbers:
        found += one_more(number)
    return found


@kernel
@merged
def apart(numbers: NDArray[np.float64]) -> float:
    """An innermost loop that is optimised in its callers alone."""
    found = 0.0
    for number in numbers:
        found += number
    return found


@pytest.mark.parametrize(
    ("part", "expected"), [(total, True), (one_more, False), (totals, False), (all_more, True)]
)
def test_innermost_loops_are_those_that_call_no_other(part: Any, expected: bool) -> None:
    assert is_innermost(part.function) is expected


@pytest.mark.parametrize(("part", "expected"), [(total, True), (apart, False), (one_more, False)])
def test_parts_with_innermost_loops_are_finished_unless_merged(part: Any, expected: bool) -> None:
    made = _part(part.function)
    kind = types.Array(types.float64, 1, "C") if part is not one_more else types.float64
    made.compile((kind,))
    [compiled] = made.overloads.values()
    assert compiled.library.is_finished is expected
