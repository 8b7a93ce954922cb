"""AP from a part file in memory that does not grow with the number of predictions.

The file is read twice. Forward, true and false positives of every category are counted. Backward,
from the lowest score up, the best precision at or beyond a recall is known once it is passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.kernels.promise import kernel
from segeval.metrics.coco import caps
from segeval.metrics.coco.curves import EPSILON, RECALLS, Curves, count_row, settle_row
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.overlaps import Overlaps
from segeval.metrics.coco.parts.cuts import Cuts, cuts_of
from segeval.metrics.coco.parts.layout import Group, filled, read_block, read_groups, read_rows
from segeval.metrics.coco.parts.rows import BLOCK, Rows, no_rows
from segeval.metrics.coco.subset import caps_to_count
from segeval.metrics.part_files import PartReader


@dataclass(frozen=True, eq=False, repr=False)
class StreamedMatches:
    """Matches of one kind of IoU in a part file.

    Attributes:
        path: of the file.
        place: number of the group in the file.
        group: the group.
        frame: the matches without predictions.
    """

    path: Path
    place: int
    group: Group
    frame: Matches

    def __repr__(self) -> str:
        """One line: the file."""
        return f"StreamedMatches({self.path}: {self.frame.request.iou})"

    @property
    def judged(self) -> NDArray[np.int64]:
        """Number of predictions of each category within the largest cap, int64, shape (K,)."""
        return self._under(self.frame.request.protocol.max_dets).counts.judged

    @property
    def beyond_cap(self) -> caps.Beyond:
        """What is beyond the largest cap, if it is one over the whole set."""
        frame = self.frame
        others = frame.unjudged
        is_within = self._under(frame.request.protocol.max_dets).cuts.keep(
            others.category, others.score, others.origin, others.prediction
        )
        counts = np.diff(self.group.offsets) - self.judged
        taking_part = others.among(frame.image_ids, frame.request.min_score)
        return caps.Beyond.of(counts, others, taking_part, is_within[-1])

    def curves(
        self,
        bucket: str | int = "all",
        *,
        max_dets: int | Sequence[int] | None = None,
        workers: int | None = None,
    ) -> Curves:
        """Curves of the categories in one size bucket; arguments as in `Matches.curves`."""
        del workers
        limits = caps_to_count(max_dets, self.frame.request.protocol)
        names = [own.name for own in self.frame.buckets]
        place = names.index(bucket) if isinstance(bucket, str) else bucket
        return self._under(limits).curves[place]

    def _under(self, limits: Sequence[int]) -> _UnderCaps:
        """The numbers under some caps; the same object for the same caps."""
        return self._known.setdefault(tuple(limits), _UnderCaps(self, tuple(limits)))

    @cached_property
    def _known(self) -> dict[tuple[int, ...], _UnderCaps]:
        """Numbers by caps."""
        return {}

    def whole(self) -> Matches:
        """All matches, in memory."""
        with PartReader(self.path) as reader:
            blocks = read_rows(reader, self.place, self.group, kinds=(self.frame.request.iou,))
            rows = Rows.joined([*blocks] or [no_rows(self.group.kinds)])
        return filled(self.group, self.frame, rows).ranked_anew()

    def whole_with_overlaps(self) -> tuple[Matches, Overlaps]:
        """All matches, and their overlaps with objects, in memory.

        Raises:
            InputError: if the part does not hold them.
        """
        kinds = (self.frame.request.iou,)
        if not self.group.has_overlaps:
            raise InputError(
                f"{self.path}: does not hold what error kinds need. Match anew by "
                "`match_part(errors=True)`.",
                code="part-without-errors",
                path=str(self.path),
                option="errors",
            )
        with PartReader(self.path) as reader:
            blocks = [*read_rows(reader, self.place, self.group, kinds=kinds, overlaps=True)]
        rows = Rows.joined(blocks or [no_rows(kinds, overlaps=True)])
        return filled(self.group, self.frame, rows).ranked_anew(), rows.overlaps[kinds[0]]

    def rows(self, *, backward: bool = False) -> Iterator[Rows]:
        """The rows, block by block."""
        places = range(-(-len(self.group) // BLOCK))
        kinds = (self.frame.request.iou,)
        with PartReader(self.path) as reader:
            for number in reversed(places) if backward else places:
                yield read_block(reader, self.place, self.group, number, kinds=kinds)


@dataclass(frozen=True, eq=False)
class _UnderCaps:
    """What a part file says under some caps; everything is read when first asked for.

    Attributes:
        source: the matches.
        limits: D caps, increasing; 0 for no limit.
    """

    source: StreamedMatches
    limits: tuple[int, ...]

    @cached_property
    def cuts(self) -> Cuts:
        """Where caps over the set cut."""
        return cuts_of(self.source.frame, self.source.rows(), self.limits)

    @cached_property
    def counts(self) -> _Counts:
        """True and false positives of every category."""
        frame = self.source.frame
        shape = len(frame.buckets), len(frame.category_ids)
        thresholds = len(frame.thresholds)
        found = _Counts(
            np.zeros((*shape, len(self.limits), thresholds), np.int64),
            np.zeros((*shape, thresholds), np.int64),
            np.zeros(shape[1], np.int64),
        )
        kind = frame.request.iou
        for rows, copies in self._blocks():
            for bucket in range(shape[0]):
                count_block(
                    rows.codes[kind], *self._tables(bucket), rows.category, copies,
                    found.true[bucket], found.false[bucket],
                )  # fmt: skip
            judged = rows.category[copies[-1] > 0]
            found.judged[:] += np.bincount(judged, minlength=shape[1])
        return found

    @cached_property
    def curves(self) -> list[Curves]:
        """The curves of all buckets."""
        frame, counts = self.source.frame, self.counts
        number, thresholds = len(frame.category_ids), len(frame.thresholds)
        positives = np.stack([
            np.bincount(frame.gt_category[counted], minlength=number)
            for counted in frame.gt_counted
        ])  # fmt: skip
        found = []
        for own in positives:
            defined = int((own > 0).sum())
            found.append(np.zeros((defined, thresholds, len(RECALLS))))
        slots = np.cumsum(positives > 0, axis=1) - 1
        current = np.full((len(positives), 1), -1)
        best = np.zeros((len(positives), thresholds))
        point = np.zeros((len(positives), thresholds), np.int64)
        true, false = counts.true[:, :, -1].copy(), counts.false.copy()
        kind = frame.request.iou
        for rows, copies in self._blocks(backward=True):
            for bucket, precision in enumerate(found):
                settle_block(
                    rows.codes[kind], *self._tables(bucket), rows.category, copies,
                    positives[bucket], RECALLS, EPSILON, slots[bucket], true[bucket],
                    false[bucket], current[bucket], best[bucket], point[bucket], precision,
                )  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            recall = counts.true / positives[:, :, np.newaxis, np.newaxis]
        recall[positives == 0] = -1.0
        return [
            Curves(own, recall[place], positives[place], frame.thresholds)
            for place, own in enumerate(found)
        ]

    def _tables(self, bucket: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Matched and ignored bits behind the codes in one bucket."""
        frame = self.source.frame
        table = self.source.group.tables[frame.request.iou]
        return table[bucket], table[len(frame.buckets) + bucket]

    def _blocks(self, *, backward: bool = False) -> Iterator[tuple[Rows, NDArray[np.uint8]]]:
        """Blocks of rows with their copies under the caps, uint8, shape (D, n)."""
        is_over_set = self.source.frame.request.protocol.cap_scope == "category"
        cuts = self.cuts if is_over_set else None
        for rows in self.source.rows(backward=backward):
            if cuts is None:
                within = caps.copies_within(rows.rank.astype(np.int32), None, self.limits)
                yield rows, within.astype(np.uint8)
            else:
                yield rows, cuts.copies(rows)


@dataclass(frozen=True, eq=False)
class _Counts:
    """True and false positives.

    Attributes:
        true: by bucket, category, cap and threshold, int64, shape (A, K, D, T).
        false: under the largest cap, int64, shape (A, K, T).
        judged: predictions under the largest cap, int64, shape (K,).
    """

    true: NDArray[np.int64]
    false: NDArray[np.int64]
    judged: NDArray[np.int64]


def streamed(path: str | Path) -> tuple[list[StreamedMatches], str | None]:
    """The kinds of IoU of a part file, and the official package as the caller named it.

    Raises:
        InputError: if there is no such file.
        FormatError: if it is something else, damaged, or of another version.
    """
    with PartReader(path) as reader:
        groups = read_groups(reader)
        found = {
            frame.request.iou: StreamedMatches(
                Path(path), place, group, replace(frame, unjudged=group.others)
            )
            for place, group in enumerate(groups)
            for frame in group.frames
        }
        return [found[kind] for kind in reader.header["order"]], reader.header["compat"]


@kernel
def count_block(
    codes: NDArray[np.unsignedinteger[Any]],
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    category: NDArray[np.int32],
    copies: NDArray[np.uint8],
    true: NDArray[np.int64],
    false: NDArray[np.int64],
) -> None:
    """Count a block of rows (n,) among true (K, D, T) and false positives (K, T).

    Assumes codes below the lengths of the tables, and categories below K.
    """
    number = false.shape[1]
    every = (np.uint64(1) << np.uint64(number - 1) << np.uint64(1)) - np.uint64(1)
    last = copies.shape[0] - 1
    for row in range(codes.size):
        if copies[last, row] == 0:
            continue
        drops = np.uint64(ignored[codes[row]])
        hits = np.uint64(matched[codes[row]]) & ~drops
        misses = every & ~(hits | drops)
        own = category[row]
        count_row(hits, misses, copies, row, true[own], false[own])


@kernel
def settle_block(
    codes: NDArray[np.unsignedinteger[Any]],
    matched: NDArray[np.unsignedinteger[Any]],
    ignored: NDArray[np.unsignedinteger[Any]],
    category: NDArray[np.int32],
    copies: NDArray[np.uint8],
    positives: NDArray[np.int64],
    points: NDArray[np.float64],
    epsilon: float,
    slots: NDArray[np.int64],
    true: NDArray[np.int64],
    false: NDArray[np.int64],
    current: NDArray[np.int64],
    best: NDArray[np.float64],
    point: NDArray[np.int64],
    precision: NDArray[np.float64],
) -> None:
    """Take a block of rows back, and fill precision (L, T, R) at slots (K,).

    `current` (1,), best (T,) and point (T,) pass from block to block: the category, the best
    precision behind, and the highest recall that is not filled. True and false (K, T) are the
    counts up to each row.

    Assumes codes below the lengths of the tables, categories below K, and a slot for each category
    with positives.
    """
    number = best.size
    every = (np.uint64(1) << np.uint64(number - 1) << np.uint64(1)) - np.uint64(1)
    last = copies.shape[0] - 1
    for row in range(codes.size - 1, -1, -1):
        own = category[row]
        if positives[own] == 0 or copies[last, row] == 0:
            continue
        if own != current[0]:
            current[0] = own
            best[:] = 0.0
            point[:] = points.size - 1
        drops = np.uint64(ignored[codes[row]])
        hits = np.uint64(matched[codes[row]]) & ~drops
        misses = every & ~(hits | drops)
        settle_row(
            (hits, misses),
            1,
            0,
            int(positives[own]),
            points,
            epsilon,
            (true[own], false[own], best, point),
            precision[slots[own]],
        )
