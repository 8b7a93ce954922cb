"""One tensor from those of several files: mean and exponential moving average."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.findings import refusal
from segeval.models.averaging.stored import StoredWeights
from segeval.models.files.number_kinds import FLOATS, as_double, from_double


class Rule(Protocol):
    """How tensors of several files become one."""

    def combined(
        self, files: Sequence[StoredWeights], name: str, digests: Sequence[bytes]
    ) -> NDArray[np.float64]:
        """The tensor in its own shape, float64; arguments as in `combined`."""
        ...


class Mean:
    """The mean, in an order of the terms that is their own: the order of the files is free."""

    def combined(
        self, files: Sequence[StoredWeights], name: str, digests: Sequence[bytes]
    ) -> NDArray[np.float64]:
        """The tensor in double precision."""
        order = sorted(range(len(files)), key=lambda place: digests[place])
        kind = files[0].tensors[name].kind
        total = as_double(files[order[0]].read(name), kind)
        for place in order[1:]:
            total += as_double(files[place].read(name), kind)
        total /= len(files)
        return total


class MovingAverage:
    """The exponential moving average, from the first file to the last.

    Args:
        decays: share of the old mean that is kept, at each file but the first.
    """

    def __init__(self, decays: Sequence[float]) -> None:
        self._decays = decays

    def combined(
        self, files: Sequence[StoredWeights], name: str, digests: Sequence[bytes]
    ) -> NDArray[np.float64]:
        """The tensor in double precision."""
        kind = files[0].tensors[name].kind
        mean = as_double(files[0].read(name), kind)
        for file, decay in zip(files[1:], self._decays, strict=True):
            mean = ema_update(mean, as_double(file.read(name), kind), decay)
        return mean


def ema_update(
    mean: NDArray[np.float64], values: NDArray[np.floating], decay: float
) -> NDArray[np.float64]:
    """An exponential moving average with one more value: d e + (1 - d) θ.

    Args:
        mean: e, of any shape.
        values: θ, of the same shape.
        decay: d, share of the old mean that is kept, from 0 to below 1.

    Raises:
        InputError: if the decay is out of range.

    Example:
        >>> float(ema_update(ema_update(1.0, 2.0, 0.9), 3.0, 0.9))
        1.29
    """
    check_decay(decay)
    return decay * mean + (1 - decay) * values


def ema_decay(decay: float, update: int, *, ramp: bool = False) -> float:
    """The decay of one update.

    Args:
        decay: share of the old mean that is kept, from 0 to below 1.
        update: its number t, from 0.
        ramp: begin lower, so that the start is soon forgotten: at most (1 + t) / (10 + t).

    Example:
        >>> [round(ema_decay(0.9998, t, ramp=True), 6) for t in (0, 1, 9, 90)]
        [0.1, 0.181818, 0.526316, 0.91]
    """
    return min(decay, (1 + update) / (10 + update)) if ramp else decay


def check_decay(decay: float) -> None:
    """Refuse a decay that is out of range, or not a number.

    Raises:
        InputError: if it is.
    """
    if not 0 <= decay < 1:
        raise InputError(
            f"`decay` is {decay:g}, expected 0 to below 1, such as 0.999.",
            code="decay",
            option="decay",
        )


def digest_of(values: NDArray[np.generic]) -> bytes:
    """A digest of the numbers of a tensor."""
    return hashlib.blake2b(np.ascontiguousarray(values).data, digest_size=16).digest()


def combined(
    files: Sequence[StoredWeights], name: str, rule: Rule
) -> tuple[NDArray[np.generic], list[bytes]]:
    """A tensor of the result, and the digest of the tensor of each file.

    Whole numbers and tensors that are equal in all files are those of the last file.

    Args:
        files: M of them, with equal shapes and kinds.
        name: of the tensor.
        rule: how numbers with a fraction are combined.

    Raises:
        FormatError: for numbers that are not finite.
    """
    kind = files[0].tensors[name].kind
    *others, last_file = files
    digests = [digest_of(each.read(name)) for each in others]
    last = last_file.read(name)
    digests.append(digest_of(last))
    if kind not in FLOATS or len(set(digests)) == 1:
        return last, digests
    with np.errstate(all="ignore"):
        found = np.asarray(rule.combined(files, name, digests))
    if not np.isfinite(found).all():
        raise _not_finite(files, name)
    return from_double(found, kind), digests


def _not_finite(files: Sequence[StoredWeights], name: str) -> InputError:
    """The error for numbers that are not finite, in the first file that has any."""
    kind = files[0].tensors[name].kind
    wrong = [each for each in files if not np.isfinite(as_double(each.read(name), kind)).all()]
    file = wrong[0] if wrong else files[0]
    text = "has numbers that are not finite" if wrong else "has numbers too large for a mean"
    return refusal(
        str(file.path), f"{name} {text}", code="weights", field=name,
        hint="Did the training diverge?" if wrong else "",
    )  # fmt: skip
