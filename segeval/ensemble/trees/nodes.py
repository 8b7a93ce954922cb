"""Nodes of trees: two sets of predictions as one, and whole trees bottom up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.ensemble.operators.fused_masks import MaskVotes, with_fused_masks
from segeval.ensemble.operators.fusion import nmw, wbf
from segeval.ensemble.operators.mask_voting import Cut
from segeval.ensemble.operators.merged import Merged, of_suppressed
from segeval.ensemble.operators.suppression import Suppressed, adj_nms, nms, soft_nms
from segeval.ensemble.operators.voting import supporters_of, vote
from segeval.ensemble.pools.pool import Pool
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.trees.branches import (
    Branch,
    end_to_end,
    leaf_branch,
    pair_pool,
    placed_as,
    traced,
)
from segeval.ensemble.trees.tree import Leaf, Merge, Operator, Suppress, Tree
from segeval.frozen import frozen

SAME = 0.5
"""IoU from which rows of two sides are one object, where a side drops its scores or places."""

SUPPRESS: dict[Suppress, tuple[Callable[..., Suppressed], dict[str, object]]] = {
    "nms-0.5": (nms, {"iou_threshold": 0.5}),
    "nms-0.6": (nms, {"iou_threshold": 0.6}),
    "soft-linear": (soft_nms, {"kind": "linear"}),
    "soft-gaussian": (soft_nms, {"kind": "gaussian"}),
    "adj": (adj_nms, {}),
}
"""Functions that suppress, with their settings."""

CLUSTERS: dict[Merge, float] = {"wbf-0.55": 0.55, "wbf-0.65": 0.65, "nmw": 0.5}
"""IoU above which predictions are one object, of ways to merge that make clusters."""


@frozen
class Rules:
    """What all nodes of a tree have in common.

    Attributes:
        iou: what overlaps are measured by.
        fuses: whether rows get the masks that their members vote for, where a node says so.
        cut: of fused masks.
        workers: threads, None for all cores.
    """

    iou: Iou
    fuses: bool
    cut: Cut = 0.5
    workers: int | None = None


def merged_tree(
    pool: Pool, tree: Tree, rules: Rules, knows: NDArray[np.bool_] | None = None
) -> Merged:
    """The rows that come out of the root of a tree.

    Args:
        pool: predictions of M models.
        tree: which of them are merged, and how.
        rules: what all nodes have in common.
        knows: which categories each model knows, bool, shape (M, C); None for all.
    """
    if knows is None:
        knows = np.ones((len(pool.files), max(len(pool.category_ids), 1)), np.bool_)

    def branch(part: Tree) -> Branch:
        if isinstance(part, Leaf):
            return leaf_branch(pool, part.model, knows[part.model])
        return merged_pair(branch(part.left), branch(part.right), part.operator, rules)

    return branch(tree).rows


def merged_pair(left: Branch, right: Branch, operator: Operator, rules: Rules) -> Branch:
    """Two branches as one.

    Args:
        left: rows of the left side.
        right: rows of the right side.
        operator: how they are merged.
        rules: what all nodes have in common.

    Source:
        Open Images paper (arXiv 2003.07557), section 4.2, names the choices. What a side that drops
        its scores or places gives, is ours.
    """
    sides = _dropped(left, right, operator, rules)
    pool = pair_pool(sides, operator.weights)
    own = np.asarray(operator.weights)[:, np.newaxis]
    coverage = np.where(np.stack([each.knows for each in sides]), own, np.nan)
    found = _merged(pool, coverage, operator, rules)
    if rules.fuses and operator.masks != "lead":
        votes: MaskVotes = "score" if operator.masks == "score" else "equal"
        found = with_fused_masks(found, rules.cut, rules.workers, votes=votes)
    return Branch(traced(found, sides), left.knows | right.knows)


def _merged(pool: Pool, coverage: NDArray[np.float64], operator: Operator, rules: Rules) -> Merged:
    """The rows of two sides as one set."""
    iou, workers = rules.iou, rules.workers
    if operator.merge == "best":
        return of_suppressed(pool, _suppressed(pool, operator.suppress, rules))
    if operator.merge == "vote":
        anchors = _suppressed(pool, operator.suppress, rules)
        return vote(pool, iou=iou, anchors=anchors, workers=workers)
    above = CLUSTERS[operator.merge]
    if operator.merge == "nmw":
        found = nmw(pool, iou=iou, iou_threshold=above, workers=workers)
    else:
        found = wbf(pool, coverage, iou=iou, iou_threshold=above, workers=workers)
    stays = _suppressed(found.as_pool(), operator.suppress, rules)
    found = found.take(stays.rows)
    terms = {**found.terms, "decay": stays.pool.score - found.score}
    return replace(found, score=stays.pool.score, terms=terms)


def _suppressed(pool: Pool, name: Suppress, rules: Rules) -> Suppressed:
    """What suppression leaves."""
    if name == "none":
        return Suppressed(pool, np.arange(len(pool)), np.full(len(pool), -1))
    function, settings = SUPPRESS[name]
    return function(pool, iou=rules.iou, workers=rules.workers, **settings)


def _dropped(
    left: Branch, right: Branch, operator: Operator, rules: Rules
) -> tuple[Branch, Branch]:
    """Two sides, one of which may give its scores or its places alone."""
    if operator.drop == ("both", "both"):
        return left, right
    is_left = operator.drop[0] != "both"
    dropping, other = (left, right) if is_left else (right, left)
    rows, partners = _partners(dropping, other, rules)
    together = end_to_end(dropping.rows, other.rows)
    behind = len(dropping)
    if "cls_only" in operator.drop:
        given = replace(dropping, rows=placed_as(together, rows, behind + partners))
        kept = other
    else:
        given = dropping.take(np.zeros(0, np.int64))
        placed = behind + np.arange(len(other))
        placed[partners] = rows
        kept = replace(other, rows=placed_as(together, behind + np.arange(len(other)), placed))
    return (given, kept) if is_left else (kept, given)


def _partners(
    one: Branch, other: Branch, rules: Rules
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of both sides that overlap each other most: n rows of one, and n of the other."""
    pool = pair_pool((one, other), (1.0, 1.0))
    every = np.arange(len(pool))
    best = supporters_of(pool, every, rules.iou, min_iou=SAME, workers=rules.workers)[:, 0]
    own = every[: len(one)]
    own = own[best[own] >= 0]
    own = own[best[best[own]] == own]
    return own, best[own] - len(one)
