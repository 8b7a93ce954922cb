"""One evaluation with its files: what analyses of single objects and images start from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.curves import threshold_index, unknown_threshold
from segeval.metrics.coco.inputs import GroundTruthSource, PredictionsSource
from segeval.metrics.coco.restriction import at_thresholds


def evaluated(
    preds: PredictionsSource,
    gt: GroundTruthSource,
    *,
    workers: int | None = None,
    **arguments: Any,
) -> Evaluation:
    """Predictions matched to ground truth, with both files and what was compared.

    Args:
        preds: predictions, or a path or list to load them from.
        gt: ground truth, or a path or dictionary to load it from.
        workers: threads, None for all cores.
        arguments: as in `segeval.match`, for one kind of IoU.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for two files that do not belong together.

    Example:
        >>> from segeval.data.synthetic import furniture
        >>> scene = furniture(images=4)
        >>> len(evaluated(scene.better, scene.ground_truth, min_score=0.5).matches)
        19
    """
    several = list(evaluations(preds, gt, Arguments(**arguments), workers))
    if len(several) != 1:
        raise InputError(
            f"`iou` names {len(several)} kinds, expected one at a time.", code="iou", option="iou"
        )
    return several[0]


def at_iou(evaluation: Evaluation, iou: float) -> Evaluation:
    """The same files matched at one of the IoU thresholds alone, as if there were no others.

    Args:
        evaluation: at several thresholds.
        iou: the one to keep.

    Raises:
        InputError: if it is none of them.
    """
    matches = evaluation.matches
    place = threshold_index(matches.thresholds, iou)
    if place is None:
        raise unknown_threshold(matches.thresholds, iou)
    return replace(evaluation, matches=at_thresholds(matches, [place]))
