"""Predictions and objects of one image that overlap, with their IoU.

Matching needs an IoU only to compare it with thresholds and keeps none. What asks how well an
object was covered, or what else a prediction covers, asks here.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.metrics.coco.average_precision import Evaluation
from segeval.metrics.coco.cells import Cells, make_cells
from segeval.metrics.coco.image_pairs import TINY, image_pairs
from segeval.metrics.coco.matches import Matches


@frozen(eq=False)
class Pairs:
    """P pairs of a prediction and a ground truth, by prediction, then by ground truth.

    Attributes:
        row: the prediction's row in `Matches`, int64, shape (P,).
        gt: the ground truth's place in `Matches.gt`, int64, shape (P,).
        iou: above 0, by the kind of IoU of the matches, float64, shape (P,).
        is_crowd: whether each ground truth of the matches is a crowd region, whose IoU is the share
            of the prediction inside it, bool, shape (G,).
        area: of each prediction of the matches in pixels squared, as for its size bucket, float64,
            shape (N,).
    """

    row: NDArray[np.int64]
    gt: NDArray[np.int64]
    iou: NDArray[np.float64]
    is_crowd: NDArray[np.bool_]
    area: NDArray[np.float64]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Row r has the pairs `starts[r]:starts[r + 1]`, int64, shape (N + 1,)."""
        return np.searchsorted(self.row, np.arange(len(self.area) + 1))

    def take(self, kept: NDArray[np.bool_]) -> Pairs:
        """Some of the pairs, bool, shape (P,)."""
        return replace(self, row=self.row[kept], gt=self.gt[kept], iou=self.iou[kept])


def overlapping_pairs(
    evaluation: Evaluation,
    *,
    across: bool = False,
    least: float = TINY,
    workers: int | None = None,
) -> Pairs:
    """The pairs of judged predictions and ground truths, crowd regions included, that overlap.

    Args:
        evaluation: both files, matched.
        across: pairs of different categories too.
        least: pairs with a lower IoU are left out; above 0.
        workers: threads, None for all cores.

    Raises:
        FormatError: for a malformed mask.
    """
    matches, gt = evaluation.matches, evaluation.gt
    is_crowd = np.zeros(len(matches.gt), np.bool_)
    if matches.request.rules.uses_crowd:
        is_crowd = gt.is_crowd[matches.gt]
    row, place, iou = [], [], []
    for crowd in (False, True):
        some = is_crowd == crowd
        if not some.any():
            continue
        found = image_pairs(
            evaluation, least=least, gts=some, crowd=crowd, across=across, workers=workers
        )
        row.append(np.repeat(np.arange(len(matches)), np.diff(found.offsets)))
        place.append(found.gt)
        iou.append(found.iou)
    none = np.empty(0, np.int64)
    rows, places = np.concatenate([none, *row]), np.concatenate([none, *place])
    order = np.lexsort((places, rows))
    return Pairs(
        row=rows[order],
        gt=places[order],
        iou=np.concatenate([np.empty(0), *iou])[order],
        is_crowd=is_crowd,
        area=evaluation.compared.where.area[matches.prediction],
    )


def cells_of(matches: Matches, *, across: bool = False) -> Cells:
    """Rows of matches and places of their ground truths by cell, or with `across` by image."""
    category, gt_category = matches.category, matches.gt_category
    return make_cells(
        pred_image=matches.image,
        pred_category=np.zeros_like(category) if across else category,
        score=matches.score,
        gt_image=matches.gt_image,
        gt_category=np.zeros_like(gt_category) if across else gt_category,
        images=len(matches.image_ids),
        categories=len(matches.category_ids),
    )
