"""Statistics of images that come batch by batch, as label maps and panoptic images have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import RLock
from typing import Any

import numpy as np

from segeval.data.keys import Key, shown_key
from segeval.errors import MismatchError
from segeval.metrics.image_columns import ImageStatistics
from segeval.metrics.loop.images import Seen, check_kind
from segeval.metrics.loop.one_at_a_time import one_at_a_time
from segeval.metrics.parts.statistics_part import StatisticsPart

Tables = Mapping[str, ImageStatistics]
"""Statistics of the same images, by name."""


class TableState:
    """The images so far; whatever can fail is done before anything changes.

    Args:
        repeats: "one" or "refuse".
    """

    def __init__(self, repeats: str) -> None:
        self.repeats = repeats
        self.images: dict[Key, Seen] = {}
        self.parts: tuple[Tables, ...] = ()
        self.lock = RLock()

    @one_at_a_time
    def add(self, tables: Tables, times: Mapping[Key, Seen] | None = None) -> None:
        """Take images, each once; of one that is known the copy with the smaller hash stays.

        Args:
            tables: their statistics.
            times: what is known of repeats of these images; None for none.

        Raises:
            MismatchError: for an image that is known, if repeats are refused.
        """
        part = StatisticsPart("", {}, {}, tables)
        keys, digests = part.keys, part.digests().tolist()
        seen = {
            key: Seen(digest, 0, 0, 0)
            if times is None
            else Seen(digest, 0, 0, 0, times[key].times, times[key].differs)
            for key, digest in zip(keys, digests, strict=True)
        }
        check_kind(self.images, keys)
        known = {key: self.images[key] for key in keys if key in self.images}
        check_repeats(known, self.repeats)
        better = {key for key in known if seen[key].content < known[key].content}
        mine = _without(self.parts, better)
        parts = [*mine, *_without((tables,), {*known} - better)]
        while len(parts) > 1 and _count(parts[-2]) <= 2 * _count(parts[-1]):
            parts[-2:] = [joined(parts[-2:])]
        self.parts = tuple(parts)
        self.images.update(
            (key, known[key].again(one) if key in known else one) for key, one in seen.items()
        )

    def merge(self, other: TableState) -> None:
        """Take the images of another state; errors as in `add`."""
        with other.lock:  # not both locks: two may merge crosswise
            tables, images = other.whole(), dict(other.images)
        if tables is not None:
            self.add(tables, images)

    @one_at_a_time
    def seen(self) -> dict[Key, Seen]:
        """The images as they are now."""
        return dict(self.images)

    @one_at_a_time
    def whole(self) -> Tables | None:
        """The statistics of all images; None without any."""
        return joined(self.parts) if self.parts else None


def check_repeats(known: Iterable[Key], repeats: str) -> None:
    """Refuse images that came before, if repeats are refused.

    Raises:
        MismatchError: names the first one.
    """
    first = next(iter(known), None)
    if first is not None and repeats == "refuse":
        raise MismatchError(
            f"image {shown_key(first)} came before, expected every image once "
            '(`repeats="one"` takes one copy).',
            code="repeated-image",
            field="image_id",
            option="repeats",
        )


def joined(parts: Sequence[Tables]) -> Tables:
    """Statistics of other images as one."""
    return {
        name: type(table).merge([part[name] for part in parts]) for name, table in parts[0].items()
    }


def _without(parts: Sequence[Tables], dropped: set[Key]) -> list[Tables]:
    """The parts without some images."""
    found: list[Tables] = []
    for tables in parts:
        keys: list[Any] = StatisticsPart("", {}, {}, tables).keys if dropped else []
        keep = np.array([key not in dropped for key in keys], np.bool_)
        if keep.all():
            found.append(tables)
        elif keep.any():
            found.append({name: table.take(keep) for name, table in tables.items()})
    return found


def _count(tables: Tables) -> int:
    """Number of images."""
    return len(next(iter(tables.values())))
