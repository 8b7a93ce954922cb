"""Writing of predictions as they are made, with only one image's in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from segeval.data.coco.write import SLICE, Record, prediction_records, with_suffix
from segeval.data.columns import Predictions
from segeval.data.keys import Key
from segeval.data.whole_files import whole_file


@contextmanager
def stream_predictions(path: str | Path) -> Iterator[Callable[[Predictions], None]]:
    r"""A growing COCO results file, which gets its name once the block ends without an error.

    Args:
        path: `.json`, or `.jsonl` for one record a line; an added `.gz` compresses.

    Returns:
        A context that gives a function to write more predictions, which raises FormatError for a
        score or box that is not finite.

    Raises:
        InputError: for another suffix, or if the folder does not exist.

    Example:
        >>> import segeval, tempfile
        >>> preds = [{"image_id": 1, "category_id": 2, "bbox": [0, 0, 5, 5], "score": 0.5}]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "preds.json")
        ...     with stream_predictions(path) as add:
        ...         add(segeval.load_predictions(preds))
        ...     path.read_text()
        '[{"image_id":1,"category_id":2,"bbox":[0.0,0.0,5.0,5.0],"score":0.5}]\n'
    """
    path = with_suffix(path, (".json", ".jsonl"))
    one_a_line = path.name.removesuffix(".gz").endswith(".jsonl")
    with whole_file(path) as file:
        records = _Records(file, *((b"", b"\n", b"") if one_a_line else (b"[", b",\n", b"]")))

        def add(preds: Predictions) -> None:
            of_slice = prediction_records(preds)
            for start in range(0, len(preds), SLICE):
                records.add(of_slice(start, min(start + SLICE, len(preds))))

        yield add
        records.end()
        if not one_a_line or records.number:
            file.write(b"\n")


@contextmanager
def stream_images(
    path: str | Path, categories: Sequence[tuple[int, str]]
) -> Iterator[Callable[[Key, str, tuple[int, int]], None]]:
    """A growing COCO file of images and categories without annotations.

    Args:
        path: `.json` or `.json.gz`. The file gets its name once the block ends without an error.
        categories: ids and names.

    Returns:
        A context that gives a function to write one more image: id, file name, (H, W).

    Raises:
        InputError: for another suffix, or if the folder does not exist.
    """
    with whole_file(with_suffix(path, (".json",))) as file:
        file.write(b'{"images":')
        images = _Records(file, b"[", b",\n", b"]")

        def add(image_id: Key, name: str, size: tuple[int, int]) -> None:
            height, width = size
            images.add([{"id": image_id, "height": height, "width": width, "file_name": name}])

        yield add
        images.end()
        file.write(b',\n"categories":')
        listed = _Records(file, b"[", b",\n", b"]")
        listed.add([{"id": number, "name": name} for number, name in categories])
        listed.end()
        file.write(b',\n"annotations":[]}\n')


class _Records:
    """A list of records in a file, written piece by piece.

    Args:
        file: file to write to.
        begin: bytes before the first record.
        between: bytes between two records.
        end: bytes after the last one.
    """

    def __init__(self, file: BinaryIO, begin: bytes, between: bytes, end: bytes) -> None:
        self.number = 0
        self._file, self._between, self._end = file, between, end
        file.write(begin)

    def add(self, records: Sequence[Record]) -> None:
        """Write more records."""
        if records:
            encoded = self._between.join(map(msgspec.json.encode, records))
            self._file.write((self._between if self.number else b"") + encoded)
            self.number += len(records)

    def end(self) -> None:
        """Write the bytes after the last record."""
        self._file.write(self._end)
