"""Caps over the whole set: where the best predictions of each category end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco import merging
from segeval.metrics.coco.caps import cap_limits
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.parts.layout.rows import Rows


@frozen(eq=False)
class Cuts:
    """The last prediction of each of K categories under each of D caps.

    Of equal scores the earlier file goes first, then the earlier record.

    Attributes:
        score: float64, shape (D, K); -infinity where a category has fewer predictions.
        file: rank of its file, int64, shape (D, K).
        record: row in its file, int64, shape (D, K).
        ranks: of the files, by origin, int64.
        image_origin: index of each image's files in origins, int32, shape (I,).
    """

    score: NDArray[np.float64]
    file: NDArray[np.int64]
    record: NDArray[np.int64]
    ranks: NDArray[np.int64]
    image_origin: NDArray[np.int32]

    def copies(self, rows: Rows) -> NDArray[np.uint8]:
        """Whether rows count under each cap, uint8, shape (D, n)."""
        origin = self.image_origin[rows.image]
        return self.keep(rows.category, rows.score, origin, rows.prediction).view(np.uint8)

    def keep(
        self,
        category: NDArray[np.int32],
        score: NDArray[np.float64],
        origin: NDArray[np.int32],
        record: NDArray[np.integer[Any]],
    ) -> NDArray[np.bool_]:
        """Whether n predictions are within each cap, bool, shape (D, n).

        Args:
            category: index of each category, shape (n,).
            score: shape (n,).
            origin: index of the files of each, shape (n,).
            record: row of each in its file, shape (n,).
        """
        file, last = self.ranks[origin], self.file[:, category]
        lowest = self.score[:, category]
        before = (file < last) | ((file == last) & (record <= self.record[:, category]))
        return np.asarray((score > lowest) | ((score == lowest) & before))


def cuts_of(frame: Matches, blocks: Iterable[Rows], max_dets: Sequence[int]) -> Cuts:
    """Where the caps over a set cut.

    No more is in memory than the best predictions of one category.

    Args:
        frame: the images and files, and the predictions that only use up the caps.
        blocks: the rows in order.
        max_dets: D caps, increasing; 0 for no limit.

    Source:
        Dave et al. 2021, Evaluating Large-Vocabulary Object Detectors.
    """
    others = frame.unjudged
    ranks = merging.file_ranks(frame.origins, frame.image_origin, frame.image_ids, others)
    shape = len(max_dets), len(frame.category_ids)
    found = Cuts(
        np.full(shape, -np.inf), np.zeros(shape, np.int64), np.zeros(shape, np.int64), ranks,
        frame.image_origin,
    )  # fmt: skip
    limits = cap_limits(max_dets)
    order = np.argsort(others.category, kind="stable")
    ends = np.searchsorted(others.category[order], np.arange(shape[1] + 1))
    for category, rows in _by_category(blocks, int(limits[-1])):
        own = order[ends[category] : ends[category + 1]]
        score = np.concatenate([rows.score, others.score[own]])
        file = ranks[np.concatenate([frame.image_origin[rows.image], others.origin[own]])]
        record = np.concatenate([rows.prediction.astype(np.int64), others.prediction[own]])
        best = np.lexsort((record, file, -score))
        for cap, limit in enumerate(limits):
            if len(best) > limit:
                last = best[limit - 1]
                found.score[cap, category] = score[last]
                found.file[cap, category], found.record[cap, category] = file[last], record[last]
    return found


def _by_category(blocks: Iterable[Rows], limit: int) -> Iterator[tuple[int, Rows]]:
    """The best rows of each category: those that may be within a limit."""
    waiting: list[Rows] = []
    count = 0
    for block in blocks:
        ends = np.flatnonzero(np.diff(block.category)) + 1
        for part in np.split(np.arange(len(block)), ends):
            rows = block.take(slice(int(part[0]), int(part[-1]) + 1))
            if waiting and waiting[-1].category[0] != rows.category[0]:
                yield int(waiting[0].category[0]), Rows.joined(waiting)
                waiting, count = [], 0
            if count < limit or rows.score[0] == waiting[-1].score[-1]:
                waiting.append(rows)
                count += len(rows)
    if waiting:
        yield int(waiting[0].category[0]), Rows.joined(waiting)
