"""What comes out of a part of a tree: rows over the predictions of all models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.ensemble.operators.merged import LEAD, SUPPORT, SUPPRESSED, Merged
from segeval.ensemble.pools.pool import Pool
from segeval.frozen import frozen
from segeval.masks import CompressedMasks


@frozen(eq=False)
class Branch:
    """The rows of a leaf or of a node.

    Attributes:
        rows: the rows; their pool is that of all models.
        knows: which categories a model below knows, bool, shape (C,).
    """

    rows: Merged
    knows: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def predictions(self) -> Predictions:
        """The rows with their masks, as one model among others."""
        return self.rows.to_predictions()

    def take(self, rows: NDArray[np.integer]) -> Branch:
        """Some of the rows, in that order."""
        return replace(self, rows=self.rows.take(rows))


def leaf_branch(pool: Pool, model: int, knows: NDArray[np.bool_]) -> Branch:
    """The predictions of one model of a pool."""
    own = np.flatnonzero(pool.model == model)
    found = Merged(
        pool=pool,
        lead=own,
        score=pool.score[own],
        boxes=pool.boxes[own],
        members=own,
        offsets=np.arange(len(own) + 1),
        roles=np.full(len(own), LEAD, np.int8),
        terms={"base": pool.score[own]},
        moved=np.zeros(len(own), np.bool_),
    )
    return Branch(found, knows)


def pair_pool(sides: Sequence[Branch], weights: Sequence[float]) -> Pool:
    """The rows of two branches as those of two models, with weighted scores."""
    pool = sides[0].rows.pool
    lead = np.concatenate([each.rows.lead for each in sides])
    sizes = [len(each) for each in sides]
    weight = np.repeat(np.asarray(weights, np.float64), sizes)
    return replace(
        pool.take(lead),
        files=tuple(each.predictions for each in sides),
        model=np.repeat(np.arange(2, dtype=np.int32), sizes),
        row=np.concatenate([np.arange(size) for size in sizes]),
        weight=weight,
        score=np.concatenate([each.rows.score for each in sides]) * weight,
        boxes=np.concatenate([each.rows.boxes for each in sides]),
    )


def end_to_end(one: Merged, other: Merged) -> Merged:
    """The rows of two results over the same pool, those of the second behind the first."""
    masks = [each.masks for each in (one, other) if each.masks is not None]
    names = [*one.terms, *(name for name in other.terms if name not in one.terms)]
    return Merged(
        pool=one.pool,
        lead=np.concatenate([one.lead, other.lead]),
        score=np.concatenate([one.score, other.score]),
        boxes=np.concatenate([one.boxes, other.boxes]),
        members=np.concatenate([one.members, other.members]),
        offsets=np.concatenate([one.offsets, one.offsets[-1] + other.offsets[1:]]),
        roles=np.concatenate([one.roles, other.roles]),
        terms={
            name: np.concatenate([
                each.terms.get(name, np.zeros(len(each))) for each in (one, other)
            ])
            for name in names
        },
        masks=CompressedMasks.concatenate(masks) if masks else None,
        fused=np.concatenate([one.fused, len(one) + other.fused]),
        moved=np.concatenate([_moved(one), _moved(other)]),
    )  # fmt: skip


def placed_as(rows: Merged, scored: NDArray[np.int64], placed: NDArray[np.int64]) -> Merged:
    """Rows with the scores of some rows at the places of others: boxes, masks and leads.

    Args:
        rows: K rows.
        scored: whose score each new row has, int64, shape (n,).
        placed: whose place it has, int64, shape (n,).
    """
    place, score = rows.take(placed), rows.take(scored)
    other = np.repeat(scored != placed, np.diff(score.offsets))
    counts = np.bincount(
        np.repeat(np.arange(len(scored)), np.diff(score.offsets))[other], minlength=len(scored)
    )
    owner = np.concatenate([
        np.repeat(np.arange(len(placed)), np.diff(place.offsets)),
        np.repeat(np.arange(len(scored)), counts),
    ])  # fmt: skip
    order = np.argsort(owner, kind="stable")
    roles = np.concatenate([place.roles, np.maximum(score.roles[other], SUPPORT).astype(np.int8)])
    return replace(
        place,
        score=score.score,
        terms=score.terms,
        members=np.concatenate([place.members, score.members[other]])[order],
        roles=roles[order],
        offsets=np.concatenate([[0], np.cumsum(np.diff(place.offsets) + counts)]),
    )


def traced(found: Merged, sides: Sequence[Branch]) -> Merged:
    """Rows that were made from two branches, over the pool of all models.

    Args:
        found: K rows over the pool of two branches.
        sides: the two.
    """
    below = end_to_end(sides[0].rows, sides[1].rows)
    own = below.take(found.lead)
    members, roles, offsets = _members(found, below)
    weight = found.pool.weight[found.lead]
    terms = {name: term * weight for name, term in own.terms.items()}
    for name, term in found.terms.items():
        if name != "base":
            terms[name] = terms.get(name, 0.0) + term
    is_new = np.zeros(len(found), np.bool_)
    is_new[found.fused] = True
    old = ~is_new[own.fused]
    fused = np.concatenate([found.fused, own.fused[old]])
    masks = [] if found.masks is None else [found.masks]
    if own.masks is not None:
        masks.append(own.masks.take(np.flatnonzero(old)))
    order = np.argsort(fused)
    return Merged(
        pool=below.pool,
        lead=own.lead,
        score=found.score,
        boxes=found.boxes,
        members=members,
        offsets=offsets,
        roles=roles,
        terms=terms,
        masks=CompressedMasks.concatenate(masks).take(order) if masks else None,
        fused=fused[order],
        moved=_moved(found) | _moved(own),
    )


def _members(
    found: Merged, below: Merged
) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.int64]]:
    """The predictions behind rows whose members are rows themselves, their roles and offsets."""
    inner = below.take(found.members)
    counts = np.diff(inner.offsets)
    outer = np.repeat(found.roles, counts)
    least = np.choose(outer, (LEAD, SUPPORT, SUPPRESSED)).astype(np.int8)
    roles = np.maximum(inner.roles, least)
    of = np.repeat(np.arange(len(found)), np.diff(found.offsets))
    ends = np.bincount(of, counts, minlength=len(found)).astype(np.int64)
    return inner.members, roles, np.concatenate([[0], np.cumsum(ends)])


def _moved(rows: Merged) -> NDArray[np.bool_]:
    """Whether each box is a new one."""
    return np.zeros(len(rows), np.bool_) if rows.moved is None else rows.moved
