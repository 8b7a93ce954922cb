"""The images of each batch, determined by the seed and the number of the batch alone.

A *stream* repeats the data set, each time (an *epoch*) in another order. Each of `world` processes
takes every `world`-th image and, like detectron2, puts wide and high images into separate batches
to save padding.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.metrics.choices import check_choice
from segeval.models.arguments import require_least
from segeval.models.training.draws import generator_of
from segeval.words import counted

ORDER = 0
"""Purpose of random numbers: the order of the images."""

SAMPLERS = ("uniform", "repeat-factor", "class-aware")
"""Ways to draw images from a data set."""

REPEAT_THRESHOLD = 0.001
"""Images of categories in a smaller share of all images are repeated; LVIS's value."""


@dataclass(frozen=True, eq=False)
class ClassLists:
    """The classes in each image.

    Attributes:
        classes: distinct classes 0..K-1 of image i, ascending, are
            `classes[offsets[i]:offsets[i + 1]]`, int64, shape (L,).
        offsets: int64, shape (I + 1,).
    """

    classes: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of images."""
        return len(self.offsets) - 1

    @property
    def images(self) -> NDArray[np.int64]:
        """The image of each of the L entries."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))


class Drawn(NamedTuple):
    """An image of a batch.

    Attributes:
        image: its index in the data set.
        place: its place in the stream, which seeds its random numbers.
    """

    image: int
    place: int


@dataclass(frozen=True, kw_only=True)
class BatchRequest:
    """The batches of one process, and the sampling of their images.

    Attributes:
        seed: of all random numbers, 0 or more.
        batch: images per batch of this process.
        start: number of the first batch; skipping earlier ones changes none of the later.
        rank: of this process, 0 to world - 1.
        world: processes that share the images.
        workers: threads that read images ahead; 0 for none.
        sampler: one of `SAMPLERS`: "uniform", "repeat-factor" (LVIS: images of rare categories more
            often) or "class-aware" (all categories equally often).
        repeat_threshold: for "repeat-factor": categories in a smaller share of the images are rare.

    Raises:
        InputError: for an unknown sampler or a number out of range.
    """

    seed: int
    batch: int
    start: int = 0
    rank: int = 0
    world: int = 1
    workers: int = 2
    sampler: str = "uniform"
    repeat_threshold: float = REPEAT_THRESHOLD

    def __post_init__(self) -> None:
        check_choice("sampler", self.sampler, SAMPLERS)
        require_least(
            [
                ("seed", self.seed, 0),
                ("start", self.start, 0),
                ("batch", self.batch, 1),
                ("world", self.world, 1),
                ("workers", self.workers, 0),
            ]
        )
        if not 0 <= self.rank < self.world:
            raise InputError(f"rank is {self.rank}, expected 0 to {self.world - 1}.", code="rank")


Epoch = Callable[[torch.Generator], NDArray[np.int64]]
"""Draws the images of an epoch with a generator."""


def class_lists(images: int, image: NDArray[np.int64], classes: NDArray[np.int64]) -> ClassLists:
    """The distinct classes of each image.

    Args:
        images: I.
        image: of each object, 0 to I - 1, int64, shape (M,).
        classes: of each object, int64, shape (M,).

    Example:
        >>> found = class_lists(3, np.array([2, 0, 2, 2]), np.array([1, 4, 0, 1]))
        >>> found.classes, found.offsets
        (array([4, 0, 1]), array([0, 1, 1, 3]))
    """
    span = int(classes.max(initial=0)) + 1
    pairs = np.unique(image * span + classes)
    counts = np.bincount(pairs // span, minlength=images)
    return ClassLists(pairs % span, np.concatenate([[0], np.cumsum(counts)]))


def repeat_factors(lists: ClassLists, threshold: float = REPEAT_THRESHOLD) -> NDArray[np.float64]:
    """The mean number of times that each image appears per epoch.

    Args:
        lists: the classes of each image.
        threshold: t; the factor of a class in a share f of the images is max(1, sqrt(t / f)).

    Returns:
        The largest factor among an image's classes, 1 without classes, float64, shape (I,).

    Source:
        Gupta et al. 2019, LVIS, appendix B.2.

    Example:
        >>> lists = class_lists(4, np.arange(4), np.array([0, 0, 0, 1]))
        >>> repeat_factors(lists, threshold=1.0).round(4)
        array([1.1547, 1.1547, 1.1547, 2.    ])
    """
    factors = np.ones(len(lists))
    if len(lists.classes):
        part = np.bincount(lists.classes) / len(lists)
        of_class = np.sqrt(threshold / np.maximum(part, 1 / len(lists)))
        np.maximum.at(factors, lists.images, of_class[lists.classes])
    return factors


def uniform(images: int) -> Epoch:
    """Every image once, in random order."""

    def epoch(generator: torch.Generator) -> NDArray[np.int64]:
        return _shuffled(images, generator)

    return epoch


def repeated(factors: NDArray[np.float64]) -> Epoch:
    """Every image as often as its factor on average, in random order.

    Args:
        factors: from `repeat_factors`.
    """
    whole = np.floor(factors)

    def epoch(generator: torch.Generator) -> NDArray[np.int64]:
        draws = torch.rand(len(factors), generator=generator, dtype=torch.float64).numpy()
        times = (whole + (draws < factors - whole)).astype(np.int64)
        images = np.repeat(np.arange(len(factors)), times)
        return images[_shuffled(len(images), generator)]

    return epoch


def class_aware(lists: ClassLists) -> Epoch:
    """A random class and a random image of it, as many times as there are images.

    Args:
        lists: the classes of each image; images without any are never drawn.

    Source:
        Shen et al. 2016, Relay backpropagation, class-aware sampling, with independent draws.
    """
    order = np.argsort(lists.classes, kind="stable")
    images = lists.images[order]
    _, starts, counts = np.unique(lists.classes[order], return_index=True, return_counts=True)

    def epoch(generator: torch.Generator) -> NDArray[np.int64]:
        drawn = torch.rand(2, len(lists), generator=generator, dtype=torch.float64).numpy()
        chosen = (drawn[0] * len(starts)).astype(np.int64)
        found: NDArray[np.int64] = images[
            starts[chosen] + (drawn[1] * counts[chosen]).astype(np.int64)
        ]
        return found

    return epoch


def epoch_of(request: BatchRequest, images: int, lists: Callable[[], ClassLists]) -> Epoch:
    """The sampler that a request names.

    Args:
        request: its `sampler`, and the threshold of "repeat-factor".
        images: I.
        lists: returns the classes in each image; called only if they are needed.

    Raises:
        InputError: if classes are needed and no image has any.
    """
    if request.sampler == "uniform":
        return uniform(images)
    found = lists()
    if not len(found.classes):
        raise InputError(
            f'`sampler="{request.sampler}"` needs categories: none of {counted(images, "image")} '
            "has any.",
            code="sampler",
            option="sampler",
        )
    if request.sampler == "class-aware":
        return class_aware(found)
    return repeated(repeat_factors(found, request.repeat_threshold))


def batches(
    epoch: Epoch, is_wide: NDArray[np.bool_], request: BatchRequest
) -> Iterator[tuple[Drawn, ...]]:
    """The images of the batches of one process, without end.

    Args:
        epoch: draws the images of each epoch.
        is_wide: whether each image is wider than high, bool, shape (I,).
        request: of the process. No place of the stream goes to two processes.

    Yields:
        A batch of images, either all wide or none.
    """
    start = request.start
    waiting: tuple[list[Drawn], list[Drawn]] = ([], [])
    for drawn in _share(epoch, request):
        group = waiting[bool(is_wide[drawn.image])]
        group.append(drawn)
        if len(group) == request.batch:
            if start > 0:
                start -= 1
            else:
                yield tuple(group)
            group.clear()


def _shuffled(count: int, generator: torch.Generator) -> NDArray[np.int64]:
    """The numbers below `count` in random order."""
    order: NDArray[np.int64] = torch.randperm(count, generator=generator).numpy()
    return order


def _share(epoch: Epoch, request: BatchRequest) -> Iterator[Drawn]:
    """One process's images of the stream: every `world`-th, from number `rank`."""
    end = 0
    for number in itertools.count():
        images: list[int] = epoch(generator_of(request.seed, ORDER, number)).tolist()
        first = (request.rank - end) % request.world
        for place in range(first, len(images), request.world):
            yield Drawn(images[place], end + place)
        end += len(images)
