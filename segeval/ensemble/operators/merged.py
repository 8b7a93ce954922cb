"""The outcome of an operator: what each row of the result was made from, and why."""

from __future__ import annotations

from dataclasses import field, replace

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.segmentations import Format, Segmentations
from segeval.ensemble.operators.suppression import Suppressed
from segeval.ensemble.pools.order import canonical_order
from segeval.ensemble.pools.pool import Pool
from segeval.frozen import frozen
from segeval.masks import CompressedMasks

LEAD, SUPPORT, SUPPRESSED = range(3)
"""Roles of the predictions behind a row: whose mask it has, who voted, whom it removed."""

ROLES = ("lead", "support", "suppressed")


@frozen(eq=False)
class Merged:
    """K rows made from the N predictions of a pool.

    Attributes:
        pool: the predictions.
        lead: row in the pool of the prediction that each row comes from, int64, shape (K,).
        score: float64, shape (K,).
        boxes: x0, y0, x1, y1, float64, shape (K, 4).
        members: rows in the pool of all predictions behind each row, end to end, the lead first,
            int64, shape (T,).
        offsets: row k has `members[offsets[k]:offsets[k + 1]]`, int64, shape (K + 1,).
        roles: of each member, int8, shape (T,).
        terms: parts of the scores, which add up to them, by name, float64, shape (K,).
        masks: the fused masks, of the rows `fused`.
        fused: rows whose mask is a new one, increasing, int64, shape (F,); others have the mask of
            their lead as it was written.
        moved: whether the box is a new one, bool, shape (K,).
    """

    pool: Pool
    lead: NDArray[np.int64]
    score: NDArray[np.float64]
    boxes: NDArray[np.float64]
    members: NDArray[np.int64]
    offsets: NDArray[np.int64]
    roles: NDArray[np.int8]
    terms: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    masks: CompressedMasks | None = None
    fused: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    moved: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.lead)

    def as_pool(self) -> Pool:
        """The rows as a pool of their own, for the order and for further operators."""
        return replace(self.pool.take(self.lead), score=self.score, boxes=self.boxes)

    def take(self, rows: NDArray[np.integer]) -> Merged:
        """Some of the rows, in that order."""
        counts = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(int(offsets[-1])) + np.repeat(
            self.offsets[:-1][rows] - offsets[:-1], counts
        )
        new = np.full(len(self), -1)
        new[self.fused] = np.arange(len(self.fused))
        own = new[rows]
        return replace(
            self,
            lead=self.lead[rows],
            score=self.score[rows],
            boxes=self.boxes[rows],
            members=self.members[places],
            offsets=offsets,
            roles=self.roles[places],
            terms={name: term[rows] for name, term in self.terms.items()},
            masks=None if self.masks is None else self.masks.take(own[own >= 0]),
            fused=np.flatnonzero(own >= 0),
            moved=None if self.moved is None else self.moved[rows],
        )

    def best(self, max_dets: int | None) -> Merged:
        """The best rows of each image over all categories, by image and in the canonical order.

        Args:
            max_dets: how many an image may have; None for all.
        """
        pool = self.as_pool()
        order = canonical_order(pool, pool.image)
        if max_dets is not None:
            image = pool.image[order]
            first = np.searchsorted(image, image)
            order = order[np.arange(len(order)) - first < max_dets]
        return self.take(order)

    def to_predictions(self, source: str = "ensemble") -> Predictions:
        """The rows as predictions; masks that are not new keep their bytes.

        Where any row has a box, those with a mask alone get the box of the mask, since pycocotools
        takes all records of a file to be like the first.
        """
        pool = self.pool.take(self.lead)
        boxes = np.empty((len(self), 4))
        for each, preds in enumerate(pool.files):
            own = pool.model == each
            boxes[own] = preds.boxes[pool.row[own]]
        moved = np.zeros(len(self), np.bool_) if self.moved is None else self.moved
        bare = np.isnan(boxes).all(axis=1)
        if moved.any() or not bare.all():
            moved = moved | bare
        boxes[moved] = self.boxes[moved]
        boxes[moved, 2:] -= boxes[moved, :2]
        first = pool.files[0]
        return Predictions(
            image_id=pool.image_ids[pool.image],
            category_id=pool.category_ids[pool.category],
            score=self.score,
            boxes=boxes,
            segmentations=self._segmentations(pool),
            source=source,
            image_keys=first.image_keys,
            category_keys=first.category_keys,
        )

    def _segmentations(self, pool: Pool) -> Segmentations:
        """The masks of the rows: of their leads, and the new ones."""
        form = np.empty(len(self), np.uint8)
        texts, places = [], []
        for each, preds in enumerate(pool.files):
            own = np.flatnonzero(pool.model == each)
            segments = preds.segmentations.take(pool.row[own])
            form[own] = segments.format
            texts.append(segments.strings)
            places.append(own)
        order = np.concatenate([*places, np.zeros(0, np.int64)])
        back = np.empty(len(self), np.int64)
        back[order] = np.arange(len(self))
        strings = CompressedMasks.joined(texts).take(back)
        if self.masks is not None and len(self.fused):
            strings = strings.replaced(self.fused, self.masks)
            form[self.fused] = Format.STRING
        return Segmentations(form, strings)


def of_suppressed(pool: Pool, found: Suppressed) -> Merged:
    """What suppression leaves of a pool, with what it removed behind what removed it."""
    removed = np.flatnonzero((found.by >= 0) & (found.by != np.arange(len(pool))))
    place = np.full(len(pool), -1)
    place[found.rows] = np.arange(len(found.rows))
    owner = found.by.copy()
    for _ in range(len(pool)):  # what removed a row may have been removed itself
        gone = removed[(place[owner[removed]] < 0) & (found.by[owner[removed]] != owner[removed])]
        if not len(gone):
            break
        owner[gone] = found.by[owner[gone]]
    removed = removed[place[owner[removed]] >= 0]
    rows = np.concatenate([found.rows, removed])
    of = np.concatenate([np.arange(len(found.rows)), place[owner[removed]]])
    roles = np.full(len(rows), SUPPRESSED, np.int8)
    roles[: len(found.rows)] = LEAD
    order = np.argsort(of, kind="stable")
    base = pool.score[found.rows]
    return Merged(
        pool=pool,
        lead=found.rows,
        score=found.pool.score,
        boxes=found.pool.boxes,
        members=rows[order],
        offsets=np.concatenate([[0], np.cumsum(np.bincount(of, minlength=len(found.rows)))]),
        roles=roles[order],
        terms={"base": base, "decay": found.pool.score - base},
    )
