"""An evaluation with statistics per image as a map over slices of its images.

Workers open the files themselves, and send back part files. Everything here can be pickled.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from segeval.data.whole_files import folder_beside, named_where
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.kernels.executors import Executors, map_through
from segeval.kernels.threads import OnProgress, cores

SHARDS_PER_CORE = 4
"""Slices of images where the caller names no number."""

Slice = tuple[int, int]
"""Which of how many contiguous slices of the images, from 1."""

Write = Callable[[Slice, Path], bool]
"""Writes the part file of a slice to a path; returns False if there are too few images for it.
Plain, so that it can be pickled."""


@frozen(eq=False)
class ImageShard:
    """One slice of the images of a run.

    Attributes:
        name: of the predictions, in messages.
        slice: which of how many; if there are fewer images, each is a slice.
        write: writes the part file of the slice.
    """

    name: str
    slice: Slice
    write: Write

    def __str__(self) -> str:
        """Its name in messages."""
        number, count = self.slice
        return f"{self.name} (shard {number} of {count})"


def check_shards(shards: int | None) -> None:
    """Refuse a number of shards that makes no sense.

    Raises:
        InputError: for one below 1.
    """
    if shards is not None and shards < 1:
        raise InputError(
            f"`shards` is {shards}, expected 1 or more.", code="shard", option="shards"
        )


def slice_of(asked: Slice, images: int) -> Slice | None:
    """A slice of at most as many as there are images; None if there are too few for it.

    Example:
        >>> slice_of((3, 8), 100), slice_of((3, 8), 4), slice_of((5, 8), 4), slice_of((1, 8), 0)
        ((3, 8), (3, 4), None, (1, 1))
    """
    number, count = asked[0], min(asked[1], max(images, 1))
    return None if number > count else (number, count)


def matched(shard: ImageShard) -> bytes | None:
    """The part file of a slice; None if there are too few images for it.

    Raises:
        InputError: for a file that cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="segeval-") as folder:
        path = Path(folder, "part.match")
        return path.read_bytes() if shard.write(shard.slice, path) else None


def write_in_shards(
    write: Write,
    join: Callable[[Sequence[Path], Path], list[Note]],
    path: Path,
    *,
    name: str,
    executor: Executors,
    shards: int | None,
    on_progress: OnProgress | None,
) -> list[Note]:
    """Write one part file from slices that an executor matches.

    Args:
        write: writes the part file of one slice.
        join: writes one part file from several.
        path: of the part file, which appears whole or not at all.
        name: of the predictions, in messages.
        executor: where slices are matched.
        shards: number of slices; None for some per core of this machine.
        on_progress: told how many of how many slices are done.

    Returns:
        What the user should know of the merging.

    Raises:
        InputError: also if a worker has died again and again.
    """
    check_shards(shards)
    count = shards or SHARDS_PER_CORE * cores()
    asked = [ImageShard(name, (number, count), write) for number in range(1, count + 1)]
    with folder_beside(path) as folder:
        parts: dict[int, Path] = {}
        for place, part in map_through(executor, matched, asked, str, on_progress=on_progress):
            if part is not None:
                parts[place] = folder / f"{place}.match"
                with named_where(path):
                    parts[place].write_bytes(part)
        return join([parts[place] for place in sorted(parts)], path)
