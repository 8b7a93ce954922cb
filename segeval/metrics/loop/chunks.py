"""Matches of some images in few bytes: what a metric keeps while it grows.

Rows of `Matches` take 40 bytes and more, most of which repeat: bits are numbered, and numbers are
as narrow as they fit. Records are known by their places in their image, so that the order of
batches does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.checks.whole_scores import ScoreTable
from segeval.data.keys import Key, written
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import evaluations
from segeval.metrics.coco.evidence import Evidence
from segeval.metrics.coco.file_notes import FileNotes
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.merging import Origin
from segeval.metrics.coco.restriction import of_images
from segeval.metrics.loop.columns import GROUND_TRUTH, PREDS, columns_of, places_within
from segeval.metrics.loop.file_counts import counted_by_image, without_counts
from segeval.metrics.loop.image_records import ImageRecord
from segeval.metrics.loop.settings import Settings
from segeval.tallies import added_up

ROWS = ("score", "prediction", "image", "rank")
"""Columns of rows that are kept as they are, but narrow."""

NO_ORIGIN = Origin(0, PREDS, 0, GROUND_TRUTH, 0, 0)
"""The files of a part of the images, which are named when all are there."""


@frozen(eq=False)
class Kept:
    """Matches of one kind of IoU.

    Attributes:
        frame: the matches without their rows.
        rows: columns of the N rows, by name.
        code: number of the bits of each row, unsigned, shape (N,).
        matched: matched bits of each of C numbers, for A size buckets, shape (A, C).
        ignored: the same for ignored bits, shape (A, C).
    """

    frame: Matches
    rows: dict[str, NDArray[Any]]
    code: NDArray[np.unsignedinteger[Any]]
    matched: NDArray[np.unsignedinteger[Any]]
    ignored: NDArray[np.unsignedinteger[Any]]

    def __len__(self) -> int:
        return len(self.code)

    @property
    def matches(self) -> Matches:
        """The matches as they were."""
        frame, rows = self.frame, self.rows
        return replace(
            frame,
            score=rows["score"].astype(np.float64),
            prediction=rows["prediction"].astype(np.int64),
            image=rows["image"].astype(np.int32),
            rank=rows["rank"].astype(np.int32),
            matched_bits=self.matched[:, self.code],
            ignored_bits=self.ignored[:, self.code],
        )


@frozen(eq=False)
class Chunk:
    """Matches of some images, for each kind of IoU.

    Attributes:
        kinds: the matches of each kind.
        keys: ids of the images.
    """

    kinds: tuple[Kept, ...]
    keys: tuple[Key, ...]

    def __len__(self) -> int:
        return len(self.kinds[0])

    @property
    def matches(self) -> list[Matches]:
        """The matches of each kind."""
        return [kept.matches for kept in self.kinds]

    def without(self, dropped: set[Key]) -> Chunk:
        """The same without some of its images."""
        if dropped.isdisjoint(self.keys):
            return self
        return chunk_of([_without(one, dropped) for one in self.matches])


def matched(records: Sequence[ImageRecord], settings: Settings, *, alone: bool = False) -> Chunk:
    """The matches of some images; `alone` as in `columns_of`.

    Raises:
        InputError: for what would give a wrong number.
    """
    preds, gt = columns_of(records, settings, alone=alone)
    found = evaluations(preds, gt, settings.arguments, settings.workers, by_image=True, few=True)
    gt_place = places_within(np.fromiter((len(each.gt) for each in records), np.int64))
    return chunk_of([
        _by_place(
            replace(each.matches, evidence=counted_by_image(each)), preds.places, gt_place
        )
        for each in found
    ])  # fmt: skip


def matched_apart(records: Sequence[ImageRecord], settings: Settings) -> list[Chunk]:
    """The matches of some images, in several chunks where together they are beyond a limit.

    Raises:
        InputError: names the image, which must have been checked before.
    """
    try:
        return [matched(records, settings)]
    except InputError:
        if len(records) < 2:
            matched(records, settings, alone=True)  # in words that name the image
            raise
    half = len(records) // 2
    return [*matched_apart(records[:half], settings), *matched_apart(records[half:], settings)]


def _without(matches: Matches, dropped: set[Key]) -> Matches:
    """Matches without some of their images, whose records notes count no more."""
    keep = np.array([key not in dropped for key in _keys(matches)], np.bool_)
    kept, evidence = of_images(matches, keep), matches.evidence
    if kept.evidence is None or evidence is None or evidence.by_image is None:
        return kept
    files = without_counts(kept.evidence.files, evidence.by_image.take(~keep))
    return replace(kept, evidence=replace(kept.evidence, files=files))


def _by_place(matches: Matches, place: NDArray[np.int64], gt_place: NDArray[np.int64]) -> Matches:
    """The same with the places of records in their images, and nothing that follows from rows."""
    unjudged = matches.unjudged
    return replace(
        matches,
        prediction=place[matches.prediction],
        gt=gt_place[matches.gt],
        unjudged=replace(unjudged, prediction=place[unjudged.prediction]),
    )


def chunk_of(matches: Sequence[Matches]) -> Chunk:
    """Matches of each kind in few bytes."""
    return Chunk(tuple(map(_kept, matches)), tuple(_keys(matches[0])))


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Chunks of other images as one; not under a cap over the whole set."""
    kinds = zip(*(chunk.matches for chunk in chunks), strict=True)
    return chunk_of([Matches.merge(own) for own in kinds])


def _keys(matches: Matches) -> list[Key]:
    """Ids of the images as they were given."""
    return written(matches.image_ids, matches.image_keys)


def _kept(matches: Matches) -> Kept:
    """Matches in few bytes."""
    bits = np.ascontiguousarray(np.concatenate([matches.matched_bits, matches.ignored_bits]).T)
    own = bits.view(np.dtype((np.void, bits.shape[1] * bits.itemsize)))[:, 0]
    known, code = np.unique(own, return_inverse=True)
    table = known.view(bits.dtype).reshape(len(known), bits.shape[1]).T
    buckets = len(matches.buckets)
    none = np.zeros(0, np.int64)
    frame = replace(
        matches,
        prediction=none,
        image=none.astype(np.int32),
        score=none.astype(np.float64),
        rank=none.astype(np.int32),
        matched_bits=table[:, :0],
        ignored_bits=table[:, :0],
        origins=(NO_ORIGIN,),
        image_origin=np.zeros_like(matches.image_origin),
        notes=(),
        evidence=_short(matches),
    )
    return Kept(
        frame,
        {name: _narrow(getattr(matches, name)) for name in ROWS},
        code.astype(np.min_scalar_type(max(len(known) - 1, 0))),
        np.ascontiguousarray(table[:buckets]),
        np.ascontiguousarray(table[buckets:]),
    )


def _narrow(column: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in the fewest bytes."""
    if column.dtype.kind == "f":
        short = column.astype(np.float32)
        return short if (short == column).all() else column
    return column.astype(np.min_scalar_type(int(column.max(initial=0))))


def _short(matches: Matches) -> Evidence | None:
    """The evidence with notes on files added up, and without what follows from the rows."""
    evidence = matches.evidence
    if evidence is None:
        return None
    key = min(map(str, _keys(matches)), default="")
    none = np.zeros(0, np.int64)
    scores = ScoreTable(none, np.zeros(0), none, none)
    return replace(evidence, files=(one_file(evidence.files, key),), scores=scores)


def one_file(files: Sequence[FileNotes], key: str) -> FileNotes:
    """Notes of several files added up, under another key.

    Those that do not add up name an example: of each kind the one stays that concerns most records.
    """
    content, rules, fields = (
        added_up(getattr(file, name) for file in files) for name in ("content", "rules", "fields")
    )
    found: dict[Any, Note] = {}
    for note in sorted(content, key=lambda note: (-note.count, note.message)):
        kind = (note.code, note.message.partition(":")[0]) if note.tally is None else note
        found.setdefault(kind, note)
    return FileNotes(key, tuple(note for note in content if note in found.values()), rules, fields)
