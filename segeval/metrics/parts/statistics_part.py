"""Part files of statistics per image, as they are written.

Such a file holds `keys`, the keys of its images in ascending order, `digest`, a hash of each image,
and for each of its tables of statistics the arrays `TABLE/COLUMN`. Columns of text are UTF-8 JSON.
What the parts of one evaluation share stands in the header under `shared`, by the names that users
know; what they bring along, such as names of files, in lists under `brought`, where equal entries
count once. Statistics of an image take some hundred bytes, so that parts are joined in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Key
from segeval.frozen import frozen
from segeval.metrics.image_columns import ImageStatistics
from segeval.metrics.parts.digests import statistics_digests
from segeval.metrics.parts.files import PartWriter, written_part
from segeval.version import __version__


@frozen(eq=False)
class StatisticsPart:
    """Statistics of some images, as a part file holds them.

    Attributes:
        name: of the file, for messages.
        shared: plain values that all parts of one evaluation have in common, such as `settings`.
        brought: lists of plain values that parts bring along, by name.
        tables: statistics of the same images, by name.
    """

    name: str
    shared: Mapping[str, Any]
    brought: Mapping[str, Sequence[Any]]
    tables: Mapping[str, ImageStatistics]

    @property
    def _key_column(self) -> Any:
        """The keys of its images as its tables have them: int64, or a tuple."""
        return next(iter(self.tables.values())).keys

    @property
    def keys(self) -> list[Key]:
        """The keys of its images, ascending."""
        keys = self._key_column
        return keys.tolist() if isinstance(keys, np.ndarray) else list(keys)

    def digests(self) -> NDArray[np.uint64]:
        """Hashes of all that is known of each image, uint64, shape (I,)."""
        found = np.zeros(len(self.keys), np.uint64)
        for table in self.tables.values():
            found = found * np.uint64(3) + statistics_digests(table)
        return found

    def write(self, path: str | Path, task: str) -> None:
        """Write the part file, which appears whole or not at all.

        Args:
            path: of the file.
            task: what was counted, such as "miou".

        Raises:
            InputError: if the folder does not exist, or the path is no file.
        """
        header = {
            "task": task,
            "version": __version__,
            "shared": dict(self.shared),
            "brought": {name: [*values] for name, values in self.brought.items()},
        }
        with written_part(path, header) as writer:
            keys = self._key_column
            writer.add("keys", keys if isinstance(keys, np.ndarray) else as_text(keys))
            writer.add("digest", self.digests())
            for name, table in self.tables.items():
                _write_table(writer, name, table)


def _write_table(writer: PartWriter, name: str, table: ImageStatistics) -> None:
    """Write the columns of a table."""
    for column in (*table.BY_IMAGE, *table.BY_ROW, *chain.from_iterable(table.BY_ROW.values())):
        values = getattr(table, column)
        is_text = values.dtype == object
        writer.add(f"{name}/{column}", as_text(values.tolist()) if is_text else values)


def as_text(values: Sequence[Key]) -> NDArray[np.uint8]:
    """Text, or whole numbers of any size, as bytes of JSON, uint8."""
    return np.frombuffer(json.dumps(list(values)).encode(), np.uint8)
