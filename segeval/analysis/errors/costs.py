"""What the errors of any part of the data cost, for any weights of its images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.fixed_values import LANES, VALUES
from segeval.analysis.errors.kinds import KINDS, MISS, STATES, KindsAt, kinds_at
from segeval.analysis.errors.shapley import (
    Events,
    events_of,
    mean_values,
    parts_of,
)
from segeval.analysis.ranks import score_ranks
from segeval.analysis.resampling.draws import Units, copies
from segeval.analysis.resampling.weights import fill_in_blocks
from segeval.brief import Brief
from segeval.data.ids import distinct
from segeval.frozen import frozen
from segeval.metrics.coco.image_pairs import ImagePairs
from segeval.metrics.coco.matches import Matches

SPECIAL = ("false_pos", "false_neg")
"""Fixes beside the kinds: all false positives ranked last; unmatched objects not counted."""

MEASURES = ("share", "alone", "last")
"""Numbers of each kind."""

NUMBERS = 1 + len(MEASURES) * len(KINDS) + len(SPECIAL)
"""Numbers of a part: AP, the measures of all kinds one after the other, and the special fixes."""


@frozen
class Part:
    """A part of the data.

    Attributes:
        table: "all", "threshold", "size", "slice" or "category".
        name: the threshold, the bucket's or the slice's name, or the place of the category.
    """

    table: str
    name: float | str | int


@frozen(eq=False, repr=False)
class Costs(Brief):
    """AP with errors fixed, of all parts asked for.

    Attributes:
        parts: P parts.
        events: by size bucket and threshold, the bucket "all" first.
        counts: errors of each kind in each part, int64, shape (P, 6); None at several thresholds.
        slices: whether each image belongs to each slice, bool, shape (S, I).
    """

    parts: tuple[Part, ...]
    events: tuple[tuple[Events, ...], ...]
    counts: NDArray[np.int64] | None
    slices: NDArray[np.bool_]

    def numbers(self, weights: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """The numbers of all parts for weights of the images.

        Args:
            weights: how often each image counts in R replicates, at most `LANES`, shape (R, I).

        Returns:
            Fractions, float64, shape (R, P, 21), in the order of `NUMBERS`; NaN where undefined.
        """
        every = _values(self.events[0], weights)
        in_all = every.mean(axis=1)
        values = np.empty((len(weights), len(self.parts), VALUES))
        sizes = slices = 0
        for place, part in enumerate(self.parts):
            if part.table == "all":
                own = in_all
            elif part.table == "threshold":
                own = every[:, place - 1]
            elif part.table == "size":
                sizes += 1
                own = _values(self.events[sizes], weights).mean(axis=1)
            elif part.table == "slice":
                own = _values(self.events[0], weights * self.slices[slices]).mean(axis=1)
                slices += 1
            else:
                values[:, place] = in_all[:, int(part.name)]
                continue
            values[:, place] = [mean_values(each) for each in own]
        return np.stack([numbers_of(each) for each in values])

    def images_with(self, matches: Matches) -> NDArray[np.int64]:
        """Number of images with objects that count in each part, int64, shape (P,).

        Of everything it is the number of images, which are drawn whatever they hold.
        """
        every = matches.gt_counted[0]
        slices = iter(self.slices)
        names = [bucket.name for bucket in matches.buckets]
        found = []
        for part in self.parts:
            own = every
            if part.table in ("all", "threshold"):
                found.append(len(matches.image_ids))
                continue
            if part.table == "size":
                own = matches.gt_counted[names.index(str(part.name))]
            elif part.table == "slice":
                own = every & next(slices)[matches.gt_image]
            elif part.table == "category":
                own = every & (matches.gt_category == int(part.name))
            found.append(len(distinct(matches.gt_image[own].astype(np.int64))))
        return np.array(found, np.int64)

    def replicates(
        self, units: Units, *, seed: int, count: int, workers: int | None
    ) -> NDArray[np.float64]:
        """The numbers of all parts on bootstrap draws of the images.

        Args:
            units: the images, or their groups.
            seed: of the draws.
            count: number of replicates, R.
            workers: threads, None for all cores; the numbers do not depend on it.

        Returns:
            float64, shape (R, P, 21).
        """
        found = np.empty((count, len(self.parts), NUMBERS))

        def fill(start: int, stop: int) -> None:
            found[start:stop] = self.numbers(copies(units, seed, start, stop - start))

        fill_in_blocks(fill, count, LANES, workers)
        return found


def _values(events: Sequence[Events], weights: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Values of every category at each of T thresholds, float64, shape (R, T, K, 66)."""
    return np.stack([one.values(weights) for one in events], axis=1)


def numbers_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """All numbers of P parts, float64, (P, 21), from the values of all sets, (P, 66)."""
    parts = parts_of(values)
    columns = [parts.ap[:, None], parts.share, parts.alone, parts.last, parts.special]
    return np.concatenate(columns, axis=1)


def costs_of(
    matches: Matches,
    pairs: ImagePairs,
    *,
    per: Sequence[str] = (),
    slices: Mapping[str, NDArray[np.bool_]] | None = None,
) -> tuple[Costs, tuple[KindsAt, ...]]:
    """What errors cost, and the kinds at every threshold in the bucket "all".

    Args:
        matches: predictions matched to ground truth, none beyond a cap.
        pairs: their IoUs with the objects that count.
        per: of "size" and "category".
        slices: images of each slice, bool, shape (I,), by its name; None without slices.
    """
    number = len(matches.thresholds)
    rank = score_ranks(matches)
    buckets = range(len(matches.buckets) if "size" in per else 1)
    in_slices = np.array(list((slices or {}).values()), np.bool_)
    in_slices = in_slices.reshape(len(slices or ()), len(matches.image_ids))
    parts = [Part("all", "all")]
    if number > 1:
        parts += [Part("threshold", float(each)) for each in matches.thresholds]
    parts += [Part("size", matches.buckets[bucket].name) for bucket in buckets[1:]]
    parts += [Part("slice", name) for name in slices or ()]
    if "category" in per:
        parts += [Part("category", k) for k in range(len(matches.category_ids))]
    events: list[tuple[Events, ...]] = []
    counts: list[NDArray[np.int64]] = []
    every: tuple[KindsAt, ...] = ()
    for bucket in buckets:
        kinds = tuple(
            kinds_at(matches, pairs, threshold=threshold, bucket=bucket)
            for threshold in range(number)
        )
        events.append(tuple(events_of(matches, one, rank) for one in kinds))
        counts.append(kinds[0].counts())
        if not bucket:
            every = kinds
    counts += [_counts_in(matches, every[0], images) for images in in_slices]
    if "category" in per:
        counts += list(counts_by_category(matches, every[0]))
    return (
        Costs(
            parts=tuple(parts),
            events=tuple(events),
            counts=np.stack(counts) if number == 1 else None,
            slices=in_slices,
        ),
        every,
    )


def _counts_in(matches: Matches, kinds: KindsAt, images: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Errors of each kind in some images, int64, shape (6,)."""
    own = kinds.kind[images[matches.image]]
    found = np.bincount(own, minlength=len(STATES))[: len(KINDS)]
    found[MISS] = int((kinds.missed & images[matches.gt_image]).sum())
    return found


def counts_by_category(matches: Matches, kinds: KindsAt) -> NDArray[np.int64]:
    """Errors of each kind by category, that of the prediction or missed object, (K, 6)."""
    number = len(matches.category_ids)
    found = np.zeros((number, len(STATES)), np.int64)
    np.add.at(found, (matches.category, kinds.kind), 1)
    found = found[:, : len(KINDS)]
    found[:, MISS] = np.bincount(matches.gt_category[kinds.missed], minlength=number)
    return found
