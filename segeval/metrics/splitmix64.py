"""splitmix64: hashes of whole numbers, by whole columns.

Source: Steele, Lea and Flood 2014, Fast Splittable Pseudorandom Number Generators.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GOLDEN_GAMMA = np.uint64(0x9E3779B97F4A7C15)
"""What splitmix64 adds before it mixes: the odd number nearest to 2^64 over the golden ratio."""

STEPS = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))
"""Shifts and factors of its mixing."""


def mix(states: NDArray[np.uint64]) -> None:
    """Make splitmix64's numbers of states, in place.

    Args:
        states: after `GOLDEN_GAMMA` is added, any shape.

    Example:
        >>> states = GOLDEN_GAMMA * np.arange(1, 3, dtype=np.uint64)
        >>> mix(states)
        >>> [hex(each) for each in states.tolist()]
        ['0xe220a8397b1dcdaf', '0x6e789e6aa1b965f4']
    """
    for shift, factor in STEPS:
        states ^= states >> np.uint64(shift)
        states *= factor
    states ^= states >> np.uint64(31)
