"""Rows of an ensemble whose masks are the ones that their members vote for."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from segeval.ensemble.operators.mask_voting import Cut, fuse_masks
from segeval.ensemble.operators.merged import SUPPRESSED, Merged
from segeval.ensemble.operators.suppression import batches
from segeval.kernels.threads import map_slices
from segeval.masks import CompressedMasks, compress
from segeval.masks import boxes as tight_boxes

LEAST = 1e-12
"""The least vote of a member: a score of 0 votes, too."""

MaskVotes = Literal["equal", "score", "model"]
"""What the vote of a mask for its pixels counts."""


def with_fused_masks(
    found: Merged, cut: Cut, workers: int | None, *, votes: MaskVotes = "equal"
) -> Merged:
    """Rows of several members with the masks that these vote for, and the boxes of those.

    Args:
        found: the rows.
        cut: of the fused masks.
        workers: threads, None for all cores.
        votes: what the vote of a member counts: "equal" for all alike, its weighted score, or the
            weight of its model.
    """
    voters = found.roles != SUPPRESSED
    of = np.repeat(np.arange(len(found)), np.diff(found.offsets))
    counts = np.bincount(of[voters], minlength=len(found))
    rows = np.flatnonzero(counts > 1)
    if not len(rows):
        return found
    members = found.members[voters & (counts[of] > 1)]
    counted = np.ones(len(members))
    if votes != "equal":
        column = found.pool.score if votes == "score" else found.pool.weight
        counted = np.maximum(column[members], LEAST)
    offsets = np.concatenate([[0], np.cumsum(counts[rows])])
    boxes = found.boxes.copy()

    def one(start: int, stop: int) -> CompressedMasks:
        parts = []
        for first, last in batches(offsets, start, stop):
            own = offsets[first : last + 1]
            span = slice(int(own[0]), int(own[-1]))
            masks = found.pool.masks(members[span])
            fused = fuse_masks(masks, own - own[0], counted[span], cut=cut, workers=1)
            boxes[rows[first:last]] = tight_boxes(fused)
            parts.append(compress(fused))
        return CompressedMasks.concatenate(parts)

    fused = CompressedMasks.concatenate(map_slices(one, len(rows), workers))
    boxes[rows, 2:] += boxes[rows, :2]
    moved = np.zeros(len(found), np.bool_) if found.moved is None else found.moved.copy()
    moved[rows] = True
    return replace(found, masks=fused, fused=rows, boxes=boxes, moved=moved)
