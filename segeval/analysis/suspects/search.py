"""Label suspects: from predictions of one model or two to what may be wrong in the ground truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.sources import ids_of
from segeval.analysis.evaluation import evaluated
from segeval.analysis.files_in_order import call_to, ground_truth_last, models_and_truth
from segeval.analysis.suspects.model import ModelSuspects, best_point_of, model_suspects
from segeval.analysis.suspects.result import (
    Box,
    DisputedLabel,
    Key,
    LabelSuspect,
    LabelSuspects,
)
from segeval.analysis.thresholds.scores import Point
from segeval.data import GroundTruth, load_ground_truth
from segeval.data.keys import Keys, written
from segeval.masks import boxes
from segeval.metrics.coco.average_precision import Evaluation

MERGED = -1
"""Id of the one category where categories are merged."""


def label_suspects(*files: Any, workers: int | None = None, **arguments: Any) -> LabelSuspects:
    """What may be wrong in the ground truth: objects that it lacks, or calls by another name.

    A model is sure of predictions from the score of its best F1 on, at IoU 0.50 or the lowest
    threshold asked for: there as many are true as its finding most objects allows. An object may
    be missing where a model is sure, and

    - no object of any category overlaps the prediction by a mask IoU above 0.1, the share of it in
      crowd regions included, and it is not excused;
    - less than half of it lies in objects of its category, of which it would be a part;
    - no better prediction of the model is of the same object.

    Of two models those come first that both predict: equal category, and a mask IoU of at least
    0.5. The name of an object is disputed where both models are sure of a prediction of one other
    category, whose IoU with it reaches the threshold and which is no other object, and neither is
    sure of its own category. Where boxes alone are compared, their IoU stands for that of masks.

    Args:
        files: predictions and ground truth, or predictions of two models and ground truth: paths,
            or what `average_precision` takes.
        workers: threads, None for all cores; the result does not depend on it.
        arguments: as in `average_precision`, for one kind of IoU.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.

    Example:
        >>> box = {"image_id": 1, "category_id": 1}
        >>> gt = {
        ...     "images": [{"id": 1}],
        ...     "categories": [{"id": 1, "name": "chair"}],
        ...     "annotations": [{**box, "id": 1, "bbox": [0, 0, 9, 9], "area": 81, "iscrowd": 0}],
        ... }
        >>> preds = [{**box, "bbox": [20 * k, 0, 9, 9], "score": 0.8 + k / 10} for k in (0, 1)]
        >>> found = label_suspects(preds, gt, iou="bbox")
        >>> [(each.category, each.bbox, each.score) for each in found.missing]
        [('chair', (20.0, 0.0, 9.0, 9.0), 0.9)]
    """
    preds, gt = models_and_truth(files)
    with ground_truth_last(preds, gt, call_to("label_suspects")):
        truth = gt if isinstance(gt, GroundTruth) else load_ground_truth(gt)
        models = [evaluated(each, truth, workers=workers, **arguments) for each in preds]
    points = [best_point_of(each, workers) for each in models]
    return suspects_of(models, points, workers=workers)


def suspects_of(
    models: Sequence[Evaluation], points: Sequence[Point], *, workers: int | None = None
) -> LabelSuspects:
    """The result of `label_suspects` for files that are matched already.

    Args:
        models: one, or two on the same ground truth, by the same kind of IoU.
        points: from which score on each is sure; no score is none.
        workers: threads, None for all cores; the result does not depend on it.
    """
    found = [
        model_suspects(each, point, workers) for each, point in zip(models, points, strict=True)
    ]
    missing = sorted(
        _missing(found), key=lambda each: (each.agreement is None, -each.score, _tie(each))
    )
    disputed = sorted(_disputed(found), key=lambda each: (-each.score, each.place, each.target))
    compares_boxes = models[0].compared.where.masks is None
    return LabelSuspects(
        iou="bbox" if compares_boxes else "segm",
        least_scores=tuple(point.score for point in points),
        precisions=tuple(point.precision for point in points),
        missing=tuple(missing),
        disputed=tuple(disputed),
    )


def _tie(suspect: LabelSuspect) -> tuple[int, ...]:
    """Which of equal scores comes first: by image, then by model and its prediction."""
    return suspect.place, *(-1 if row is None else row for row in suspect.rows)


def _missing(found: Sequence[ModelSuspects]) -> Iterator[LabelSuspect]:
    """What may be missing, by both models or by either."""
    if len(found) == 1:
        for number in range(len(found[0].rows)):
            yield _suspect(found, (number,), None)
        return
    a, b = found
    both = list(a.regions.same(b.regions))
    for i, j, iou in both:
        yield _suspect(found, (i, j), iou)
    of_both = {i for i, _, _ in both}, {j for _, j, _ in both}
    for i in sorted(set(range(len(a.rows))) - of_both[0]):
        yield _suspect(found, (i, None), None)
    for j in sorted(set(range(len(b.rows))) - of_both[1]):
        yield _suspect(found, (None, j), None)


def _suspect(
    found: Sequence[ModelSuspects], numbers: tuple[int | None, ...], iou: float | None
) -> LabelSuspect:
    """One missing object, by the number that it has in each model."""
    rows = tuple(
        None if number is None else int(one.rows[number])
        for one, number in zip(found, numbers, strict=True)
    )
    scores, predictions = _of_models(found, rows)
    best = max(
        (place for place, row in enumerate(rows) if row is not None),
        key=lambda place: (scores[place], -place),
    )
    number = numbers[best]
    matches, row = found[best].evaluation.matches, rows[best]
    place, category = int(matches.image[row]), int(found[best].category[number])
    return LabelSuspect(
        image_id=_id(matches.image_ids, place, matches.image_keys),
        file_name=matches.file_names[place],
        category_id=_id(matches.category_ids, category, matches.category_keys),
        category=matches.category_names[category],
        bbox=_box(found[best].regions.boxes[number]),
        scores=scores,
        predictions=predictions,
        agreement=iou,
        place=place,
        rows=rows,
    )


def _disputed(found: Sequence[ModelSuspects]) -> Iterator[DisputedLabel]:
    """Objects that both models take for one of the same other category."""
    first = found[0].evaluation.matches
    if len(found) == 1 or first.category_ids.tolist() == [MERGED]:
        return
    reached = found[0].reached | found[1].reached
    a, b = (_best_of_pairs(one) for one in found)
    annotation_ids = ids_of(found[0].evaluation.gt, first)
    disputed: dict[int, DisputedLabel] = {}
    for target, category in sorted(a.keys() & b.keys()):
        if reached[target]:
            continue
        (row_a, iou_a), (row_b, iou_b) = a[target, category], b[target, category]
        rows = (row_a, row_b)
        scores, predictions = _of_models(found, rows)
        place, own = int(first.gt_image[target]), int(first.gt_category[target])
        dispute = DisputedLabel(
            image_id=_id(first.image_ids, place, first.image_keys),
            file_name=first.file_names[place],
            annotation_id=annotation_ids[target],
            category_id=_id(first.category_ids, own, first.category_keys),
            category=first.category_names[own],
            predicted_id=_id(first.category_ids, category, first.category_keys),
            predicted=first.category_names[category],
            bbox=_object_box(found[0].evaluation, target),
            scores=scores,
            predictions=predictions,
            ious=(iou_a, iou_b),
            place=place,
            rows=rows,
            target=target,
        )
        known = disputed.get(target)
        if known is None or dispute.score > known.score:  # one name for each object
            disputed[target] = dispute
    yield from disputed.values()


def _best_of_pairs(one: ModelSuspects) -> dict[tuple[int, int], tuple[int, float]]:
    """The best-scored row, and its IoU, of each object and other category that it is taken for."""
    category = one.evaluation.matches.category
    best: dict[tuple[int, int], tuple[int, float]] = {}
    for row, target, iou in one.other:
        best.setdefault((target, int(category[row])), (row, iou))  # rows of one fall in score
    return best


def _of_models(
    found: Sequence[ModelSuspects], rows: tuple[Any, ...]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The scores of some rows, and their numbers in the files; None for None."""
    matches = [one.evaluation.matches for one in found]
    both = list(zip(matches, rows, strict=True))
    return (
        tuple(None if row is None else float(own.score[row]) for own, row in both),
        tuple(None if row is None else int(own.prediction[row]) for own, row in both),
    )


def _id(ids: NDArray[np.int64], place: int, keys: Keys | None) -> Key:
    """One id as the file writes it."""
    [found] = written(ids[place : place + 1], keys)
    return found


def _object_box(evaluation: Evaluation, target: int) -> Box:
    """The box of an object: that of its mask where masks are compared."""
    row = evaluation.matches.gt[target : target + 1]
    masks = evaluation.compared.masks
    return _box(evaluation.gt.boxes[row][0] if masks is None else boxes(masks.take(row))[0])


def _box(sides: NDArray[np.float64]) -> Box:
    """Four plain numbers."""
    left, top, width, height = sides.tolist()
    return left, top, width, height
