"""AP and AR for other weights of the images, from matches that are made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.ap_caps import hits_within_caps, recall_within_caps
from segeval.analysis.resampling.ap_columns import Columns, Judged, make_columns
from segeval.analysis.resampling.ap_judged import judged_alone, judged_by_rank
from segeval.analysis.resampling.ap_numbers import APNumbers
from segeval.analysis.resampling.ap_pool import Pool, make_pool
from segeval.analysis.resampling.draws import image_keys
from segeval.analysis.resampling.means import means_of
from segeval.analysis.resampling.resampled import CategoryMean
from segeval.analysis.resampling.weighted_precision import LANES, weighted_counts
from segeval.analysis.resampling.weighted_sums import Rows
from segeval.analysis.resampling.weights import (
    Latest,
    checked_swaps,
    checked_weights,
    fill_in_blocks,
    in_lanes,
    require_alike,
)
from segeval.data.keys import written
from segeval.frozen import frozen
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.result import APResult

Fill = Callable[[int, int], tuple[NDArray[np.float64], ...]]
"""The numbers of the replicates from the first to the second number, of shape (r, m) each."""


@frozen(eq=False)
class Read:
    """Predictions of one model, or of two by rank, as the numbers are computed from them.

    Attributes:
        columns: by curve.
        hits: true positives under each cap but the largest, None for one cap.
        pool: the curves of AP-pool, None if it was not asked for.
    """

    columns: Columns
    hits: Rows | None
    pool: Pool | None


@frozen(eq=False)
class ResampledMatches:
    """The numbers of one kind of IoU for other weights of the images.

    Attributes:
        matches: those of the evaluation.
        with_pool: whether AP-pool is among them.
    """

    matches: Matches
    with_pool: bool = False

    @cached_property
    def layout(self) -> APNumbers:
        """Which numbers there are."""
        return APNumbers(self.matches, self.with_pool)

    @cached_property
    def read(self) -> Read:
        """The model's own predictions."""
        return self._read(judged_alone(self.matches, pool=self.with_pool), self.hits)

    @cached_property
    def hits(self) -> Rows | None:
        """The model's own true positives under each cap but the largest, None for one cap."""
        return hits_within_caps(self.matches)

    def beside(self, other: ResampledMatches) -> Read:
        """The predictions of this model and another by rank."""
        judged = judged_by_rank(self.matches, other.matches)
        hits, its = self.hits, other.hits
        if hits is not None and its is not None:
            hits = hits.beside(its, len(self.matches.image_ids) + 1)
        return self._read(judged, hits)

    def _read(self, judged: Judged, hits: Rows | None) -> Read:
        """Predictions of one model or of two as the numbers are computed from them."""
        has_gt = self.has_gt
        pool = make_pool(self.matches, judged, has_gt[0]) if self.with_pool else None
        return Read(make_columns(judged, has_gt, self.matches.thresholds), hits, pool)

    @cached_property
    def gt_spans(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Images of the counted ground truth by curve, and where each curve's begin and end."""
        categories, counted = len(self.matches.category_ids), self.matches.gt_counted
        bucket, rows = np.nonzero(counted)
        curve = bucket * categories + self.matches.gt_category[rows]
        counts = np.bincount(curve, minlength=len(counted) * categories)
        images = self.matches.gt_image[rows][np.argsort(curve, kind="stable")]
        return images.astype(np.int32), np.concatenate([[0], np.cumsum(counts)])

    @property
    def has_gt(self) -> NDArray[np.bool_]:
        """Whether each curve has counted ground truth, bool, shape (A, K)."""
        return (np.diff(self.gt_spans[1]) > 0).reshape(len(self.matches.buckets), -1)

    def numbers(self, weights: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """The numbers of at most `LANES` replicates, float64, shape (r, m).

        Args:
            weights: copies of each image, shape (r, I).
        """
        lanes = _lanes([weights, np.ones((len(weights), 1), weights.dtype)])
        positives = np.empty((self.has_gt.size, LANES), np.int64)
        weighted_counts(*self.gt_spans, lanes, positives)
        return self._of(self.read, lanes, positives)[: len(weights)]

    def mixed(
        self, both: Read, swapped: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The numbers of both mixed sets of at most `LANES` replicates, each of shape (r, m).

        Args:
            both: predictions of both models by rank.
            swapped: whether each image is swapped, bool, shape (r, I).
        """
        is_kept = np.ones((len(swapped), 1), np.bool_)
        one = np.concatenate([~swapped, is_kept], axis=1).view(np.uint8)
        other = np.concatenate([swapped, ~is_kept], axis=1).view(np.uint8)
        positives = np.repeat(np.diff(self.gt_spans[1])[:, np.newaxis], LANES, axis=1)
        own, its = (
            self._of(both, _lanes(sides), positives)[: len(swapped)]
            for sides in ([one, other], [other, one])
        )
        return own, its

    def _of(
        self, read: Read, lanes: NDArray[np.integer[Any]], positives: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The numbers of `LANES` replicates, float64, shape (LANES, m).

        Args:
            read: predictions of one model or of two.
            lanes: copies of each source, shape (S, LANES).
            positives: counted ground truths of each curve, int64, shape (C, LANES).
        """
        of_all = positives[: len(self.matches.category_ids)]
        recall = pool = None
        if read.hits is not None:
            recall = recall_within_caps(read.hits, lanes, of_all, len(self.matches.thresholds))
        if read.pool is not None:
            pool = read.pool.values(lanes, of_all)
        return self.layout.of_curves(read.columns.values(lanes, positives), recall, pool)


@frozen(eq=False)
class ResampledAP:
    """The numbers of an AP evaluation, by all its kinds of IoU, for other weights of the images.

    Attributes:
        kinds: by kind of IoU.
        observed: the numbers of the evaluation itself, NaN where undefined, float64, shape (M,).
    """

    kinds: Mapping[str, ResampledMatches]
    observed: NDArray[np.float64]
    _latest: Latest[list[Read]] = field(default_factory=Latest, repr=False)

    @property
    def image_keys(self) -> NDArray[np.uint64]:
        """What stands for each of the I images in draws, uint64, shape (I,)."""
        return image_keys(self._matches.image_ids, self._matches.image_keys)

    @property
    def image_ids(self) -> tuple[int | str, ...]:
        """The ids of the images as the file writes them, ascending."""
        return tuple(written(self._matches.image_ids, self._matches.image_keys))

    @property
    def file_names(self) -> tuple[str, ...]:
        """The file names of the images, "" where there is none."""
        return self._matches.file_names

    @cached_property
    def paths(self) -> tuple[KeyPath, ...]:
        """Where each of the M numbers is in JSON."""
        return tuple((iou, *path) for iou, own in self.kinds.items() for path in own.layout.paths)

    @cached_property
    def images_with(self) -> NDArray[np.int64]:
        """Number of images that have counted ground truth for each number, int64, shape (M,)."""
        return np.concatenate([own.layout.images_with for own in self.kinds.values()])

    @cached_property
    def means(self) -> tuple[CategoryMean, ...]:
        """Which numbers are means over categories: all, those in sizes and in frequency groups."""
        at = {path: place for place, path in enumerate(self.paths)}
        of_groups = [
            CategoryMean(
                at[iou, "frequencies", name, key],
                tuple(at[iou, "categories", own.layout.ids[place], key] for place in places),
            )
            for iou, own in self.kinds.items()
            for name, places in own.matches.frequency_groups.items()
            for key in ("ap", "ar")
        ]
        return (*means_of(self.paths), *of_groups)

    def numbers(
        self, weights: NDArray[Any] | None = None, workers: int | None = None
    ) -> NDArray[np.float64]:
        """The numbers for R replicates, as `Resampled.numbers` says, float64, shape (R, M).

        Raises:
            ShapeError: unless weights has one per replicate and image.
            InputError: if one is negative, above a million or not a whole number.
        """
        if weights is None:
            return self.observed[np.newaxis].copy()
        copies = checked_weights(weights, len(self._matches.image_ids))
        for own in self.kinds.values():
            _ = own.read  # made once, and not in every thread
        fills: list[Fill] = [
            lambda start, stop, own=own: (own.numbers(copies[start:stop]),)  # type: ignore[misc]
            for own in self.kinds.values()
        ]
        return self._filled(fills, len(copies), 1, workers)[0]

    def mixed(
        self, other: ResampledAP, swapped: NDArray[np.bool_], workers: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The numbers of both mixed sets, as `Resampled.mixed` says, each of shape (R, M).

        Raises:
            ShapeError: unless swapped has a truth value per replicate and image.
            MismatchError: if the two were not evaluated on the same images, categories, sizes,
                thresholds and kinds of IoU.
        """
        chosen = checked_swaps(swapped, len(self._matches.image_ids))
        fills: list[Fill] = [
            lambda start, stop, own=own, both=both: (  # type: ignore[misc]
                own.mixed(both, chosen[start:stop])
            )
            for own, both in zip(
                self.kinds.values(),
                self._latest.of(other, lambda: self._beside(other)),
                strict=True,
            )
        ]
        one, two = self._filled(fills, len(chosen), 2, workers)
        return one, two

    def _beside(self, other: ResampledAP) -> list[Read]:
        """Predictions of this model and another by rank."""
        self._require_alike(other)
        return [own.beside(other.kinds[iou]) for iou, own in self.kinds.items()]

    @property
    def _matches(self) -> Matches:
        return next(iter(self.kinds.values())).matches

    def _filled(
        self, fills: list[Fill], replicates: int, sets: int, workers: int | None
    ) -> list[NDArray[np.float64]]:
        """Numbers of all replicates, in blocks on threads, float64, shape (R, M) for each set."""
        found = [np.empty((replicates, len(self.observed))) for _ in range(sets)]
        ends = np.cumsum([len(own.layout.paths) for own in self.kinds.values()])

        def fill(start: int, stop: int) -> None:
            for own, end in zip(fills, ends, strict=True):
                for numbers, into in zip(own(start, stop), found, strict=True):
                    into[start:stop, end - numbers.shape[1] : end] = numbers

        fill_in_blocks(fill, replicates, LANES, workers)
        return found

    def _require_alike(self, other: ResampledAP) -> None:
        """Refuse another evaluation, whose outputs cannot stand beside these."""
        is_alike = tuple(self.kinds) == tuple(other.kinds) and self.image_ids == other.image_ids
        pairs = zip(self.kinds.values(), other.kinds.values(), strict=False)
        require_alike(
            is_alike=is_alike
            and all(_described(own.matches) == _described(its.matches) for own, its in pairs)
        )


def of_result(result: APResult) -> ResampledAP:
    """The numbers of an AP evaluation for other weights of its images."""
    kinds = {
        iou: ResampledMatches(scores.matches, scores.pool is not None)
        for iou, scores in result.scores.items()
    }
    numbers = [own.layout.of_scores(result.scores[iou]) for iou, own in kinds.items()]
    return ResampledAP(kinds, np.concatenate(numbers))


def _described(matches: Matches) -> tuple[Any, ...]:
    """What two evaluations must share, ground truth included."""
    return (
        written(matches.category_ids, matches.category_keys),
        matches.buckets,
        matches.thresholds.tolist(),
        matches.request.protocol.cap_scope,
        matches.request.protocol.max_dets,
        matches.gt_counted.tobytes(),
        matches.gt_image.tobytes(),
        matches.gt_category.tobytes(),
    )


def _lanes(sides: list[NDArray[Any]]) -> NDArray[np.integer[Any]]:
    """Weights of r replicates side by side, shape (S, LANES).

    Args:
        sides: copies of some sources each, shapes (r, S1), (r, S2), …
    """
    return in_lanes(np.concatenate(sides, axis=1), LANES, np.int64)
