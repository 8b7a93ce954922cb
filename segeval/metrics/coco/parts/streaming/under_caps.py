"""What a part file says under some caps, in two passes over its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco import caps
from segeval.metrics.coco.curves import EPSILON, RECALLS, Curves
from segeval.metrics.coco.parts.layout.rows import Rows
from segeval.metrics.coco.parts.streaming.cuts import Cuts, cuts_of
from segeval.metrics.coco.parts.streaming.passes import count_block, settle_block
from segeval.metrics.coco.parts.streaming.source import PartSource


@frozen(eq=False)
class UnderCaps:
    """What a part file says under some caps; everything is read when first asked for.

    Attributes:
        source: the matches.
        limits: D caps, increasing; 0 for no limit.
    """

    source: PartSource
    limits: tuple[int, ...]

    @cached_property
    def cuts(self) -> Cuts:
        """Where caps over the set cut."""
        return cuts_of(self.source.placed, self.source.rows(self.source.numbers), self.limits)

    @cached_property
    def counts(self) -> Counts:
        """True and false positives of every category."""
        frame = self.source.frame
        shape = len(frame.buckets), len(frame.category_ids)
        thresholds = len(frame.thresholds)
        found = Counts(
            np.zeros((*shape, len(self.limits), thresholds), np.int64),
            np.zeros((*shape, thresholds), np.int64),
            np.zeros(shape[1], np.int64),
        )
        kind = frame.request.iou
        for rows, copies in self.blocks(self.source.numbers):
            for bucket in range(shape[0]):
                count_block(
                    rows.codes[kind], *self.tables(bucket), rows.category, copies,
                    found.true[bucket], found.false[bucket],
                )  # fmt: skip
            judged = rows.category[copies[-1] > 0]
            found.judged[:] += np.bincount(judged, minlength=shape[1])
        return found

    @cached_property
    def curves(self) -> list[Curves]:
        """The curves of all buckets."""
        frame, counts = self.source.frame, self.counts
        positives, thresholds = self.source.positives, len(frame.thresholds)
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
        for rows, copies in self.blocks(reversed(self.source.numbers)):
            for bucket, precision in enumerate(found):
                settle_block(
                    rows.codes[kind], *self.tables(bucket), rows.category, copies,
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

    def tables(self, bucket: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Matched and ignored bits behind the codes in one bucket."""
        frame = self.source.frame
        table = self.source.group.tables[frame.request.iou]
        return table[bucket], table[len(frame.buckets) + bucket]

    def blocks(self, numbers: Iterable[int]) -> Iterator[tuple[Rows, NDArray[np.uint8]]]:
        """Blocks of rows, by their numbers, with copies under the caps, uint8, shape (D, n)."""
        is_over_set = self.source.frame.request.protocol.cap_scope == "category"
        cuts = self.cuts if is_over_set else None
        for rows in self.source.rows(numbers):
            if cuts is None:
                within = caps.copies_within(rows.rank.astype(np.int32), None, self.limits)
                yield rows, within.astype(np.uint8)
            else:
                yield rows, cuts.copies(rows)


@frozen(eq=False)
class Counts:
    """True and false positives.

    Attributes:
        true: by bucket, category, cap and threshold, int64, shape (A, K, D, T).
        false: under the largest cap, int64, shape (A, K, T).
        judged: predictions under the largest cap, int64, shape (K,).
    """

    true: NDArray[np.int64]
    false: NDArray[np.int64]
    judged: NDArray[np.int64]
