"""Draws of images for the bootstrap and the swap test, by counter instead of by generator.

What replicate b draws is a function of the seed, of b and of the images alone. So it is the same
for any order of the images, in any process, and for any split of the replicates or of the files.

Source: splitmix64 (Steele, Lea, Flood 2014), whose finaliser is chained over the seed, the number
of the replicate and what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.kernels.promise import kernel

COPIES = np.uint64(0x9FB21C651E98DF25)
"""The stream of multinomial copies: starts its chain of hashes."""

SWAPS = np.uint64(0xD6E8FEB86659FD93)
"""The stream of swaps."""

STEP = np.uint64(0x9E3779B97F4A7C15)
"""splitmix64's step: 2^64 over the golden ratio."""

LOW = np.uint64(0xFFFFFFFF)
"""The lower half of 64 bits."""


@frozen(eq=False)
class Units:
    """What is drawn: images, or groups of images that belong together.

    Attributes:
        keys: of U units, ascending, uint64, shape (U,).
        unit_of_image: index of each image's unit in keys, int64, shape (I,).
    """

    keys: NDArray[np.uint64]
    unit_of_image: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of units."""
        return len(self.keys)

    @classmethod
    def of_keys(cls, keys: NDArray[np.uint64]) -> Units:
        """A unit for each different key.

        Args:
            keys: of the images, from `image_keys`, or of their groups, uint64, shape (I,).

        Example:
            >>> Units.of_keys(np.array([7, 3, 7], np.uint64)).unit_of_image
            array([1, 0, 1])
        """
        own, units = np.unique(keys, return_inverse=True)
        return cls(own, units.astype(np.int64))

    @classmethod
    def of_groups(cls, labels: Iterable[Key]) -> Units:
        """A unit for each group of images, such as the frames of a video: a cluster bootstrap.

        Args:
            labels: the label of each image's group, text or whole numbers, I of them in the order
                of the images.

        Raises:
            InputError: if a label is neither text nor a whole number.

        Example:
            >>> len(Units.of_groups(["street", "garden", "street"]))
            2
        """
        return cls.of_keys(image_keys(tuple(labels)))


def image_keys(
    ids: NDArray[np.int64] | Sequence[Key], keys: Sequence[Key] | None = None
) -> NDArray[np.uint64]:
    """What stands for each image in draws: a whole number itself, or a hash of a text.

    Args:
        ids: I ids: whole numbers, texts such as paths below the folder of a label map, or places
            in keys.
        keys: ids as the file writes them where ids are places among them, as in `Images`.

    Returns:
        uint64, shape (I,): a whole number modulo 2^64, or the 64-bit BLAKE2b of a text in UTF-8,
        read with its lowest byte first.

    Raises:
        InputError: if an id is neither text nor a whole number.

    Example:
        >>> image_keys(np.array([5, 3]))
        array([5, 3], dtype=uint64)
    """
    if isinstance(ids, np.ndarray) and ids.dtype.kind in "iu":
        if keys is None:
            return ids.astype(np.int64).view(np.uint64)
        return image_keys(keys)[ids]
    return np.array([_key(each) for each in ids], np.uint64)


def _key(key: Key) -> int:
    """An id or a label as 64 bits."""
    if isinstance(key, str):
        text = key.encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
    if isinstance(key, int | np.integer):
        return int(key) % 2**64
    raise InputError(
        f"{key!r} names an image or a group, expected text or a whole number.",
        code="group-label",
    )


def copies(units: Units, seed: int, first: int, count: int) -> NDArray[np.uint16]:
    """How often the bootstrap draws each image: multinomial weights of some replicates.

    Draw j of 0 … U - 1 of replicate b takes the unit ⌊h(seed, b, j) · U / 2^64⌋.

    Args:
        units: U units of I images; all images of a unit are drawn together.
        seed: any whole number.
        first: number of the first replicate, from 0.
        count: number of replicates.

    Returns:
        uint16, shape (count, I).

    Example:
        >>> units = Units.of_keys(image_keys(np.arange(6)))
        >>> copies(units, seed=0, first=0, count=2)
        array([[0, 2, 0, 2, 0, 2],
               [1, 0, 2, 0, 0, 3]], dtype=uint16)
    """
    drawn = np.zeros((count, len(units)), np.uint16)
    draw_units(_chained(COPIES, seed, first, count), drawn)
    return drawn.take(units.unit_of_image, axis=1)


def swaps(units: Units, seed: int, first: int, count: int) -> NDArray[np.bool_]:
    """Which images swap the outputs of two models: the top bit of h(seed, b, key) per replicate.

    Args:
        units: units of I images; all images of a unit are swapped together.
        seed: any whole number.
        first: number of the first replicate, from 0.
        count: number of replicates.

    Returns:
        bool, shape (count, I).

    Example:
        >>> units = Units.of_keys(image_keys(np.arange(6)))
        >>> swaps(units, seed=0, first=0, count=1)
        array([[False,  True, False, False,  True, False]])
    """
    is_swapped = np.empty((count, len(units)), np.bool_)
    swap_units(_chained(SWAPS, seed, first, count), units.keys, is_swapped)
    return is_swapped.take(units.unit_of_image, axis=1)


def _chained(stream: np.uint64, seed: int, first: int, count: int) -> NDArray[np.uint64]:
    """A stream's hash of the seed and of each of some replicates, uint64, shape (count,)."""
    states = np.full(count, stream)
    hash_states(states, np.full(count, seed % 2**64, np.uint64))
    hash_states(states, np.arange(first, first + count, dtype=np.uint64))
    return states


@kernel
def mixed(state: np.uint64) -> np.uint64:
    """splitmix64's next number for a state: a step and the finaliser."""
    found = state + STEP
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


@kernel
def hash_states(states: NDArray[np.uint64], numbers: NDArray[np.uint64]) -> None:
    """Chain a number (n,) to each of some hashes (n,), in place."""
    for place in range(states.size):
        states[place] = mixed(states[place] ^ numbers[place])


@kernel
def draw_units(states: NDArray[np.uint64], drawn: NDArray[np.uint16]) -> None:
    """Count in drawn (R, U) how often each replicate's hash (R,) draws each unit, U below 2^32."""
    number = np.uint64(drawn.shape[1])
    half = np.uint64(32)
    for row in range(states.size):
        for draw in range(drawn.shape[1]):
            own = mixed(np.uint64(draw) ^ states[row])
            low = (own & LOW) * number >> half
            drawn[row, np.int64(((own >> half) * number + low) >> half)] += np.uint16(1)


@kernel
def swap_units(
    states: NDArray[np.uint64], keys: NDArray[np.uint64], is_swapped: NDArray[np.bool_]
) -> None:
    """Fill is_swapped (R, U) for each replicate's hash (R,) and the key (U,) of each unit."""
    for row in range(states.size):
        for unit in range(keys.size):
            is_swapped[row, unit] = mixed(keys[unit] ^ states[row]) >> np.uint64(63) == 1
