"""Photographs on their way into a model: read ahead, laid together by size, given back in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor

from segeval.errors import InputError, Note
from segeval.kernels.threads import in_background
from segeval.models.predict.images import padded_size, read_image, resize, resized_size

WINDOW = 8
"""A photograph waits for others of its size until so many batches came after it."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Photo:
    """A picture file to look at.

    Attributes:
        path: of the file.
        id: of the image.
        name: what the user calls it.
        size: (H, W) that annotations say; None if there are none.
    """

    path: Path
    id: int
    name: str
    size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Read:
    """A photograph that was read.

    Attributes:
        photo: which one.
        size: (H, W) in its pixels.
        views: it in the sizes that the model looks at, uint8, each (3, h, w); or why there are
            none.
    """

    photo: Photo
    size: tuple[int, int]
    views: tuple[Tensor, ...] | InputError


def read_ahead(
    photos: Iterable[Photo], sides: Sequence[tuple[int, int]], *, workers: int = 2
) -> Iterator[Read]:
    """Photographs in the sizes that a model looks at, in order, read while it works.

    Args:
        photos: to read.
        sides: short side, and the most that the long one may be, of each view.
        workers: threads.
    """
    return in_background(lambda photo: _read(photo, sides), photos, workers)


def _read(photo: Photo, sides: Sequence[tuple[int, int]]) -> Read:
    """One photograph in all sizes, or why it cannot be read."""
    try:
        image = read_image(photo.path, photo.size)
    except InputError as problem:
        return Read(photo, (0, 0), problem)
    size = (int(image.shape[1]), int(image.shape[2]))
    views = tuple(resize(image, resized_size(size, *both)) for both in sides)
    return Read(photo, size, views)


def in_batches(
    photos: Iterable[Read],
    work: Callable[[Sequence[Read]], Sequence[Result]],
    *,
    batch: int,
    on_broken: Callable[[Photo, InputError], None],
) -> Iterator[tuple[Read, Result]]:
    """What some work makes of photographs, in their order, several of one padded size at a time.

    What shares a batch thus has no more padding than it would have alone: the size of the batches
    changes the time, never what is predicted. No more than `WINDOW` batches are held.

    Args:
        photos: as `read_ahead` gives them.
        work: from photographs of one padded size to a result for each.
        batch: the most that work gets.
        on_broken: is told of a photograph that cannot be read; unless it raises, that is left out.
    """
    waiting: dict[int, Read] = {}  # by place, in order; all places below `first` are given back
    done: dict[int, tuple[Read, Result]] = {}

    def finish(place: int) -> None:
        """Work on photographs that look like one."""
        shape = _padded(waiting[place])
        alike = [key for key, each in waiting.items() if _padded(each) == shape][:batch]
        together = [waiting.pop(key) for key in alike]
        done.update(zip(alike, zip(together, work(together), strict=True), strict=True))

    place = -1
    for read in photos:
        if isinstance(read.views, InputError):
            on_broken(read.photo, read.views)
            continue
        place += 1
        waiting[place] = read
        shape = _padded(read)
        if sum(_padded(each) == shape for each in waiting.values()) >= batch:
            finish(place)
        elif len(waiting) + len(done) >= WINDOW * batch:
            finish(next(iter(waiting)))
        yield from _ready(waiting, done)
    while waiting:
        finish(next(iter(waiting)))
        yield from _ready(waiting, done)


def _padded(read: Read) -> tuple[tuple[int, int], ...]:
    """(H, W) of each view with its padding."""
    views = () if isinstance(read.views, InputError) else read.views
    return tuple(padded_size((int(view.shape[1]), int(view.shape[2]))) for view in views)


def _ready(
    waiting: dict[int, Read], done: dict[int, tuple[Read, Result]]
) -> Iterator[tuple[Read, Result]]:
    """Results that none before them is missing of."""
    missing = next(iter(waiting), None)
    for place in sorted(done):
        if missing is not None and place > missing:
            break
        yield done.pop(place)


MEMORY = ("out of memory", "can't allocate memory", "ALLOC_FAILED")
"""What errors of PyTorch say that have no class of their own, on a CPU and within its libraries."""


def is_memory(error: BaseException) -> bool:
    """Whether an error says that there is not enough memory."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in MEMORY)


class Sparing(Generic[Result]):
    """Work in batches that become smaller when the device has no memory left.

    Args:
        work: from some things to a result for each.
        batch: of how many at first.
        device: that the work is done on, "cuda" or "cpu".
        on_note: is told that the batches are smaller from now on.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Read]], Sequence[Result]],
        *,
        batch: int,
        device: str,
        on_note: Callable[[Note], None],
    ) -> None:
        self._work, self._batch, self._on_note = work, batch, on_note
        self._where = "" if device == "cpu" else " on the GPU"
        self._advice = "" if device == "cpu" else ", or use --device cpu"

    def __call__(self, photos: Sequence[Read]) -> list[Result]:
        """The result of each.

        Raises:
            InputError: if there is not enough memory for one alone.
        """
        results: list[Result] = []
        while len(results) < len(photos):
            part = photos[len(results) : len(results) + self._batch]
            try:
                results += self._work(part)
                continue
            except (RuntimeError, MemoryError) as error:
                if not is_memory(error):
                    raise  # else: what the failed attempt holds is free only outside of this block
            self._halve(part)
        return results

    def _halve(self, part: Sequence[Read]) -> None:
        """Smaller batches from now on, with all memory that is free."""
        if len(part) == 1:
            name = str(part[0].photo.path)
            raise InputError(
                f"{name}: not enough memory{self._where} for this image alone. Free some"
                f"{self._advice}.",
                code="memory",
                path=name,
            )
        self._batch = len(part) // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        message = (
            f"not enough memory{self._where} for a batch of {len(part)} images: batches have "
            f"{self._batch} from now on."
        )
        self._on_note(Note("batch-halved", message, self._batch))
