"""Single random numbers."""

from __future__ import annotations

import numpy as np
import torch


def coin(generator: torch.Generator) -> bool:
    """True or False, equally likely."""
    return whole_number(0, 1, generator) == 1


def whole_number(low: int, high: int, generator: torch.Generator) -> int:
    """A uniform whole number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def number_between(low: float, high: float, generator: torch.Generator) -> float:
    """A uniform number from low up to but excluding high."""
    return low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64))


def generator_of(seed: int, *place: int) -> torch.Generator:
    """A generator for one place, such as an image's in the stream.

    Its numbers depend on the seed and the place alone.

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
