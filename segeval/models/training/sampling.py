"""The images of each batch, determined by the seed and the number of the batch alone.

A *stream* repeats the data set, each time (an *epoch*) in another order. Each of `world` processes
takes every `world`-th image and, like detectron2, puts wide and high images into separate batches
to save padding; but batches of all classes are parts of the stream.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from segeval.errors import InputError, Note
from segeval.metrics.choices import check_choice
from segeval.models.arguments import require_least
from segeval.models.networks.components import register_component
from segeval.models.training.draws import generator_of
from segeval.sampling import (
    REPEAT_THRESHOLD,
    ClassLists,
    class_aware_draws,
    class_lists,
    every_class_draws,
    repeat_factors,
    repeated_images,
)
from segeval.words import counted

ORDER = 0
"""Purpose of random numbers: the order of the images."""

EVERY_CLASS = "every-class"

SAMPLERS = ("uniform", "repeat-factor", "class-aware", EVERY_CLASS)
"""Ways to draw images from a data set."""


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
            often), "class-aware" (all categories equally often) or "every-class" (all categories,
            one after the other).
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

    def epoch(generator: torch.Generator) -> NDArray[np.int64]:
        draws = torch.rand(len(factors), generator=generator, dtype=torch.float64).numpy()
        images = repeated_images(factors, draws)
        return images[_shuffled(len(images), generator)]

    return epoch


def class_aware(lists: ClassLists) -> Epoch:
    """A random class and a random image of it, as many times as there are images.

    Args:
        lists: the classes of each image; images without any are never drawn.
    """

    def epoch(generator: torch.Generator) -> NDArray[np.int64]:
        drawn = torch.rand(2, len(lists), generator=generator, dtype=torch.float64).numpy()
        return class_aware_draws(lists, drawn)

    return epoch


def every_class(lists: ClassLists) -> Epoch:
    """Rounds of all classes in random order, a random image for each.

    An epoch has whole rounds, with at least as many draws as there are images: of K classes with
    images, any K draws that begin at a multiple of K show all.

    Args:
        lists: the classes of each image; images without any are never drawn.
    """
    classes = len(np.unique(lists.classes))
    rounds = -(-len(lists) // classes)

    def epoch(generator: torch.Generator) -> NDArray[np.int64]:
        drawn = torch.rand(2, rounds, classes, generator=generator, dtype=torch.float64).numpy()
        return every_class_draws(lists, drawn)

    return epoch


@register_component("every-class")
def every_class_of(*, images: int, image: ArrayLike, classes: ArrayLike) -> Epoch:
    """The full-class sampler of a data set.

    Args:
        images: number of images.
        image: of each object, shape (M,).
        classes: of each object, shape (M,).
    """
    return every_class(class_lists(images, image, classes))


def left_out(sampler: str, lists: Callable[[], ClassLists], classes: int) -> Iterator[Note]:
    """A note on the classes that a sampler would draw if they had images.

    Args:
        sampler: one of `SAMPLERS`.
        lists: returns the classes in each image; called only if they are needed.
        classes: K.
    """
    absent = classes - len(np.unique(lists().classes)) if sampler == EVERY_CLASS else 0
    if absent:
        have = "has" if absent == 1 else "have"
        text = f"{absent:,} of {counted(classes, 'category', 'categories')} {have} no image"
        yield Note("no-images", f'{text}: `sampler="{sampler}"` leaves them out', absent)


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
    if request.sampler == EVERY_CLASS:
        return every_class(found)
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
        A batch of images, either all wide or none; by "every-class" the next ones of the stream.
    """
    start = request.start
    is_apart = is_wide & (request.sampler != EVERY_CLASS)
    waiting: tuple[list[Drawn], list[Drawn]] = ([], [])
    for drawn in _share(epoch, request):
        group = waiting[bool(is_apart[drawn.image])]
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
