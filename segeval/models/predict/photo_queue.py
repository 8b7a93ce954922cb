"""A queue of photographs: read ahead, batched by size, returned in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from torch import Tensor

from segeval.data.keys import Key
from segeval.errors import InputError
from segeval.kernels.threads import in_background
from segeval.models.given_boxes import ImageBoxes
from segeval.models.image_sizes import resized_size
from segeval.models.images import padded_size, read_image, resize

WINDOW = 8
"""Most batches held while photographs wait for others of their size."""

Result = TypeVar("Result")

Sides = tuple[int, int] | None
"""Short side and limit of the long one, in pixels; None for the size of the file."""


@dataclass(frozen=True)
class Photo:
    """A picture file to predict.

    Attributes:
        path: of the file.
        id: of the image.
        name: for the user.
        size: (H, W) according to annotations; None without any.
        boxes: that the model is shown; None for a model that finds its own.
    """

    path: Path
    id: Key
    name: str
    size: tuple[int, int] | None = None
    boxes: ImageBoxes | None = None


@dataclass(frozen=True)
class Read:
    """A photograph in memory.

    Attributes:
        photo: its file.
        size: (H, W) of the file, in pixels.
        sizes: the photograph in each size that the model sees, uint8, (3, h, w).
    """

    photo: Photo
    size: tuple[int, int]
    sizes: tuple[Tensor, ...]

    @property
    def padded(self) -> tuple[tuple[int, int], ...]:
        """(H, W) of each size with padding; photographs with equal ones can share a batch."""
        return tuple(padded_size((each.shape[1], each.shape[2])) for each in self.sizes)


@dataclass(frozen=True)
class Broken:
    """A photograph that cannot be read.

    Attributes:
        photo: its file.
        problem: why.
    """

    photo: Photo
    problem: InputError


def read_ahead(
    photos: Iterable[Photo], sides: Sequence[Sides], *, workers: int = 2
) -> Iterator[Read | Broken]:
    """Photographs in the sizes that a model sees, in order, read while it works.

    Args:
        photos: to read.
        sides: short side of each size, and the limit of the long one, in pixels; None for the
            photograph's own size.
        workers: threads.
    """
    return in_background(partial(_read, sides=sides), photos, workers)


def _read(photo: Photo, sides: Sequence[Sides]) -> Read | Broken:
    """A photograph in all sizes, or why it cannot be read."""
    try:
        image = read_image(photo.path, photo.size)
    except InputError as problem:
        return Broken(photo, problem)
    size = (int(image.shape[1]), int(image.shape[2]))
    sizes = (size if both is None else resized_size(size, *both) for both in sides)
    return Read(photo, size, tuple(resize(image, each) for each in sizes))


def in_batches(
    photos: Iterable[Read],
    work: Callable[[Sequence[Read]], Sequence[Result]],
    *,
    batch: int,
) -> Iterator[tuple[Read, Result]]:
    """The results of some work on photographs, in order, in batches of one padded size.

    Photographs in a batch have the same padding as alone, so the batch size changes the time and
    never the predictions. At most `WINDOW` batches are held.

    Args:
        photos: to work on.
        work: from photographs of one padded size to a result for each.
        batch: most photographs per call.
    """
    queue = _Queue(work, batch)
    for read in photos:
        queue.add(read)
        yield from queue.ready()
    while queue.waiting:
        queue.work_like(next(iter(queue.waiting)))
        yield from queue.ready()


class _Queue(Generic[Result]):
    """Photographs that wait for others of their size, and results that wait for their turn."""

    def __init__(self, work: Callable[[Sequence[Read]], Sequence[Result]], batch: int) -> None:
        self.work, self.batch = work, batch
        self.added = 0
        self.waiting: dict[int, Read] = {}  # by place, in order
        self.done: dict[int, tuple[Read, Result]] = {}

    def add(self, read: Read) -> None:
        """Add a photograph; work if a batch is full or too many photographs are held."""
        place = self.added
        self.waiting[place] = read
        self.added += 1
        if len(self._like(place)) >= self.batch:
            self.work_like(place)
        elif len(self.waiting) + len(self.done) >= WINDOW * self.batch:
            self.work_like(next(iter(self.waiting)))

    def work_like(self, place: int) -> None:
        """Work on a batch of photographs padded like this one."""
        alike = self._like(place)[: self.batch]
        together = [self.waiting.pop(key) for key in alike]
        results = zip(together, self.work(together), strict=True)
        self.done.update(zip(alike, results, strict=True))

    def ready(self) -> Iterator[tuple[Read, Result]]:
        """Results whose predecessors are all done."""
        missing = next(iter(self.waiting), self.added)
        for place in sorted(self.done):
            if place > missing:
                break
            yield self.done.pop(place)

    def _like(self, place: int) -> list[int]:
        """Places of the waiting photographs padded like this one."""
        padded = self.waiting[place].padded
        return [key for key, each in self.waiting.items() if each.padded == padded]
