"""Numbers of statistics that are kept image by image, for many weights of the images."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from functools import cached_property
from itertools import takewhile
from pathlib import PurePath
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.key_paths import KeyPath, entry_key
from segeval.analysis.resampling.draws import image_keys
from segeval.analysis.resampling.means import means_of
from segeval.analysis.resampling.resampled import CategoryMean
from segeval.analysis.resampling.weighted_sums import LANES, Lanes
from segeval.analysis.resampling.weights import (
    Latest,
    checked_swaps,
    checked_weights,
    fill_in_blocks,
    in_lanes,
    require_alike,
)
from segeval.frozen import frozen


@frozen(eq=False)
class Numbers:
    """Numbers that stand beside each other in JSON, for `LANES` replicates.

    Attributes:
        before: where they are.
        entries: what tells the n entries of a list at that place apart; None for a single number.
        key: the key of the number in each of them.
        values: NaN where undefined, float64, shape (n, LANES).
        images: number of images with counted ground truth, int64, shape (n,).
    """

    before: KeyPath
    entries: tuple[int | str, ...] | None
    key: str
    values: NDArray[np.float64]
    images: NDArray[np.int64]

    @property
    def paths(self) -> list[KeyPath]:
        """Where each number is in JSON."""
        if self.entries is None:
            return [(*self.before, self.key)]
        return [(*self.before, entry, self.key) for entry in self.entries]


class Part(Protocol):
    """What the numbers of one kind of IoU are computed from, of one model or of two."""

    @property
    def described(self) -> tuple[Any, ...]:
        """Rules, categories and ground truth, which two evaluations must share to be mixed."""

    def beside(self, other: Self) -> Self:
        """The parts of two models as one; the weights of the other's images follow."""

    def numbers(self, weights: Lanes) -> Iterator[Numbers]:
        """All numbers of `LANES` replicates.

        Args:
            weights: copies of each image, of both models if there are two, shape (I, LANES) or
                (2 · I, LANES).
        """


@frozen(eq=False)
class ResampledStatistics:
    """The numbers of statistics for other weights of their images.

    Attributes:
        image_ids: the ids of the I images as the file writes them.
        file_names: their file names, "" where there is none.
        parts: by where their numbers are in JSON.
        document: `results` of the evaluation, which has the numbers of the images as they are.
    """

    image_ids: tuple[int | str, ...]
    file_names: tuple[str, ...]
    parts: Mapping[KeyPath, Part]
    document: Mapping[str, Any]
    _latest: Latest[dict[KeyPath, Part]] = field(default_factory=Latest, repr=False)

    @cached_property
    def image_keys(self) -> NDArray[np.uint64]:
        """What stands for each of the I images in draws, uint64, shape (I,).

        Images that are named by whole paths go by what these are below their common folder, so that
        draws are the same wherever the files lie.
        """
        named = [PurePath(each) for each in self.image_ids if isinstance(each, str)]
        are_whole = len(named) == len(self.image_ids) and all(each.is_absolute() for each in named)
        if not (named and are_whole):
            return image_keys(self.image_ids)
        folders = [each.parent.parts for each in named]
        pairs = zip(min(folders), max(folders), strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return image_keys(["/".join(each.parts[shared:]) for each in named])

    @property
    def paths(self) -> tuple[KeyPath, ...]:
        """Where each of the M numbers is in JSON."""
        return self._layout[0]

    @property
    def images_with(self) -> NDArray[np.int64]:
        """Number of images that have counted ground truth for each number, int64, shape (M,)."""
        return self._layout[1]

    @cached_property
    def means(self) -> tuple[CategoryMean, ...]:
        """Which numbers are AP averaged over categories."""
        return means_of(self.paths)

    def numbers(
        self, weights: NDArray[Any] | None = None, workers: int | None = None
    ) -> NDArray[np.float64]:
        """The numbers for R replicates, as `Resampled.numbers` says, float64, shape (R, M).

        Raises:
            ShapeError: unless weights has one per replicate and image.
            InputError: if one is negative, above a million or not a whole number.
        """
        if weights is None:
            return self._observed[np.newaxis].copy()
        copies = checked_weights(weights, len(self.image_ids))
        [found] = self._filled(
            self.parts, lambda start, stop: [copies[start:stop]], len(copies), workers
        )
        return found

    def mixed(
        self, other: ResampledStatistics, swapped: NDArray[np.bool_], workers: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The numbers of both mixed sets, as `Resampled.mixed` says, each of shape (R, M).

        Raises:
            ShapeError: unless swapped has a truth value per replicate and image.
            MismatchError: if the two were not evaluated on the same ground truth by the same rules.
        """
        chosen = checked_swaps(swapped, len(self.image_ids))
        both = self._latest.of(other, lambda: self._both(other))

        def weights(start: int, stop: int) -> list[NDArray[Any]]:
            its = chosen[start:stop]
            return [np.concatenate(sides, axis=1) for sides in ((~its, its), (its, ~its))]

        one, two = self._filled(both, weights, len(chosen), workers)
        return one, two

    @cached_property
    def _layout(self) -> tuple[tuple[KeyPath, ...], NDArray[np.int64]]:
        """Paths, and numbers of images with counted ground truth."""
        once = np.ones((len(self.image_ids), LANES), np.uint8)
        paths: list[KeyPath] = []
        images = [np.empty(0, np.int64)]
        for before, part in self.parts.items():
            for numbers in part.numbers(once):
                paths += [(*before, *path) for path in numbers.paths]
                images.append(numbers.images)
        return tuple(paths), np.concatenate(images)

    @cached_property
    def _observed(self) -> NDArray[np.float64]:
        """The numbers of the evaluation itself, NaN where undefined, float64, shape (M,)."""
        listed = dict(_listed(self.document, ()))
        found = [listed[path] for path in self.paths]
        return np.array([np.nan if number is None else number for number in found], np.float64)

    def _both(self, other: Any) -> dict[KeyPath, Part]:
        """Parts of this model and another."""
        is_alike = (
            isinstance(other, ResampledStatistics)
            and tuple(self.parts) == tuple(other.parts)
            and self.image_ids == other.image_ids
        )
        require_alike(
            is_alike=is_alike
            and all(
                part.described == other.parts[key].described for key, part in self.parts.items()
            )
        )
        made = {key: part.beside(other.parts[key]) for key, part in self.parts.items()}
        for part in made.values():  # what it caches is made once, and not in every thread
            nothing = np.zeros((2 * len(self.image_ids), LANES), np.uint8)
            deque(part.numbers(nothing), maxlen=0)
        return made

    def _filled(
        self,
        parts: Mapping[KeyPath, Part],
        weights: Callable[[int, int], list[NDArray[Any]]],
        replicates: int,
        workers: int | None,
    ) -> list[NDArray[np.float64]]:
        """Numbers of all replicates in blocks on threads, float64, shape (R, M) for each set.

        Args:
            parts: of one model or of two.
            weights: of the replicates from the first to the second number, (r, S) for each set.
            replicates: R.
            workers: threads, None for all cores.
        """
        found = [np.empty((replicates, len(self.paths))) for _ in weights(0, 0)]

        def fill(start: int, stop: int) -> None:
            for own, into in zip(weights(start, stop), found, strict=True):
                lanes = in_lanes(own, LANES, np.float64)
                values = [n.values for part in parts.values() for n in part.numbers(lanes)]
                into[start:stop] = np.concatenate(values).T[: stop - start]

        fill_in_blocks(fill, replicates, LANES, workers)
        return found


def mean_of_defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean over the first axis of what is not NaN, added in order; NaN where nothing is.

    Args:
        values: float64, shape (n, LANES).

    Returns:
        float64, shape (1, LANES).
    """
    is_defined = ~np.isnan(values)
    total = np.where(is_defined, values, 0.0).sum(axis=0, keepdims=True)
    return over(total, is_defined.sum(axis=0, keepdims=True))


def over(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    """A quotient, NaN where the denominator is 0, float64, shape of the two together."""
    shape = np.broadcast_shapes(numerator.shape, denominator.shape)
    quotient = np.full(shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator > 0))
    return quotient


def _listed(document: Mapping[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """The values of a document by their path; entries of a list go by id, width or name."""
    for key, value in document.items():
        own = (*path, key)
        if isinstance(value, Mapping):
            yield from _listed(value, own)
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for entry in value:
                yield from _listed(entry, (*own, entry_key(entry)))
        else:
            yield own, value
