"""Matching of a block of images: decode, drop what is empty, go through the stages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.open_images import OpenImagesGroundTruth, OpenImagesPredictions
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress, in_order
from segeval.masks import RunLengths, area, boxes, canonical
from segeval.metrics.open_images.matching import (
    BOX_GROUP,
    DROPPED,
    TRUE,
    fill_overlaps,
    match_stages,
)
from segeval.metrics.open_images.prepare import JudgedRows
from segeval.metrics.pair_blocks import blocks, pairs_of

IMAGES_AT_A_TIME = 32
"""Images whose masks one thread holds as runs."""

NO_SCORE = -np.inf
"""Score of a group that has absorbed nothing."""


@frozen(eq=False)
class Entries:
    """Entries of the ranking of every class, in the order of the official tool's lists.

    Attributes:
        class_number: int64, shape (E,).
        image: int64, shape (E,).
        score: float64, shape (E,).
        state: 0 for a false positive, 1 for a true one, 2 for a group that was found, int8, (E,).
        judged_cell: image * K + class of every prediction within the cap, int64, shape (D,).
        empty: number of predictions dropped because they have no area.
        capped: number of predictions dropped by the cap.
    """

    class_number: NDArray[np.int64]
    image: NDArray[np.int64]
    score: NDArray[np.float64]
    state: NDArray[np.int8]
    judged_cell: NDArray[np.int64]
    empty: int
    capped: int


@frozen(eq=False)
class MeasuredMasks:
    """Masks as runs, with their areas and boxes.

    Attributes:
        runs: M masks without runs of length 0.
        areas: pixels, int64, shape (M,).
        boxes: xywh in pixels, float64, shape (M, 4).
    """

    runs: RunLengths
    areas: NDArray[np.int64]
    boxes: NDArray[np.float64]

    @classmethod
    def of(cls, runs: RunLengths) -> MeasuredMasks:
        """Measure masks."""
        runs = canonical(runs)
        return cls(runs, area(runs), boxes(runs))

    @property
    def sides(self) -> NDArray[np.float64]:
        """Boxes as fractions of the image, xyxy, float64, shape (M, 4)."""
        height, width = self.runs.sizes[:, :1], self.runs.sizes[:, 1:]
        corners = np.concatenate([self.boxes[:, :2], self.boxes[:, :2] + self.boxes[:, 2:]], axis=1)
        parts: NDArray[np.float64] = corners / np.hstack([width, height, width, height])
        return parts


def matched(
    judged: JudgedRows,
    preds: OpenImagesPredictions,
    gt: OpenImagesGroundTruth,
    *,
    max_dets: int,
    zero_scores_count: bool,
    workers: int | None,
    on_progress: OnProgress | None,
) -> Entries:
    """Match all images; the result does not depend on the number of workers.

    Args:
        judged: rows to match.
        preds: predictions.
        gt: ground truth.
        max_dets: predictions per image and class, 0 for no limit.
        zero_scores_count: a prediction with a score of 0 or less also finds a group.
        workers: threads, None for all cores.
        on_progress: called with the number of images done, and of all.
    """
    edges = [*range(0, judged.images, IMAGES_AT_A_TIME), judged.images]
    pred_edges = np.searchsorted(judged.pred_image, edges)
    gt_edges = np.searchsorted(judged.gt_image, edges)

    def one(block: int) -> Entries:
        return _block(
            judged,
            preds,
            gt,
            slice(pred_edges[block], pred_edges[block + 1]),
            slice(gt_edges[block], gt_edges[block + 1]),
            max_dets=max_dets,
            zero_scores_count=zero_scores_count,
        )

    def images_done(blocks: int, _: int) -> None:
        if on_progress is not None:
            on_progress(edges[blocks], judged.images)

    found = list(in_order(one, range(len(edges) - 1), workers, on_progress=images_done))
    return Entries(
        class_number=np.concatenate([entries.class_number for entries in found]),
        image=np.concatenate([entries.image for entries in found]),
        score=np.concatenate([entries.score for entries in found]),
        state=np.concatenate([entries.state for entries in found]),
        judged_cell=np.concatenate([entries.judged_cell for entries in found]),
        empty=sum(entries.empty for entries in found),
        capped=sum(entries.capped for entries in found),
    )


def _block(
    judged: JudgedRows,
    preds: OpenImagesPredictions,
    gt: OpenImagesGroundTruth,
    pred_rows: slice,
    gt_rows: slice,
    *,
    max_dets: int,
    zero_scores_count: bool,
) -> Entries:
    """Match the images of two slices of the judged rows."""
    rows = judged.preds[pred_rows]
    masks, mask_of, sides = _placed(preds, rows, judged.kind)
    solid = (sides[:, 0] < sides[:, 2]) & (sides[:, 1] < sides[:, 3])
    cells = judged.pred_image[pred_rows] * len(judged.classes) + judged.pred_class[pred_rows]
    taken = np.flatnonzero(solid)
    rank = _rank(cells[taken])
    capped = 0
    if max_dets:
        capped = int((rank >= max_dets).sum())
        taken = taken[rank < max_dets]
    cells = cells[taken]
    gt_cells = judged.gt_image[gt_rows] * len(judged.classes) + judged.gt_class[gt_rows]
    found = np.unique(cells)
    pred_spans = _spans(cells, found)
    gt_spans = _spans(gt_cells, found)
    kinds = judged.gt_kinds[gt_rows]
    gt_masks, gt_mask_of = _gt_masks(judged, gt, gt_rows)
    outcomes = np.zeros(len(taken), np.int8)
    absorbed = np.full(len(kinds), NO_SCORE)
    free = np.ones(len(kinds), np.bool_)
    scores = preds.score[rows[taken]]
    boxes_count = judged.kind == "bbox"
    mask_of, sides = mask_of[taken], np.ascontiguousarray(sides[taken])
    gt_sides = gt.boxes_xyxy[judged.gt[gt_rows]]
    for spans, some_gts, _ in blocks(pred_spans, gt_spans):
        overlaps = np.zeros(int(pairs_of(spans, some_gts).sum()))
        fill_overlaps(
            spans, mask_of, masks.runs.counts, masks.runs.offsets, masks.areas, masks.boxes, sides,
            some_gts, kinds, gt_mask_of, gt_masks.runs.counts, gt_masks.runs.offsets,
            gt_masks.areas, gt_masks.boxes, gt_sides, overlaps,
        )  # fmt: skip
        match_stages(
            spans, scores, some_gts, kinds, overlaps, boxes_count, free, outcomes, absorbed
        )
    groups = absorbed > (NO_SCORE if zero_scores_count else 0)
    if not boxes_count:
        groups &= kinds != BOX_GROUP
    kept = outcomes != DROPPED
    both = np.concatenate([cells[kept], gt_cells[groups]])
    order = np.argsort(both, kind="stable")  # groups come after the predictions of their cell
    states = [np.where(outcomes[kept] == TRUE, 1, 0), np.full(int(groups.sum()), 2)]
    number = len(judged.classes)
    return Entries(
        class_number=both[order] % number,
        image=both[order] // number,
        score=np.concatenate([scores[kept], absorbed[groups]])[order],
        state=np.concatenate(states)[order].astype(np.int8),
        judged_cell=cells,
        empty=int((~solid).sum()),
        capped=capped,
    )


def _placed(
    preds: OpenImagesPredictions, rows: NDArray[np.int64], kind: str
) -> tuple[MeasuredMasks, NDArray[np.int64], NDArray[np.float64]]:
    """Masks of predictions, the mask of each row, and the boxes of the rows, xyxy (P, 4)."""
    if preds.masks is None or (kind == "bbox" and preds.boxes_xyxy is not None):
        sides = np.zeros((0, 4)) if preds.boxes_xyxy is None else preds.boxes_xyxy[rows]
        return MeasuredMasks.of(_none()), np.full(len(rows), -1), sides
    distinct, mask_of = np.unique(rows, return_inverse=True)
    masks = MeasuredMasks.of(preds.masks.take(distinct).decode())
    return masks, mask_of.astype(np.int64), masks.sides[mask_of]


def _gt_masks(
    judged: JudgedRows, gt: OpenImagesGroundTruth, gt_rows: slice
) -> tuple[MeasuredMasks, NDArray[np.int64]]:
    """Masks of the ground truth of some images, and the mask of each object."""
    mask = gt.mask[judged.gt[gt_rows]]
    if judged.kind == "bbox" or not (mask >= 0).any():
        return MeasuredMasks.of(_none()), np.full(len(mask), -1)
    distinct, mask_of = np.unique(mask, return_inverse=True)
    none = int(distinct[0] < 0)
    masks = MeasuredMasks.of(gt.masks.take(distinct[none:]).decode())
    return masks, mask_of.astype(np.int64) - none


def _none() -> RunLengths:
    """No masks."""
    return RunLengths(np.zeros(0, np.uint32), np.zeros(1, np.int64), np.zeros((0, 2), np.int32))


def _rank(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of every row in its cell, from 0; rows of a cell are adjacent."""
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    lengths = np.diff(np.append(starts, len(cells)))
    return np.arange(len(cells)) - np.repeat(starts, lengths)


def _spans(cells: NDArray[np.int64], found: NDArray[np.int64]) -> NDArray[np.int64]:
    """First and last row of every cell found, int64, shape (C, 2); `cells` ascend."""
    first, last = (np.searchsorted(cells, found, side=side) for side in ("left", "right"))
    return np.stack([first, last], axis=1).astype(np.int64)
