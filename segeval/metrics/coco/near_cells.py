"""Cells of very many pairs, cut into groups of masks that lie near one another.

Thousands of cells of a tissue in one image are hundreds of millions of pairs, of which a few
thousand touch. Areas and boxes bound each IoU; where the bound is below the least threshold, the
pair decides nothing. What is left falls into groups that share no mask: each is matched as a cell
of its own, with the same result.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.masks import RunLengths
from segeval.masks.connected import lowest_connected
from segeval.masks.measure import areas_and_boxes
from segeval.metrics.coco.large_cells import MaskCells
from segeval.metrics.pair_blocks import Spans, pairs_of

MANY = 1 << 18
"""Pairs of a cell from which it is cut."""

SPARSE = 16
"""A cell is left whole if more than one in so many of its pairs may be near."""


@frozen(eq=False)
class Extents:
    """Where N masks of one image lie.

    Attributes:
        area: in pixels, int64, shape (N,).
        left: first column, int64, shape (N,).
        top: first row, likewise.
        right: the column after the last.
        bottom: the row after the last.
    """

    area: NDArray[np.int64]
    left: NDArray[np.int64]
    top: NDArray[np.int64]
    right: NDArray[np.int64]
    bottom: NDArray[np.int64]

    @classmethod
    def of(cls, area: NDArray[np.int64], boxes: NDArray[np.float64]) -> Extents:
        """Those of masks of some areas with some boxes, xywh in pixels, shape (N, 4)."""
        left, top, width, height = boxes.astype(np.int64).T
        return cls(area, left, top, left + width, top + height)

    def take(self, rows: NDArray[np.intp]) -> Extents:
        """Those of some masks, in that order."""
        return Extents(**{name: column[rows] for name, column in vars(self).items()})


def cut(
    cells: MaskCells, spans: Spans, gt_spans: Spans, workers: int | None
) -> tuple[MaskCells, Spans, Spans]:
    """Cells of which none has many pairs that are far from one another.

    Args:
        cells: what is compared.
        spans: rows of the predictions of C cells, int64, shape (C, 2).
        gt_spans: the same of the ground truths.
        workers: threads, None for all cores.

    Returns:
        What is compared, with other orders of the rows, and the spans of other cells. In each of
        these, both kinds of rows keep their order; a pair that is in none of them has an IoU
        below `cells.least`.
    """
    large = np.flatnonzero(pairs_of(spans, gt_spans) >= MANY)
    if cells.areas is None or not len(large):
        return cells, spans, gt_spans
    rows, gt_rows = cells.pred_rows.copy(), cells.gt_rows.copy()
    whole = np.ones(len(spans), np.bool_)
    own, of_gt = [], []
    for cell in large.tolist():
        some, some_gt = slice(*spans[cell].tolist()), slice(*gt_spans[cell].tolist())
        pairs = _near_pairs(cells, rows[some], gt_rows[some_gt], workers)
        if pairs is None:
            continue
        whole[cell] = False
        groups = _groups(*pairs, some.stop - some.start, some_gt.stop - some_gt.start)
        (order, inside), (gt_order, gt_inside) = groups
        rows[some], gt_rows[some_gt] = rows[some][order], gt_rows[some_gt][gt_order]
        own.append(inside + some.start)
        of_gt.append(gt_inside + some_gt.start)
    return (
        replace(cells, pred_rows=rows, gt_rows=gt_rows),
        np.concatenate([spans[whole], *own]),
        np.concatenate([gt_spans[whole], *of_gt]),
    )


def _near_pairs(
    cells: MaskCells, rows: NDArray[np.int64], gt_rows: NDArray[np.int64], workers: int | None
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """The pairs of a cell that may reach the least IoU; None if they are many, or have no bound.

    Both arrays hold places among the rows, from 0.
    """
    masks = cells.gts.take(gt_rows)
    if _has_empty_run(masks):  # its pixels may count in no union, see `mask_cell_iou`
        return None
    gts = Extents.of(*areas_and_boxes(masks))
    area, _, boxes = cells.preds.take(rows).measure_with_boxes(workers)
    preds = Extents.of(area, boxes)
    sizes = np.stack([gts.right - gts.left, gts.bottom - gts.top], axis=1)
    kinds, kind_of = np.unique(np.frexp(sizes)[1], axis=0, return_inverse=True)
    pairs = [np.empty((2, 0), np.intp)]
    left = len(rows) * len(gt_rows) // SPARSE
    for kind in range(len(kinds)):
        some = np.flatnonzero((kind_of.ravel() == kind) & (gts.area > 0))
        found = _beside(preds, gts.take(some), left)
        if found is None:
            return None
        left -= found.shape[1]
        pred, gt = found[0], some[found[1]]
        is_near = _bounds(preds.take(pred), gts.take(gt), cells.crowd[gt_rows[gt]]) >= cells.least
        pairs.append(np.stack([pred[is_near], gt[is_near]]))
    pred, gt = np.concatenate(pairs, axis=1)
    return pred, gt


def _has_empty_run(masks: RunLengths) -> bool:
    """Whether a run of a mask is empty that is not the first, as runs in pieces have."""
    empty = masks.counts == 0
    empty[masks.offsets[:-1][np.diff(masks.offsets) > 0]] = False
    return bool(empty.any())


def _beside(preds: Extents, gts: Extents, most: int) -> NDArray[np.intp] | None:
    """Places of P pairs, among them all whose boxes share a pixel, shape (2, P); None above `most`.

    The ground truths, which are about equally wide and high, stand in bands of rows, and in a band
    by column: what a prediction may touch there is one stretch.
    """
    width, height = (
        int(size.max(initial=1)) for size in (gts.right - gts.left, gts.bottom - gts.top)
    )
    columns = int(max(preds.right.max(initial=0), gts.right.max(initial=0))) + 1
    keys = gts.top // height * columns + gts.left
    order = np.argsort(keys, kind="stable")
    first = np.maximum(preds.top - height + 1, 0) // height
    bands = np.where(preds.area > 0, (preds.bottom - 1) // height - first + 1, 0)
    if int(bands.sum()) > most:
        return None
    pred, place = _places(bands)
    start = (first[pred] + place) * columns
    ends = np.searchsorted(keys[order], start + preds.right[pred])
    begins = np.searchsorted(keys[order], start + np.maximum(preds.left[pred] - width + 1, 0))
    if int((ends - begins).sum()) > most:
        return None
    stretch, place = _places(ends - begins)
    return np.stack([pred[stretch], order[begins[stretch] + place]])


def _places(lengths: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of every entry of lists of some lengths, end to end, the list and the place in it."""
    which = np.repeat(np.arange(len(lengths)), lengths)
    return which, np.arange(len(which)) - (np.cumsum(lengths) - lengths)[which]


def _bounds(preds: Extents, gts: Extents, crowd: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Upper bounds of the IoUs of P pairs, as `most_shared` and `ratio` have them."""
    columns = np.minimum(preds.right, gts.right) - np.maximum(preds.left, gts.left)
    rows = np.minimum(preds.bottom, gts.bottom) - np.maximum(preds.top, gts.top)
    inside = np.maximum(columns, 0) * np.maximum(rows, 0)
    most = np.minimum(np.minimum(preds.area, gts.area), inside)
    bound: NDArray[np.float64] = most / np.where(crowd, preds.area, preds.area + gts.area - most)
    return bound


_Order = tuple[NDArray[np.intp], Spans]


def _groups(
    pred: NDArray[np.intp], gt: NDArray[np.intp], preds: int, gts: int
) -> tuple[_Order, _Order]:
    """Groups of N predictions and of M ground truths that pairs connect.

    Returns:
        For both the places by group, those in no pair last, and the span of each group.
    """
    root = lowest_connected(pred, gt + preds, preds + gts)
    roots = np.unique(root[pred])
    return _in_groups(root[:preds], pred, roots), _in_groups(root[preds:], gt, roots)


def _in_groups(root: NDArray[np.intp], paired: NDArray[np.intp], roots: NDArray[np.intp]) -> _Order:
    """Places by group, those in no pair last, and the span of each group."""
    key = np.full(len(root), np.iinfo(np.intp).max)
    key[paired] = root[paired]
    order = np.argsort(key, kind="stable")
    key = key[order]
    begins, ends = np.searchsorted(key, roots), np.searchsorted(key, roots, side="right")
    return order, np.stack([begins, ends], axis=1).astype(np.int64)
