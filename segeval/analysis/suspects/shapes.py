"""Where suspects are: the masks of predictions and of annotated objects, or their boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.suspects.regions import Regions
from segeval.analysis.suspects.result import LabelSuspect, Suspect
from segeval.frozen import frozen
from segeval.masks import RunLengths, boxes
from segeval.metrics.coco.average_precision import Evaluation


@frozen(eq=False)
class SuspectShape:
    """Where a prediction or an object is.

    Attributes:
        box: xywh in pixels, float64, shape (4,).
        mask: one mask; None where boxes are compared.
    """

    box: NDArray[np.float64]
    mask: RunLengths | None


def suspect_shapes(suspects: Sequence[Suspect], models: Sequence[Evaluation]) -> list[SuspectShape]:
    """Where suspects are: the prediction of the surest model, or the annotated object.

    Args:
        suspects: of these models.
        models: on the same ground truth.
    """
    found: dict[int, SuspectShape] = {}
    for place, model in enumerate(models):
        rows = {
            k: each.rows[place]
            for k, each in enumerate(suspects)
            if isinstance(each, LabelSuspect) and each.surest == place
        }
        found |= zip(rows, predicted_shapes(model, list(rows.values())), strict=True)
    targets = {
        k: each.target for k, each in enumerate(suspects) if not isinstance(each, LabelSuspect)
    }
    gts = models[0].matches.gt[np.array(list(targets.values()), np.intp)]
    found |= zip(targets, annotated_shapes(models[0], gts), strict=True)
    return [found[k] for k in range(len(suspects))]


def predicted_shapes(model: Evaluation, rows: Sequence[int | None]) -> list[SuspectShape]:
    """Where the predictions in some rows of `Matches` are."""
    regions = Regions.of(model, np.array(rows, np.intp))
    return _shapes(regions.boxes, regions.masks)


def annotated_shapes(model: Evaluation, gts: NDArray[np.integer]) -> list[SuspectShape]:
    """Where some annotations are, by their row in the ground truth, evaluated or not."""
    gt = model.gt
    if model.compared.where.masks is None:
        return _shapes(gt.boxes[gts], None)
    masks = gt.segmentations.take(gts).run_lengths(gt.mask_sizes[gts], gt, rows=gts)
    return _shapes(boxes(masks), masks)


def _shapes(sides: NDArray[np.float64], masks: RunLengths | None) -> list[SuspectShape]:
    """Boxes, each with its mask."""
    return [
        SuspectShape(box, None if masks is None else masks.take(np.array([row])))
        for row, box in enumerate(sides)
    ]
