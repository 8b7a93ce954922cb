"""Reading predictions: COCO results as JSON or JSON Lines, of any size, in threads."""

from __future__ import annotations

import json
import mmap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import records
from segeval.data.columns import Predictions
from segeval.data.files import STANDARD_INPUT, Content, open_content
from segeval.data.scan import (
    ENDED,
    NONE,
    OPEN_OBJECT,
    POLYGON,
    REFUSED,
    guess_record,
    next_record,
    scan_records,
    scan_segmentation,
    skip_blank,
)
from segeval.data.segments import Segments
from segeval.errors import FormatError
from segeval.masks import CompressedMasks
from segeval.masks.parallel import cores

CHUNK = 4 << 20
"""Bytes that one thread reads at a time."""

LEAST_RECORD = 40
"""Bytes of the shortest record with an image, a category and a score."""

_COLUMNS: tuple[tuple[Any, int], ...] = (
    (np.int64, 0),  # image_id
    (np.int64, 0),  # category_id
    (np.float64, 0),  # score
    (np.float64, 4),  # bbox
    (np.int32, 2),  # size
    (np.int64, 0),  # start of the text
    (np.int32, 0),  # length of the text
    (np.uint8, 0),  # format
)


def load_predictions(
    source: str | Path | Sequence[Any], *, workers: int | None = None
) -> Predictions:
    """Predictions from a file or from memory.

    Args:
        source: a path (.json, .json.gz, .jsonl, .jsonl.gz, "-" for standard input), or a list of
            COCO result records.
        workers: threads, None for all cores.

    Raises:
        InputError: if the file cannot be read.
        FormatError: if it is not a list of predictions; the message names the record.

    Example:
        >>> box = {"image_id": 1, "category_id": 2, "score": 0.5, "bbox": [0, 0, 4, 4]}
        >>> len(load_predictions([box]))
        1
    """
    if isinstance(source, str | Path):
        content = open_content(source)
        lines = ".jsonl" in Path(source).suffixes
        return _read(content, lines or _is_lines(content, str(source)), workers)
    from segeval.data.memory import predictions_from_records

    return predictions_from_records(source)


def parse_predictions(
    data: bytes, source: str = "predictions", *, lines: bool = False
) -> Predictions:
    """Predictions from the bytes of a COCO results file; errors as in `load_predictions`."""
    return _read(Content(data, source), lines, workers=None)


def _is_lines(content: Content, source: str) -> bool:
    """Whether standard input holds JSON Lines: an object that another one follows."""
    if source != STANDARD_INPUT or content.begins != b"{":
        return False
    first, *rest = content.data.tobytes().strip().split(b"\n", 1)
    return bool(rest) and first.rstrip().endswith(b"}") and rest[0].lstrip().startswith(b"{")


@dataclass
class _Chunk:
    """What one thread read: rows from the record at `start` to the record at `stop`."""

    start: int
    stop: int
    columns: tuple[NDArray[Any], ...]
    rows: int = 0
    text_end: int = 0
    ended: bool = False
    error: FormatError | None = None
    odd: list[tuple[int, bytes, int]] = field(default_factory=list)  # (row, text, format)


def _read(content: Content, lines: bool, workers: int | None) -> Predictions:
    """Scan the bytes in chunks and put the columns together."""
    data = content.data
    size = _trimmed(data)
    first = int(skip_blank(data, 0, size))
    if lines and size == 0:
        return _assembled([], np.empty(0, np.uint8), content.name)
    if not lines:
        if content.begins != b"[":
            raise records.not_a_list(content)
        first = int(skip_blank(data, first + 1, size))
        if data[size - 1] != ord("]"):
            raise records.broken_json(content)
        if first == size - 1:
            return _assembled([], np.empty(0, np.uint8), content.name)
    # An anonymous map, so that only the pages written to are ever backed by memory.
    text = np.frombuffer(mmap.mmap(-1, size + 8), np.uint8)
    chunks = _scan_all(content, first, size, lines, text, workers)
    return _assembled(chunks, text, content.name)


def _trimmed(data: NDArray[np.uint8]) -> int:
    """Length of the data without white space at its end."""
    size = len(data)
    while size and data[size - 1] in b" \t\r\n":
        size -= 1
    return size


def _scan_all(
    content: Content,
    first: int,
    size: int,
    lines: bool,
    text: NDArray[np.uint8],
    workers: int | None,
) -> list[_Chunk]:
    """All records, in order.

    Threads begin at places that only look like a record. A chunk counts if the one before it ended
    exactly where it began; otherwise its bytes are scanned again from where that one ended.
    """
    workers = cores() if workers is None else workers
    edges = [first, *range(first + CHUNK, size, CHUNK), size]

    def scan(begin: int, end: int) -> _Chunk:
        start = int(guess_record(content.data, begin, size, lines)) if begin > first else begin
        chunk = _scan_chunk(content, start, max(end, start), size, lines, text)
        content.release(begin, end)
        return chunk

    chunks: list[_Chunk] = []
    at = first
    done = 0
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        results = pool.map(scan, edges[:-1], edges[1:])
        for end, guessed in zip(edges[1:], results, strict=True):
            if at >= end and chunks:
                continue  # a record that spans the whole chunk
            chunk = guessed
            if chunk.start != at:
                chunk = _scan_chunk(content, at, end, size, lines, text)
            if chunk.error is not None:
                pool.shutdown(wait=False, cancel_futures=True)
                raise records.numbered(chunk.error, content.name, done + chunk.rows)
            chunks.append(chunk)
            done += chunk.rows
            at = chunk.stop
    return chunks


def _scan_chunk(
    content: Content, start: int, stop: int, size: int, lines: bool, text: NDArray[np.uint8]
) -> _Chunk:
    """Records from the one at `start` to the first at or behind `stop`."""
    data = content.data
    room = (stop - start) // LEAST_RECORD + 2
    columns = tuple(
        np.empty((room, width) if width else room, dtype) for dtype, width in _COLUMNS
    )
    chunk = _Chunk(start, start, columns, text_end=start)
    while chunk.stop < stop and not chunk.ended:
        place, chunk.rows, chunk.text_end, status = scan_records(
            data, chunk.stop, stop, size, lines, chunk.rows, columns, text, chunk.text_end
        )
        chunk.stop, chunk.ended = int(place), status == ENDED
        if status == REFUSED and not _read_odd_record(content, chunk, size, lines):
            break
    return chunk


def _read_odd_record(content: Content, chunk: _Chunk, size: int, lines: bool) -> bool:
    """Let Python read the record at `chunk.stop`; False, with `chunk.error` set, if it is wrong."""
    place = chunk.stop
    try:
        if content.data[place] != OPEN_OBJECT:
            raise records.syntax_error(content, place)
        record, behind = records.decode_at(content, place, size)
        row = records.checked(record)
    except FormatError as error:
        chunk.error = error
        return False
    image, category, score, box, mask_size, start, length, form = chunk.columns
    at = chunk.rows
    image[at], category[at], score[at], box[at] = row.image_id, row.category_id, row.score, row.box
    segmentation, kind, mask_size[at] = _plain_segmentation(row.segmentation)
    start[at], length[at], form[at] = -1, len(segmentation), kind
    if segmentation:
        chunk.odd.append((at, segmentation, kind))
    place, ended = next_record(content.data, behind, size, lines)
    if place < 0:
        chunk.error = records.syntax_error(content, behind)
        return False
    chunk.rows += 1
    chunk.stop, chunk.ended = int(place), bool(ended)
    return True


def _plain_segmentation(value: Any) -> tuple[bytes, int, tuple[int, int]]:
    """A segmentation that Python parsed, as text, format and [H, W]."""
    if value is None or value == []:
        return b"", NONE, (0, 0)
    plain = json.dumps(value).encode() + b" " * 32
    data = np.frombuffer(plain, np.uint8)
    text = np.empty(len(plain), np.uint8)
    mask_size = np.zeros(2, np.int32)
    place, end, form = scan_segmentation(data, 0, len(plain), text, 0, mask_size)
    if place < 0:
        raise FormatError(
            f"segmentation is {json.dumps(value)[:60]}, expected a list of polygons or "
            '{"size": [H, W], "counts": ...}',
            code="bad-segmentation",
            field="segmentation",
        )
    return text[:end].tobytes(), int(form), (int(mask_size[0]), int(mask_size[1]))


def _assembled(chunks: list[_Chunk], text: NDArray[np.uint8], source: str) -> Predictions:
    """One set of columns from the chunks, which are emptied on the way."""
    extra: list[bytes] = []
    at = len(text)
    for chunk in chunks:
        for row, segmentation, _ in chunk.odd:
            chunk.columns[5][row] = at
            extra.append(segmentation)
            at += len(segmentation)
    if extra:
        text = np.concatenate([text, np.frombuffer(b"".join(extra), np.uint8)])
    rows = [list(chunk.columns) for chunk in chunks]
    whole = []
    for place, (dtype, width) in enumerate(_COLUMNS):
        shape = (0, width) if width else (0,)
        pieces = [row[place][: chunk.rows] for row, chunk in zip(rows, chunks, strict=True)]
        whole.append(np.concatenate([np.empty(shape, dtype), *pieces]))
        for row in rows:
            row[place] = None
    for chunk in chunks:
        chunk.columns = ()
    image, category, score, box, mask_size, start, length, form = whole
    _forget_empty_polygons(form, start, length, text)
    segments = Segments(form, CompressedMasks(text, start, length, mask_size))
    return Predictions(image, category, score, box, segments, source)


def _forget_empty_polygons(
    form: NDArray[np.uint8],
    start: NDArray[np.int64],
    length: NDArray[np.int32],
    text: NDArray[np.uint8],
) -> None:
    """A segmentation of [] is no mask."""
    for row in np.flatnonzero((form == POLYGON) & (length < 8)):
        if text[start[row] : start[row] + length[row]].tobytes().split() in ([b"[]"], [b"[", b"]"]):
            form[row], length[row] = NONE, 0
