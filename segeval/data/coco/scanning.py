"""Scanning of a file of predictions in chunks, which threads read into memory of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.coco.chunks import Chunk
from segeval.data.coco.refused_predictions import checked_prediction
from segeval.data.coco.refused_segmentations import plain_mask
from segeval.data.files import Content
from segeval.data.json.broken import decode_at, further_value, syntax_error
from segeval.data.json.scan import (
    ENDED,
    FARTHEST_BACK,
    MISPLACED,
    REFUSED,
    STOPPED,
    guess_record,
    next_record,
    scan_records,
)
from segeval.errors import FormatError
from segeval.kernels.threads import stopping_pool, thread_count

CHUNK = 4 << 20
"""Bytes that a thread reads at a time."""

BEHIND = 1 << 18
"""Bytes behind a chunk that are read with it, for the end of its last record."""

LEAST_RECORD = 40
"""Bytes of the shortest record with an image, a category and a score."""

COLUMNS: tuple[tuple[Any, tuple[int, ...]], ...] = (
    (np.int64, ()),  # image_id
    (np.int64, ()),  # category_id
    (np.float64, ()),  # score
    (np.float64, (4,)),  # bbox
    (np.int32, (2,)),  # size
    (np.int64, ()),  # start of the text
    (np.int32, ()),  # length of the text
    (np.uint8, ()),  # format
    (np.uint8, ()),  # ids whose columns hold the place of their text
)
"""Kinds of the columns of a chunk, and the shape of an entry."""

START = 5
"""Column of the start of the text."""


@dataclass
class Window:
    """Bytes `start` to `stop` of a file.

    Attributes:
        data: the bytes, read-only.
        start: place of the first in the file.
    """

    data: NDArray[np.uint8]
    start: int = 0

    @property
    def stop(self) -> int:
        """Place behind the last byte."""
        return self.start + len(self.data)


@dataclass
class Text:
    """The bytes of a file of predictions, and the text of the masks that threads write.

    The masks of a chunk are written at the places of its records in the file, so no two threads
    write at the same place.

    Attributes:
        content: the file.
        size: number of bytes without white space at the end.
        lines: whether each record is on a line of its own, else they are a list.
        masks: uint8, shape (size + 8,).
    """

    content: Content
    size: int
    lines: bool
    masks: NDArray[np.uint8]
    _buffers: list[NDArray[np.uint8]] = field(default_factory=list)

    @property
    def whole(self) -> Window:
        """All of it."""
        return Window(self.content.data[: self.size])

    @contextmanager
    def window(self, start: int, stop: int) -> Iterator[Window]:
        """A part of it with some bytes on both sides, valid in the context; or all, once read.

        Threads use a few buffers again and again: memory that is new each time costs more than the
        reading.
        """
        if self.content.is_in_memory:
            yield self.whole
            return
        start = max(start - FARTHEST_BACK - 1, 0)
        stop = min(stop + BEHIND, self.size)
        most = CHUNK + BEHIND + FARTHEST_BACK + 1
        buffer = self._buffers.pop() if self._buffers else np.empty(most, np.uint8)
        try:
            self.content.copy(start, buffer[: stop - start])
            data = buffer[: stop - start]
            data.flags.writeable = False
            yield Window(data, start)
        finally:
            self._buffers.append(buffer)


def scan_all(text: Text, first: int, workers: int | None) -> list[Chunk]:
    """All records, in order, up to the first wrong one.

    Threads begin at places that only look like a record. A chunk counts if the one before ended
    exactly where it began. Otherwise its thread took a part of a record for a record, and may have
    overwritten that record's mask: then one thread reads on from the chunk before. That holds
    behind the end of the list too, where the last record spans what threads took for records.

    Args:
        text: the file.
        first: place of the first record.
        workers: threads, None for all cores.

    Raises:
        FormatError: if the file was changed meanwhile.
    """
    edges = [first, *range(first + CHUNK, text.size, CHUNK), text.size]

    def scan(begin: int, end: int) -> Chunk | None:
        with text.window(begin, end) as window:
            start = begin if begin == first else _guess(text, window, begin, end)
            return _scan_chunk(text, window, start, end) if start >= 0 else None

    chunks: list[Chunk] = []
    threads = thread_count(workers, len(edges) - 1)
    with nullcontext() if threads == 1 else stopping_pool(threads) as pool:
        for chunk in (map if pool is None else pool.map)(scan, edges[:-1], edges[1:]):
            if chunk is None:  # no record begins here
                continue
            if chunks and chunk.start != chunks[-1].stop:
                chunks.pop()
                break
            text.content.release(chunk.start)  # all records before it are read
            chunks.append(chunk)
            if chunk.error is not None:
                break
        if pool is not None:
            pool.shutdown(cancel_futures=True)
    while not chunks or not chunks[-1].over:
        start = chunks[-1].stop if chunks else first
        stop = min(start + CHUNK, text.size)
        with text.window(start, stop) as window:
            chunks.append(_scan_chunk(text, window, start, stop))
    text.content.check_unchanged()
    return chunks


def _guess(text: Text, window: Window, begin: int, end: int) -> int:
    """The first place from `begin` up to `end` that looks like a record, or -1."""
    at = window.start
    place = int(guess_record(window.data, begin - at, end - at, len(window.data), text.lines))
    return place + at if place >= 0 else place


def _scan_chunk(text: Text, window: Window, start: int, stop: int) -> Chunk:
    """Records from the one at `start` to the first at or after `stop`."""
    room = (stop - start) // LEAST_RECORD + 2
    columns: Any = tuple(np.empty((room, *shape), dtype) for dtype, shape in COLUMNS)
    chunk = Chunk(start, start, columns, text_end=start)
    while chunk.stop < stop and not chunk.over:
        status = _scan_window(text, window, chunk, stop)
        if status == STOPPED or chunk.over:
            continue
        if window.stop < text.size:  # what seems to be wrong may only be cut off
            window = text.whole
        elif status == ENDED:
            chunk.ended = True
        elif status == MISPLACED:
            chunk.error = _misplaced(text, chunk.stop)
        elif status == REFUSED:
            try:
                _read_odd_record(text, chunk)
            except FormatError as error:
                chunk.error = error
    return chunk


def _scan_window(text: Text, window: Window, chunk: Chunk, stop: int) -> int:
    """Records of a window from the end of a chunk on, added to it; returns how the scan ended."""
    at, first = window.start, chunk.rows
    place, rows, text_end, status = scan_records(
        window.data,
        chunk.stop - at,
        stop - at,
        len(window.data),
        text.lines,
        first,
        chunk.columns,
        text.masks[at:],
        chunk.text_end - at,
    )
    chunk.stop, chunk.rows, chunk.text_end = int(place) + at, int(rows), int(text_end) + at
    chunk.columns[START][first : chunk.rows] += at
    chunk.read_ids(window.data, first)
    return int(status)


def _read_odd_record(text: Text, chunk: Chunk) -> None:
    """Let Python read the record at `chunk.stop`.

    Raises:
        FormatError: if it is wrong; the file is named only if it is not JSON at all.
    """
    record, behind = decode_at(text.content, chunk.stop, text.size)
    values = checked_prediction(record)
    mask = plain_mask(values.segmentation)
    start = chunk.text_end
    if start + len(mask.text) <= behind:
        chunk.text_end += len(mask.text)
        text.masks[start : chunk.text_end] = np.frombuffer(mask.text, np.uint8)
    else:
        chunk.long.append((chunk.rows, mask.text))
    ids = [chunk.plain_id(k, key, chunk.rows) for k, key in enumerate(values.ids)]
    row = (*ids, *values[2:4], mask.size, start, len(mask.text), mask.format, 0)
    for column, value in zip(chunk.columns, row, strict=True):
        column[chunk.rows] = value
    chunk.rows += 1
    place, ended = next_record(text.content.data, behind, text.size, text.lines)
    if place < 0:
        raise _misplaced(text, behind)
    chunk.stop, chunk.ended = int(place), bool(ended)


def _misplaced(text: Text, behind: int) -> FormatError:
    """The error where a record is followed by neither another one nor the end."""
    data = text.content.data
    place = text.content.skip_blank(behind)
    if text.lines:
        return syntax_error(text.content, place, "expecting a line break")
    if place < text.size and data[place] in b",]":
        is_closed = data[place] in b"]"
        place = text.content.skip_blank(place + 1)
        if is_closed:
            return further_value(text.content, place)
        return syntax_error(text.content, place, "extra data")
    return syntax_error(text.content, place, "expecting ',' delimiter")
