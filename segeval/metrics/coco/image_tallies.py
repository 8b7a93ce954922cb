"""What evidence counts in each image, for parts that share some of their images.

Evidence adds up over disjoint images. Where an image is in two parts, one of them gives it up, and
with it what was counted there. So a part says of every image what it adds to which count. Nothing
is kept of a count that is 0, and most of them are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.ragged import rows_of_entries
from segeval.tallies import key_of

Unsigned = NDArray[np.unsignedinteger[Any]]

ARRAYS = ("number", "kind", "count", "objects")
"""Its columns, which are narrow as far as they hold counts."""


@frozen(eq=False, repr=False)
class ImageTallies:
    """R counts of I images.

    Attributes:
        kinds: names of C counts, ascending.
        number: how many counts each image has, unsigned, shape (I,).
        kind: place in `kinds` of each, ascending in an image, unsigned, shape (R,).
        count: above 0, unsigned, shape (R,).
        objects: hash of the annotations of each image as they were read, uint64, shape (I,).
    """

    kinds: tuple[str, ...]
    number: Unsigned
    kind: Unsigned
    count: Unsigned
    objects: NDArray[np.uint64]

    @classmethod
    def of(
        cls, counts: Mapping[str, NDArray[np.integer[Any]]], objects: NDArray[np.uint64]
    ) -> ImageTallies:
        """Those of counts.

        Args:
            counts: by name, the place of the image of each record that is counted.
            objects: hash of the annotations of each of I images, uint64, shape (I,).
        """
        images = len(objects)
        kinds = tuple(sorted(name for name, places in counts.items() if len(places)))
        if not kinds:
            none = np.zeros(0, np.uint8)
            return cls((), np.zeros(images, np.uint8), none, none, objects)
        keys = [counts[name] * np.int64(len(kinds)) + at for at, name in enumerate(kinds)]
        known, count = np.unique(np.concatenate(keys), return_counts=True)
        image, kind = np.divmod(known, len(kinds))
        number = np.bincount(image, minlength=images)
        return cls(kinds, _narrow(number), _narrow(kind), _narrow(count), objects)

    def with_more(self, counts: Mapping[str, NDArray[np.integer[Any]]]) -> ImageTallies:
        """The same with more counts, of other names; `counts` as in `of`."""
        more = ImageTallies.of(counts, self.objects)
        kinds = tuple(sorted({*self.kinds, *more.kinds}))
        both = self.named(kinds), more.named(kinds)
        images = np.arange(len(self.objects))
        image = np.concatenate([np.repeat(images, each.number) for each in both])
        kind, count = (
            np.concatenate([getattr(each, name) for each in both]) for name in ("kind", "count")
        )
        order = np.lexsort((kind, image))
        number = np.bincount(image, minlength=len(images))
        return replace(
            self,
            kinds=kinds,
            number=_narrow(number),
            kind=_narrow(kind[order]),
            count=_narrow(count[order]),
        )

    def take(self, images: slice | NDArray[Any]) -> ImageTallies:
        """Those of some images, by their places or a mask of shape (I,)."""
        rows = rows_of_entries(self.number, images)
        return replace(
            self,
            number=self.number[images],
            kind=self.kind[rows],
            count=self.count[rows],
            objects=self.objects[images],
        )

    @classmethod
    def merged(cls, parts: Sequence[ImageTallies], by_image: NDArray[np.intp]) -> ImageTallies:
        """Those of parts of disjoint images together.

        Args:
            parts: at least one.
            by_image: place of each image of the whole among the images of all parts.
        """
        kinds = sorted({name for part in parts for name in part.kinds})
        place = {name: at for at, name in enumerate(kinds)}
        moved = [
            np.array([place[name] for name in part.kinds], np.int64)[part.kind] for part in parts
        ]
        whole = cls(
            tuple(kinds),
            np.concatenate([part.number for part in parts]),
            _narrow(np.concatenate(moved)),
            np.concatenate([part.count for part in parts]),
            np.concatenate([part.objects for part in parts]),
        )
        return whole.take(by_image)

    def named(self, kinds: tuple[str, ...]) -> ImageTallies:
        """The same counts among more of them.

        Args:
            kinds: names of all, ascending.
        """
        if kinds == self.kinds:
            return self
        place = {name: at for at, name in enumerate(kinds)}
        moved = np.array([place[name] for name in self.kinds], np.int64)[self.kind]
        return replace(self, kinds=kinds, kind=_narrow(moved))

    def narrowed(self) -> ImageTallies:
        """The same in the narrowest types."""
        number, kind, count = map(_narrow, (self.number, self.kind, self.count))
        return replace(self, number=number, kind=kind, count=count)

    def of_used_kinds(self) -> ImageTallies:
        """The same in the narrowest types, with the names of counts that occur and no others."""
        used, kind = np.unique(self.kind, return_inverse=True)
        kinds = tuple(self.kinds[place] for place in used.tolist())
        return replace(self, kinds=kinds, kind=_narrow(kind)).narrowed()

    def totals(self) -> dict[str, tuple[int, int]]:
        """Of every count that is not 0 the sum, and the number of images that it is from."""
        sums = np.bincount(self.kind, self.count, len(self.kinds)).astype(np.int64)
        images = np.bincount(self.kind, minlength=len(self.kinds))
        every = zip(self.kinds, sums.tolist(), images.tolist(), strict=True)
        return {name: (count, number) for name, count, number in every if number}

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The columns by name."""
        return {name: getattr(self, name) for name in ARRAYS}

    @classmethod
    def from_parts(cls, kinds: Any, arrays: Mapping[str, NDArray[Any]]) -> ImageTallies:
        """What was written.

        Raises:
            TypeError: for kinds that are no names.
            ValueError: for kinds or columns that do not fit together.
        """
        if not isinstance(kinds, list) or not all(isinstance(name, str) for name in kinds):
            raise TypeError("kinds of counts are no names")
        found = cls(tuple(kinds), **{name: arrays[name] for name in ARRAYS})
        if kinds != sorted(set(kinds)) or int(found.number.sum(dtype=np.uint64)) != len(found.kind):
            raise ValueError("counts of images do not fit together")
        if len(found.kind) and (int(found.kind.max()) >= len(kinds) or not found.count.all()):
            raise ValueError("a count of an image is of no kind, or 0")
        return found


def _narrow(column: NDArray[np.integer[Any]]) -> Unsigned:
    """Numbers from 0 in the narrowest type."""
    return column.astype(np.min_scalar_type(int(column.max(initial=0))))


def layout_of(images: int) -> dict[str, tuple[str, tuple[int | None]]]:
    """Kind and shape of every array, as `parts.arrays.check_layout` takes them."""
    return {
        "number": ("u", (images,)), "kind": ("u", (None,)), "count": ("u", (None,)),
        "objects": ("u8", (images,)),
    }  # fmt: skip


def name_of(*words: int | str) -> str:
    """The name of a count."""
    return json.dumps(words)


def name_of_note(note: Note) -> str:
    """The name of what a note counts."""
    return json.dumps(["note", *key_of(note)])
