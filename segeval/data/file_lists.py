"""The lists of a file, of images and of categories, as frozen columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.brief import Brief
from segeval.data.column_shapes import IMAGES, prove_columns
from segeval.data.ids import rows_of
from segeval.data.keys import Key, Keys, shown_id, shown_key, written
from segeval.frozen import frozen


@frozen(eq=False, repr=False)
class IdLists(Brief):
    """One list of category ids per image, end to end.

    Attributes:
        ids: category ids, int64, shape (L,).
        offsets: ids of image i are `ids[offsets[i]:offsets[i + 1]]`, int64, shape (I + 1,).
    """

    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def take(self, rows: NDArray[np.integer]) -> IdLists:
        """The lists of some images, in that order."""
        counts = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        shift = np.repeat(self.offsets[:-1][rows] - offsets[:-1], counts)
        return IdLists(self.ids[np.arange(offsets[-1]) + shift], offsets)

    @classmethod
    def concatenate(cls, lists: Sequence[IdLists | None]) -> IdLists | None:
        """Lists of several files, one file after the other; None if a file has none."""
        known = [one for one in lists if one is not None]
        if len(known) < len(lists):
            return None
        counts = np.concatenate([np.diff(one.offsets) for one in known])
        return cls(
            np.concatenate([one.ids for one in known]), np.concatenate([[0], np.cumsum(counts)])
        )


@frozen(eq=False, repr=False)
class Images:
    """I images in file order.

    Attributes:
        id: int64, shape (I,); places in `keys` unless that is None.
        sizes: (H, W) in pixels, int32, shape (I, 2); -1 where the file gives none. A side that is
            not above 0 is as good as none.
        file_names: I names, "" where the file gives none.
        negative: categories verified to be absent (LVIS), or None.
        not_exhaustive: categories not exhaustively annotated (LVIS), or None.
        keys: ids of images that are text or at least 2^63, ascending; None for other ids.
    """

    id: NDArray[np.int64]
    sizes: NDArray[np.int32]
    file_names: tuple[str, ...]
    negative: IdLists | None = None
    not_exhaustive: IdLists | None = None
    keys: Keys | None = None

    def __post_init__(self) -> None:
        """Refuse columns that do not fit together."""
        prove_columns(self, len(self.id), IMAGES, "file_names")

    def __len__(self) -> int:
        return len(self.id)

    def __repr__(self) -> str:
        """One line: how many."""
        return f"Images({len(self):,})"

    def take(self, rows: NDArray[np.integer]) -> Images:
        """Some of the images, in that order."""
        negative, not_exhaustive = (None if one is None else one.take(rows) for one in self.lists)
        return replace(
            self,
            id=self.id[rows],
            sizes=self.sizes[rows],
            file_names=tuple(self.file_names[row] for row in rows.tolist()),
            negative=negative,
            not_exhaustive=not_exhaustive,
        )

    @property
    def written_ids(self) -> list[Key]:
        """The ids as the file writes them."""
        return written(self.id, self.keys)

    @property
    def lists(self) -> tuple[IdLists | None, IdLists | None]:
        """The lists of categories, `negative` and `not_exhaustive`."""
        return self.negative, self.not_exhaustive

    def sizes_of(self, image_id: NDArray[np.int64]) -> NDArray[np.int32]:
        """(H, W) of the images with some ids, int32, shape (n, 2); -1 for ids that are not here.

        Of several images with one id the last one counts, as in pycocotools.
        """
        unknown = np.array([[-1, -1]], np.int32)
        sizes: NDArray[np.int32] = np.concatenate([self.sizes, unknown])
        return sizes[rows_of(image_id, self.id)]

    def shown(self, index: int) -> str:
        """The id of one image in messages."""
        return shown_id(self.id[index], self.keys)

    @classmethod
    def concatenate(cls, parts: Sequence[Images]) -> Images:
        """Images of several files with the same keys, one file after the other; at least one."""
        return cls(
            keys=parts[0].keys,
            id=np.concatenate([part.id for part in parts]),
            sizes=np.concatenate([part.sizes for part in parts]),
            file_names=tuple(name for part in parts for name in part.file_names),
            negative=IdLists.concatenate([part.negative for part in parts]),
            not_exhaustive=IdLists.concatenate([part.not_exhaustive for part in parts]),
        )


@frozen(eq=False, repr=False)
class Categories(Brief):
    """K categories in file order.

    Attributes:
        id: int64, shape (K,); places in `keys` unless that is None.
        names: K names, the id as text where the file gives none.
        frequencies: K of "r", "c", "f" (LVIS), or None.
        keys: ids of categories that are text or at least 2^63, ascending; None for other ids.
    """

    id: NDArray[np.int64]
    names: tuple[str, ...]
    frequencies: tuple[str, ...] | None = None
    keys: Keys | None = None

    def __len__(self) -> int:
        return len(self.id)

    @property
    def written_ids(self) -> list[Key]:
        """The ids as the file writes them."""
        return written(self.id, self.keys)

    @property
    def by_id(self) -> dict[Key, str]:
        """Names by id as written."""
        return dict(zip(self.written_ids, self.names, strict=True))

    def told_apart(self) -> Categories:
        """The same categories, with the id in the names of those that have one name, or none.

        Example:
            >>> Categories(np.array([1, 2, 3]), ("cat", "cat", "")).told_apart().names
            ('cat (id 1)', 'cat (id 2)', 'id 3')
        """
        return replace(self, names=names_told_apart(self.names, self.written_ids))

    def shown(self, index: int) -> str:
        """The id of one category in messages."""
        return shown_id(self.id[index], self.keys)

    def equal(self, other: Categories) -> bool:
        """Whether ids, names and frequencies are the same, in the same order."""
        return (
            self.written_ids == other.written_ids
            and self.names == other.names
            and self.frequencies == other.frequencies
        )


def shown_category(key: Key, categories: Categories | None) -> str:
    """A category in a message: its id, and its name where a list has it.

    Args:
        key: the id as written.
        categories: a list that may name it; None without one.

    Example:
        >>> shown_category(2, Categories(np.array([1, 2]), ("cat", "dog")))
        '2 (dog)'
        >>> shown_category(2, None)
        '2'
    """
    names = {} if categories is None else categories.by_id
    name = names.get(key, str(key))
    return shown_key(key) if name in (str(key), "") else f"{shown_key(key)} ({name})"


def names_told_apart(names: Sequence[str], ids: Sequence[Key]) -> tuple[str, ...]:
    """K names of categories, with the id in those that several share, and in place of no name.

    Args:
        names: K names.
        ids: K ids as the file writes them.

    Example:
        >>> names_told_apart(["cat", "dog", "cat"], [1, 2, 3])
        ('cat (id 1)', 'dog', 'cat (id 3)')
    """
    number = Counter(names)
    return tuple(
        (f"{name} (id {own})" if number[name] > 1 else name) if name else f"id {own}"
        for name, own in zip(names, ids, strict=True)
    )


@frozen(eq=False)
class Listed:
    """The lists of a whole COCO file of predictions, which may contradict the ground truth.

    Attributes:
        categories: ids and names.
        images: ids and file names.
    """

    categories: Categories
    images: Images
