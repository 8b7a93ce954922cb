"""IoUs within an image, across categories or within each: what error kinds and oracles ask for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.kernels.threads import map_slices
from segeval.limits import check_limit, limits
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.cell_iou import box_cell_iou
from segeval.metrics.coco.geometry import bad_mask
from segeval.metrics.coco.large_cells import MaskCells
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.objects import boundary_widths
from segeval.metrics.pair_blocks import Spans, blocks, pairs_of

TINY = 1e-300
"""Below every IoU of masks or boxes that overlap."""

MOST_EACH = 100
"""Pairs per prediction that are always kept; real ones have a few."""


@frozen(eq=False)
class ImagePairs:
    """Pairs of judged predictions and ground truths of one image that overlap enough.

    Attributes:
        offsets: row r of `Matches` has the pairs `offsets[r]:offsets[r + 1]`, int64, (N + 1,).
        gt: place of the ground truth in `Matches.gt`, ascending in a row, int64, shape (P,).
        iou: float64, shape (P,).
    """

    offsets: NDArray[np.int64]
    gt: NDArray[np.int64]
    iou: NDArray[np.float64]


def image_pairs(
    evaluation: Evaluation,
    *,
    least: float,
    gts: NDArray[np.bool_] | None = None,
    crowd: bool = False,
    across: bool = True,
    workers: int | None = None,
) -> ImagePairs:
    """Every pair of a judged prediction and a ground truth of its image.

    Args:
        evaluation: both files, matched.
        least: pairs of a lower IoU are left out; above 0.
        gts: ground truths that take part, bool, shape (G,); by default those that count.
        crowd: divide by the area of the prediction alone, as for crowd regions.
        across: pairs of different categories too.
        workers: threads, None for all cores.

    Raises:
        FormatError: for a malformed mask, and for more pairs than `limits().pairs` and than
            `MOST_EACH` per prediction.
    """
    matches = evaluation.matches
    if gts is None:
        gts = matches.gt_counted[0]
    places = np.flatnonzero(gts)
    group, gt_group = _groups(matches, places, across=across)
    rows = np.argsort(group, kind="stable")
    places = places[np.argsort(gt_group, kind="stable")]
    number = int(max(group.max(initial=-1), gt_group.max(initial=-1))) + 1
    spans, gt_spans = _spans(group, number), _spans(gt_group, number)
    both = (np.diff(spans)[:, 0] > 0) & (np.diff(gt_spans)[:, 0] > 0)
    spans, gt_spans = spans[both], gt_spans[both]
    fill = _filler(evaluation, rows, places, least, crowd=crowd)
    most = max(limits().pairs, MOST_EACH * len(matches))
    kept = [0]

    def near(start: int, stop: int) -> list[_Found]:
        found = []
        for some, some_gt, _ in blocks(spans[start:stop], gt_spans[start:stop]):
            iou = np.empty(int(pairs_of(some, some_gt).sum()))
            fill(some, some_gt, iou)
            found.append(_near(some, some_gt, iou, least))
            kept[0] += len(found[-1][0])
            if kept[0] > most:
                check_limit(
                    "pairs",
                    int(pairs_of(spans, gt_spans).sum()),
                    f"more than {most:,} pairs of its predictions and of objects overlap",
                    source=evaluation.preds.source,
                )
        return found

    parts = [one for many in map_slices(near, len(spans), workers, least=16) for one in many]
    row, gt, iou = (
        np.concatenate([part[k] for part in parts] or [np.empty(0, np.int64)]) for k in range(3)
    )
    row, gt = rows[row], places[gt]
    order = np.argsort(row, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(matches)))])
    return ImagePairs(offsets.astype(np.int64), gt[order], iou[order].astype(np.float64))


_Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _groups(
    matches: Matches, places: NDArray[np.intp], *, across: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A number from 0 for each image, or each category in an image, of rows and of places."""
    image = matches.image.astype(np.int64)
    gt_image = matches.gt_image[places].astype(np.int64)
    if across:
        return image, gt_image
    categories = len(matches.category_ids)
    keys = np.concatenate([
        image * categories + matches.category,
        gt_image * categories + matches.gt_category[places],
    ])  # fmt: skip
    numbers = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    return numbers[: len(image)], numbers[len(image) :]


def _spans(group: NDArray[np.int64], groups: int) -> Spans:
    """Rows of each group, from and to before, shape (groups, 2), once rows are sorted by group."""
    ends = np.cumsum(np.bincount(group, minlength=groups))
    return np.stack([np.concatenate([[0], ends[:-1]]) if groups else ends, ends], axis=1)


def _filler(
    evaluation: Evaluation,
    rows: NDArray[np.intp],
    places: NDArray[np.intp],
    least: float,
    *,
    crowd: bool,
) -> Callable[[Spans, Spans, NDArray[np.float64]], None]:
    """What fills the IoUs of some images, as matching does."""
    preds, gt, matches = evaluation.preds, evaluation.gt, evaluation.matches
    where, masks = evaluation.compared.where, evaluation.compared.masks
    pred_rows, gt_rows = matches.prediction[rows], matches.gt[places]
    is_crowd = np.full(len(gt), crowd)
    if where.masks is None or masks is None:
        boxes = preds.boxes if where.boxes is None else where.boxes

        def fill_boxes(some: Spans, some_gt: Spans, iou: NDArray[np.float64]) -> None:
            box_cell_iou(some, pred_rows, boxes, some_gt, gt_rows, gt.boxes, is_crowd, iou)

        return fill_boxes
    widths = np.empty(0, np.int32)
    if matches.request.iou == "boundary":
        widths = boundary_widths(matches.request, masks)
    cells = MaskCells(
        where.masks, pred_rows, masks, gt_rows, is_crowd, widths, least, areas=where.pixels
    )

    def fill_masks(some: Spans, some_gt: Spans, iou: NDArray[np.float64]) -> None:
        bad, defect = cells.fill(some, some_gt, iou)
        if defect:
            raise bad_mask(preds, cells.preds, bad, defect)

    return fill_masks


def _near(spans: Spans, gt_spans: Spans, iou: NDArray[np.float64], least: float) -> _Found:
    """Rows of predictions and ground truths, and IoU, of the pairs that overlap enough."""
    found = np.flatnonzero(iou >= least)
    pairs = pairs_of(spans, gt_spans)
    ends = np.cumsum(pairs)
    cell = np.searchsorted(ends, found, side="right")
    inside = found - (ends - pairs)[cell]
    number = np.diff(gt_spans)[cell, 0]
    return spans[cell, 0] + inside // number, gt_spans[cell, 0] + inside % number, iou[found]
