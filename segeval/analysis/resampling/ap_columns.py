"""The predictions of an AP evaluation as the bootstrap reads them: curve by curve."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.resampling.weighted_precision import (
    LANES,
    capped_copies,
    weighted_precision,
)
from segeval.frozen import frozen
from segeval.metrics.coco.curves import threshold_index
from segeval.metrics.coco.scores import MEANS

CHUNK = 1 << 20
"""Predictions whose copies under a cap over the whole set are in memory together."""


@frozen(eq=False)
class CapOrder:
    """All predictions under a cap on each category over the whole set, in its order.

    Attributes:
        limit: the cap.
        source: row of each prediction's weights, int32, shape (n,).
        row: its row among the judged predictions, -1 if it only uses up the cap, int64, shape (n,).
        offsets: category k has `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
    """

    limit: int
    source: NDArray[np.int32]
    row: NDArray[np.int64]
    offsets: NDArray[np.int64]


@frozen(eq=False)
class Judged:
    """Judged predictions of one or two models, by category and in the order of its curve.

    Attributes:
        matched_bits: bit t is set if matched at threshold t, unsigned, shape (A, N).
        ignored_bits: bit t is set if left out of the count, like matched_bits.
        source: row of each prediction's weights, int32, shape (N,).
        offsets: category k has `offsets[k]:offsets[k + 1]`, int64, shape (K + 1,).
        cap: the order under a cap over the whole set, None for a cap that is settled image by
            image.
        rank: place among those of all categories together, of each model alone, int64, shape (N,);
            None where it is not asked for.
    """

    matched_bits: NDArray[np.unsignedinteger[Any]]
    ignored_bits: NDArray[np.unsignedinteger[Any]]
    source: NDArray[np.int32]
    offsets: NDArray[np.int64]
    cap: CapOrder | None
    rank: NDArray[np.int64] | None = None


@frozen(eq=False)
class Columns:
    """Predictions that decide curves: those of bucket a and category k are curve a · K + k.

    What is false at every threshold lies between the others and is only counted; behind the last
    one of these it decides nothing and is left out.

    Attributes:
        hits: bit t is set if true at threshold t, unsigned, shape (J,).
        misses: bit t is set if false at threshold t, like hits.
        source: row of each one's weights, int32, shape (J,).
        offsets: curve c has `offsets[c]:offsets[c + 1]`, int64, shape (C + 1,).
        passed_source: row of the weights of those false at every threshold, int32, shape (F,).
        passed_offsets: before j come `passed_offsets[j]:passed_offsets[j + 1]`, int64, (J + 1,).
        thresholds: T IoU thresholds, float64, shape (T,).
        categories: K.
        chunks: first and last category (exclusive), and first and last judged prediction of each
            chunk under a cap over the whole set, whose sources count from there.
        cap: as in `Judged`.
    """

    hits: NDArray[np.unsignedinteger[Any]]
    misses: NDArray[np.unsignedinteger[Any]]
    source: NDArray[np.int32]
    offsets: NDArray[np.int64]
    passed_source: NDArray[np.int32]
    passed_offsets: NDArray[np.int64]
    thresholds: NDArray[np.float64]
    categories: int
    chunks: tuple[tuple[int, int, int, int], ...]
    cap: CapOrder | None

    def values(
        self, weights: NDArray[np.integer[Any]], positives: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """AP, AP50, AP75 and AR of every curve, NaN where undefined, float64, (A, K, 4, LANES).

        Args:
            weights: copies of each source, uint8 or int64, shape (S, LANES).
            positives: counted ground truths of each curve, int64, shape (C, LANES).
        """
        found = np.empty((len(positives), len(MEANS), LANES))
        sums = np.int64 if weights.itemsize > 1 or self._longest > 1 << 22 else np.int32
        scratch = np.empty((self._most + 1, LANES), sums)
        true, false = (np.empty((len(self.thresholds), LANES), sums) for _ in range(2))
        points = np.empty((LANES, int(positives.max(initial=0)) + 1), np.uint8)
        for first, last, copies in self._parts(weights):
            for bucket in range(len(positives) // max(self.categories, 1)):
                start, stop = (bucket * self.categories + place for place in (first, last))
                weighted_precision(
                    self.hits, self.misses, self.source, self.offsets[start : stop + 1],
                    self.passed_source, self.passed_offsets, positives[start:stop], copies,
                    scratch, true, false, points, self._at, found[start:stop],
                )  # fmt: skip
        return found.reshape(-1, self.categories, len(MEANS), LANES)

    def _parts(
        self, weights: NDArray[np.integer[Any]]
    ) -> Iterator[tuple[int, int, NDArray[np.integer[Any]]]]:
        """First and last category of each chunk, with the copies that its sources lead to."""
        if self.cap is None:
            yield 0, self.categories, weights
            return
        for first, last, start, stop in self.chunks:
            kept = np.zeros((stop - start, LANES), weights.dtype)
            spans = self.cap.offsets[first : last + 1]
            capped_copies(
                self.cap.source, self.cap.row, spans, start, self.cap.limit, weights, kept
            )
            yield first, last, kept

    @cached_property
    def _at(self) -> NDArray[np.int64]:
        """Places of IoU 0.50 and 0.75 among the thresholds, -1 for none, int64, shape (2,)."""
        places = [threshold_index(self.thresholds, iou) for iou in (0.5, 0.75)]
        return np.array([-1 if place is None else place for place in places], np.int64)

    @cached_property
    def _most(self) -> int:
        """Number of rows of the longest curve."""
        return int(np.diff(self.offsets).max(initial=0))

    @cached_property
    def _longest(self) -> int:
        """The same with those that are false at every threshold, or more."""
        return len(self.hits) + len(self.passed_source)


def make_columns(
    judged: Judged, has_gt: NDArray[np.bool_], thresholds: NDArray[np.float64]
) -> Columns:
    """The columns of some judged predictions.

    Args:
        judged: N predictions.
        has_gt: whether each curve has counted ground truth, bool, shape (A, K); the others are
            undefined under any weights.
        thresholds: T IoU thresholds, float64, shape (T,).
    """
    dtype = np.dtype(np.uint16 if len(thresholds) <= 16 else np.uint64)
    every = dtype.type(2 ** len(thresholds) - 1)
    counts = np.diff(judged.offsets)
    category = np.repeat(np.arange(len(counts)), counts)
    chunks = _chunks(judged.offsets) if judged.cap else ()
    source = judged.source
    for _, _, start, stop in chunks:
        source = source if source is not judged.source else source.copy()
        source[start:stop] = np.arange(stop - start)
    parts: list[tuple[NDArray[Any], ...]] = []
    for bucket, defined in enumerate(has_gt):
        ignored = judged.ignored_bits[bucket].astype(dtype)
        hits = judged.matched_bits[bucket].astype(dtype) & ~ignored
        misses = every & ~(hits | ignored)
        rows = np.flatnonzero(((hits | misses) != 0) & defined[category])
        decides = misses[rows] != every
        of_curve = np.bincount(category[rows[decides]], minlength=len(counts))
        before = np.cumsum(decides)  # for one that is passed: the place of the next that decides
        passed = ~decides & (before < np.cumsum(of_curve)[category[rows]])
        lengths = np.bincount(before[passed], minlength=int(of_curve.sum()))
        own = rows[decides]
        parts.append((hits[own], misses[own], source[own], of_curve, source[rows[passed]], lengths))
    hits, misses, own_source, of_curve, passed_source, lengths = map(
        np.concatenate, zip(*parts, strict=True)
    )
    return Columns(
        hits, misses, own_source, _offsets(of_curve), passed_source, _offsets(lengths), thresholds,
        len(counts), chunks, judged.cap,
    )  # fmt: skip


def _offsets(lengths: NDArray[Any]) -> NDArray[np.int64]:
    """Where spans of some lengths begin and end, int64, one more than there are."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _chunks(offsets: NDArray[np.int64]) -> tuple[tuple[int, int, int, int], ...]:
    """Categories in chunks of at most `CHUNK` predictions, or of a single larger one."""
    edges = [0]
    while edges[-1] < len(offsets) - 1:
        most = np.searchsorted(offsets, offsets[edges[-1]] + CHUNK, side="right") - 1
        edges.append(max(int(most), edges[-1] + 1))
    return tuple((a, b, int(offsets[a]), int(offsets[b])) for a, b in pairwise(edges))
