"""AP-pool from a part file: the runs of its categories become one ranking.

It is read from the lowest score up, in pieces.
The ranking is cut into pieces of about equal length, by score and image. Every block that has rows
of a piece is read, and the piece is sorted: so no more than one piece is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from segeval.metrics.coco.curves import EPSILON, RECALLS, Curves
from segeval.metrics.coco.parts.layout.rows import Rows
from segeval.metrics.coco.parts.streaming.passes import settle_block
from segeval.metrics.coco.parts.streaming.source import PartSource
from segeval.metrics.coco.parts.streaming.under_caps import UnderCaps

PIECE = 1 << 18
"""Rows of a piece, about."""

SAMPLES = 1 << 15
"""Most rows that say where pieces end."""


def pooled_ap_of_part(
    under: UnderCaps, groups: Mapping[str, NDArray[np.intp]]
) -> dict[str, float | None]:
    """AP of each of several groups of categories in one ranking.

    Args:
        under: one kind of IoU of a part file under its caps.
        groups: index of each category, by name of the group.

    Returns:
        Mean over thresholds and recall points, a fraction; None without ground truth.

    Source:
        Dave et al. 2021, Evaluating Large-Vocabulary Object Detectors: ties go by image, then
        category.
    """
    rankings = {name: _Ranking(under, categories) for name, categories in groups.items()}
    for rows, copies in _pieces(under):
        for ranking in rankings.values():
            ranking.settle(rows, copies)
    return {name: ranking.ap() for name, ranking in rankings.items()}


class _Ranking:
    """The curve of some categories in one ranking, of which rows are taken back.

    Categories of the ranking are group 0, all others group 1, which has no ground truth.

    Args:
        under: one kind of IoU of a part file under its caps.
        categories: index of each.
    """

    def __init__(self, under: UnderCaps, categories: NDArray[np.intp]) -> None:
        counts, source = under.counts, under.source
        self._under = under
        self._group = np.ones(len(source.frame.category_ids), np.int32)
        self._group[categories] = 0
        self._positives = np.array([source.positives[0, categories].sum(), 0])
        thresholds = len(source.frame.thresholds)
        self._true = np.zeros((2, thresholds), np.int64)
        self._true[0] = counts.true[0, categories, -1].sum(axis=0)
        self._false = np.zeros((2, thresholds), np.int64)
        self._false[0] = counts.false[0, categories].sum(axis=0)
        self._category = np.array([-1], np.int64)
        self._best = np.zeros(thresholds)
        self._point = np.zeros(thresholds, np.int64)
        self._precision = np.zeros((1, thresholds, len(RECALLS)))

    def settle(self, rows: Rows, copies: NDArray[np.uint8]) -> None:
        """Take a piece of the ranking back.

        Args:
            rows: of all categories, in the order of the ranking.
            copies: of each under the caps, shape (D, n).
        """
        settle_block(
            rows.codes[self._under.source.frame.request.iou], *self._under.tables(0),
            self._group[rows.category], copies, self._positives, RECALLS, EPSILON,
            np.zeros(2, np.int64), self._true, self._false, self._category, self._best, self._point,
            self._precision,
        )  # fmt: skip

    def ap(self) -> float | None:
        """AP, once all rows were taken back."""
        if not self._positives[0]:
            return None
        none = np.zeros((1, 1, self._true.shape[1]))
        thresholds = self._under.source.frame.thresholds
        return Curves(self._precision, none, self._positives[:1], thresholds).ap()


def _pieces(under: UnderCaps) -> Iterator[tuple[Rows, NDArray[np.uint8]]]:
    """All rows with their copies in the order of the ranking, its last piece first."""
    source = under.source
    ends = _ends(source)
    number = len(ends[0]) + 1
    has_rows = np.zeros((len(source.numbers), number), np.bool_)
    for block, rows in enumerate(source.rows(source.numbers)):
        has_rows[block, _piece(rows, ends)] = True
    for piece in reversed(range(number)):
        parts, copies = [], []
        blocks = np.flatnonzero(has_rows[:, piece]).tolist()
        for rows, own in under.blocks(blocks):
            kept = _piece(rows, ends) == piece
            parts.append(rows.take(kept))
            copies.append(own[:, kept])
        if not parts:
            continue
        whole = Rows.joined(parts)
        order = np.lexsort((whole.category, whole.image, -whole.score))
        yield whole.take(order), np.concatenate(copies, axis=1)[:, order]


Ends = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Negative score and image of the last row of every piece but the last one, in order."""


def _ends(source: PartSource) -> Ends:
    """Where pieces end."""
    total = len(source.group)
    step = max(total // SAMPLES, 1)
    score, image = [np.zeros(0)], [np.zeros(0, np.int64)]
    for rows in source.rows(source.numbers):
        score.append(-rows.score[::step])
        image.append(rows.image[::step].astype(np.int64))
    own = np.concatenate(score), np.concatenate(image)
    order = np.lexsort((own[1], own[0]))
    last = order[np.arange(PIECE // step, len(order), max(PIECE // step, 1))]
    ends = own[0][last], own[1][last]
    new = np.ones(len(last), np.bool_)
    new[1:] = (ends[0][1:] != ends[0][:-1]) | (ends[1][1:] != ends[1][:-1])
    return ends[0][new], ends[1][new]


def _piece(rows: Rows, ends: Ends) -> NDArray[np.int64]:
    """The piece of each of n rows, int64, shape (n,)."""
    score, image = -rows.score, rows.image.astype(np.int64)
    found = np.searchsorted(ends[0], score)
    ties = np.flatnonzero(np.isin(score, ends[0]))
    if len(ties):
        # ends count where they come before a row by score and image, an equal one does not
        is_end = np.repeat([0, 1], [len(ties), len(ends[0])])
        scores = np.concatenate([score[ties], ends[0]])
        images = np.concatenate([image[ties], ends[1]])
        order = np.lexsort((is_end, images, scores))
        passed = np.empty(len(order), np.int64)
        passed[order] = np.cumsum(is_end[order])
        found[ties] = passed[: len(ties)]
    return found
