"""The canonical order: what decides between predictions, and what breaks ties.

Score down, weight of the model down, category, box, mask: whole numbers of the runs. Names of files
and numbers of rows decide nothing, so the same predictions give the same result in any order of the
models, rows and images. Rows of several models that are equal in all of these go by what else the
models have in the group: the models tell them apart, and the order of the models must not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.segmentations import Format
from segeval.ensemble.pools.grouping import order_in_groups
from segeval.ensemble.pools.pool import Pool, pooled
from segeval.frozen import frozen
from segeval.metrics.splitmix64 import GOLDEN_GAMMA, mix

UNSEEN = (Format.NONE, Format.POLYGON)
"""Forms of masks that are compared as text: polygons are in images of unknown size."""


def canonical_order(
    pool: Pool, group: NDArray[np.integer], score: NDArray[np.float64] | None = None
) -> NDArray[np.int64]:
    """Rows of a pool by group, and in a group in the canonical order.

    Args:
        pool: N predictions.
        group: number of a group for each, at least 0, shape (N,).
        score: in place of the pool's, float64, shape (N,).

    Returns:
        int64, shape (N,). Only rows that are equal in every field that is written, of one model or
        of models that are equal in the group, keep the order in which they are given.

    Raises:
        FormatError: if masks decide and one is malformed.
    """
    score = pool.score if score is None else score
    order = order_in_groups(group, score)
    same = np.diff(score[order]) == 0
    if same.any():
        same &= np.diff(group[order]) == 0
    if not same.any():
        return order
    runs = _Ties(order, same)
    keys = (-pool.weight, pool.category, *pool.boxes.T)
    runs = runs.split(lambda rows: np.stack([key[rows] for key in keys], axis=1))
    runs.split_by_masks(pool)
    runs.settle_by_models(pool, group)
    return order


def with_ties_in_order(preds: Predictions) -> tuple[Predictions, NDArray[np.int64]]:
    """Predictions in an order in which no row number decides between equal scores.

    Evaluation lets the order of the file decide between predictions of one image, class and score.
    Here they go by the canonical order; all others stay in their places.

    Args:
        preds: N predictions of one model.

    Returns:
        The predictions, and their rows in the given ones, int64, shape (N,).
    """
    keys = (preds.score, preds.category_id, preds.image_id)
    by_group = np.lexsort(keys)
    same = np.logical_and.reduce([np.diff(key[by_group]) == 0 for key in keys])
    rows = np.arange(len(preds))
    if not same.any():
        return preds, rows
    tied = np.concatenate([[False], same]) | np.concatenate([same, [False]])
    places = by_group[tied]  # a lexsort keeps the rows of a group in their order
    group = np.cumsum(np.concatenate([[True], ~same]))[tied]
    settled = canonical_order(pooled([preds.take(places)]), group)
    rows[places] = places[settled]
    return preds.take(rows), rows


@frozen(eq=False)
class _Ties:
    """Runs of rows that are equal so far; splitting one puts its rows in order.

    Attributes:
        order: all rows, int64, shape (N,); changed in place.
        same: whether each row is equal to the one before, bool, shape (N - 1,).
    """

    order: NDArray[np.int64]
    same: NDArray[np.bool_]

    def places(self) -> NDArray[np.intp]:
        """Places of the rows that are in a run of at least two."""
        tied = np.zeros(len(self.order), np.bool_)
        tied[1:] |= self.same
        tied[:-1] |= self.same
        return np.flatnonzero(tied)

    def split(self, keys_of: Callable[[NDArray[np.int64]], NDArray[np.float64]]) -> _Ties:
        """The runs that remain after rows are ordered by more keys."""
        places = self.places()
        rows = self.order[places]
        keys = keys_of(rows)
        run = np.cumsum(np.concatenate([[True], ~self.same]))[places]
        moved = np.lexsort((*keys.T[::-1], run))
        self.order[places] = rows[moved]
        keys, run = keys[moved], run[moved]
        equal = (keys[1:] == keys[:-1]).all(axis=1) & (run[1:] == run[:-1])
        same = np.zeros(len(self.same), np.bool_)
        same[places[1:][equal] - 1] = True
        return _Ties(self.order, same)

    def split_by_masks(self, pool: Pool) -> None:
        """Order the rows of each run by their masks, which splits the run."""
        places = self.places()
        if not len(places):
            return
        first = np.flatnonzero(np.concatenate([[True], ~self.same[places[1:] - 1]]))
        for start, stop in zip(first, [*first[1:], len(places)], strict=True):
            span = places[start:stop]
            rows = self.order[span]
            keys = _mask_keys(pool, rows)
            moved = sorted(range(len(rows)), key=keys.__getitem__)
            self.order[span] = rows[moved]
            equal = [keys[one] == keys[other] for one, other in itertools.pairwise(moved)]
            self.same[span[1:] - 1] = equal

    def settle_by_models(self, pool: Pool, group: NDArray[np.integer]) -> None:
        """Order the rows of each run by what else their models have in the group."""
        places = self.places()
        rows = self.order[places]
        run = np.cumsum(np.concatenate([[True], ~self.same]))
        if not (np.diff(pool.model[rows])[run[places[1:]] == run[places[:-1]]] != 0).any():
            return
        content = np.empty(len(run), np.uint64)
        content[self.order] = _mixed(run)
        groups, of_tied = np.unique(group[rows], return_inverse=True)
        there = np.flatnonzero(np.isin(group, groups))
        models = len(pool.files)
        total = np.zeros(len(groups) * models, np.uint64)
        cell = np.searchsorted(groups, group[there]) * models + pool.model[there]
        np.add.at(total, cell, content[there])
        own = total[of_tied * models + pool.model[rows]]
        self.order[places] = rows[np.lexsort((pool.model[rows], own, run[places]))]


def _mixed(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Numbers whose sums tell what was added: those of splitmix64 at some places, uint64."""
    found = GOLDEN_GAMMA * numbers.astype(np.uint64)
    mix(found)
    return found


def _mask_keys(pool: Pool, rows: NDArray[np.int64]) -> list[tuple[object, ...]]:
    """What orders predictions of equal boxes: their runs, else the form and text of their masks."""
    found: list[tuple[object, ...]] = []
    segments = [pool.files[pool.model[row]].segmentations for row in rows]
    own = pool.row[rows].tolist()
    texts = [each.strings.bytes_of(row) for each, row in zip(segments, own, strict=True)]
    forms = [int(each.format[row]) for each, row in zip(segments, own, strict=True)]
    is_one = len(set(zip(forms, texts, strict=True))) == 1
    for place, (form, text) in enumerate(zip(forms, texts, strict=True)):
        runs: tuple[int, ...] = ()
        size: tuple[int, ...] = ()
        if not is_one and form not in UNSEEN:
            mask = pool.masks(rows[place : place + 1])
            runs = tuple(mask.counts.tolist())
            size = tuple(mask.sizes[0].tolist())
        found.append((runs, size, form, text))
    return found
