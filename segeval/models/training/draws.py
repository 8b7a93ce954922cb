"""Random numbers, one at a time."""

from __future__ import annotations

import numpy as np
import torch


def coin(generator: torch.Generator) -> bool:
    """True or False, both alike."""
    return whole_number(0, 1, generator) == 1


def whole_number(low: int, high: int, generator: torch.Generator) -> int:
    """One of low to high, both included, all alike."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def number_between(low: float, high: float, generator: torch.Generator) -> float:
    """A number from low up to high, all alike."""
    return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))


def generator_of(seed: int, *place: int) -> torch.Generator:
    """A generator of its own for a place, such as that of an image in the stream.

    What it draws hangs on nothing else: neither on who asks for it nor on when.

    Args:
        seed: of the run, 0 or more.
        *place: whole numbers from 0.

    Example:
        >>> one, same, other = (generator_of(1, place).initial_seed() for place in (7, 7, 8))
        >>> one == same, one == other
        (True, False)
    """
    words = np.random.SeedSequence([seed, *place]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(words[0]) >> 1)
