"""Label suspects: from predictions of models to what may be wrong in the ground truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.sources import ids_of
from segeval.analysis.evaluation import evaluated
from segeval.analysis.files_in_order import call_to, ground_truth_last
from segeval.analysis.same_truth import check_same_truth
from segeval.analysis.suspects.groups import Group, groups_of
from segeval.analysis.suspects.model import ModelSuspects, best_point_of, model_suspects
from segeval.analysis.suspects.result import (
    KINDS,
    Box,
    DisputedLabel,
    Key,
    LabelSuspect,
    LabelSuspects,
    UnfoundObject,
)
from segeval.analysis.suspects.unfound import unfound_objects
from segeval.analysis.thresholds.scores import Point
from segeval.data import GroundTruth, load_ground_truth
from segeval.data.files import is_same_file
from segeval.data.keys import Keys, written
from segeval.errors import InputError
from segeval.masks import area, boxes
from segeval.metrics.coco.average_precision import Evaluation
from segeval.words import counted

MOST_MODELS = 20
"""Models that are looked at together: all masks of all are in memory."""

MERGED = -1
"""Id of the one category where categories are merged."""


def label_suspects(
    *files: Any, kinds: str | Sequence[str] = KINDS, workers: int | None = None, **arguments: Any
) -> LabelSuspects:
    """What may be wrong in the ground truth: objects that it lacks, misnames, or should not have.

    A model is sure of predictions from the score of its best F1 on, at IoU 0.50 or the lowest
    threshold asked for: there as many are true as its finding most objects allows. An object may
    be missing where a model is sure, and

    - no object of any category overlaps the prediction by a mask IoU above 0.1, the share of it in
      crowd regions included, and it is not excused;
    - less than half of it lies in objects of its category, of which it would be a part;
    - no better prediction of the model is of the same object.

    Those come first that most models predict: equal category, and a mask IoU of at least 0.5 with
    the prediction of another of them. The name of an object is disputed where every model is sure
    of a prediction of the same one other category, whose IoU with the object reaches the threshold
    and which is no other object, and none is sure of its own category. An object is unfound where
    no prediction of any model, whatever its category and score, overlaps it by an IoU above 0.1.
    Where boxes alone are compared, their IoU stands for that of masks.

    Args:
        files: predictions of one model or several, then ground truth: paths, or what
            `average_precision` takes.
        kinds: what to look for, of "missing", "unfound" and "category".
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
    kinds = checked_kinds(kinds)
    preds, gt = several_and_truth(files)
    models = evaluated_on_one(preds, gt, workers=workers, **arguments)
    points = [best_point_of(each, workers) for each in models]
    return suspects_of(models, points, kinds=kinds, workers=workers)


def checked_kinds(kinds: str | Sequence[str]) -> tuple[str, ...]:
    """Kinds of suspects, in the order of `KINDS`.

    Raises:
        InputError: for none, or an unknown one.
    """
    asked = [kinds] if isinstance(kinds, str) else list(kinds)
    unknown = [each for each in asked if each not in KINDS]
    if unknown or not asked:
        raise InputError(
            f"`kinds` is {unknown[0] if unknown else kinds!r}, expected some of: "
            f"{', '.join(KINDS)}.",
            code="kind",
            option="kinds",
        )
    return tuple(each for each in KINDS if each in asked)


def several_and_truth(files: Sequence[Any]) -> tuple[tuple[Any, ...], Any]:
    """Predictions of one model or several, and the ground truth.

    Raises:
        InputError: if there are too few or too many, or for a file that is given twice.
    """
    if not 2 <= len(files) <= MOST_MODELS + 1:
        raise InputError(
            f"expected predictions of 1 to {MOST_MODELS} models and ground truth, got "
            f"{counted(len(files), 'file')}.",
            code="file-count",
        )
    *preds, gt = files
    paths = [Path(each) for each in preds if isinstance(each, str | Path)]
    for one, other in combinations(paths, 2):
        if is_same_file(one, other):
            also = "" if str(one) == str(other) else f", also as {one}"
            raise InputError(
                f"{other}: is given twice{also}, expected each model once: what a model shares "
                "with itself says nothing.",
                code="models",
                path=str(other),
            )
    return tuple(preds), gt


def evaluated_on_one(
    preds: Sequence[Any], gt: Any, *, workers: int | None = None, **arguments: Any
) -> list[Evaluation]:
    """Every model on the same ground truth, which is read once.

    Raises:
        InputError: for arguments that make no sense.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.
    """
    with ground_truth_last(preds, gt, call_to("label_suspects")):
        truth = gt if isinstance(gt, GroundTruth) else load_ground_truth(gt)
        models = [evaluated(each, truth, workers=workers, **arguments) for each in preds]
    for other in models[1:]:
        check_same_truth(models[0], other)
    return models


def suspects_of(
    models: Sequence[Evaluation],
    points: Sequence[Point],
    *,
    kinds: Sequence[str] = KINDS,
    workers: int | None = None,
) -> LabelSuspects:
    """The result of `label_suspects` for files that are matched already.

    Args:
        models: on the same ground truth, by the same kind of IoU.
        points: from which score on each is sure; no score is none.
        kinds: what to look for.
        workers: threads, None for all cores; the result does not depend on it.
    """
    missing: list[LabelSuspect] = []
    disputed: list[DisputedLabel] = []
    unfound: list[UnfoundObject] = []
    if {"missing", "category"} & set(kinds):
        both = zip(models, points, strict=True)
        found = [model_suspects(each, point, workers) for each, point in both]
        if "missing" in kinds:
            missing += _missing(found)
        if "category" in kinds:
            disputed += _disputed(found)
    if "unfound" in kinds:
        unfound += _unfound(models, workers)
    compares_boxes = models[0].compared.where.masks is None
    return LabelSuspects(
        iou="bbox" if compares_boxes else "segm",
        least_scores=tuple(point.score for point in points),
        precisions=tuple(point.precision for point in points),
        missing=tuple(sorted(missing, key=lambda each: (-each.models, -each.score, _tie(each)))),
        disputed=tuple(sorted(disputed, key=lambda each: (-each.score, each.place, each.target))),
        unfound=tuple(sorted(unfound, key=lambda each: (-each.area, each.place, each.target))),
        kinds=tuple(kinds),
    )


def _tie(suspect: LabelSuspect) -> tuple[int, ...]:
    """Which of equal scores comes first: by image, then by model and its prediction."""
    return suspect.place, *(-1 if row is None else row for row in suspect.rows)


def _missing(found: Sequence[ModelSuspects]) -> Iterator[LabelSuspect]:
    """What may be missing, by one model or several."""
    for group in groups_of([one.regions for one in found]):
        yield _suspect(found, group)


def _suspect(found: Sequence[ModelSuspects], group: Group) -> LabelSuspect:
    """One missing object, by the number that it has in each model."""
    numbers = group.numbers
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
        agreement=group.agreement,
        place=place,
        rows=rows,
    )


def _disputed(found: Sequence[ModelSuspects]) -> Iterator[DisputedLabel]:
    """Objects that all models take for one of the same other category."""
    first = found[0].evaluation.matches
    if first.category_ids.tolist() == [MERGED]:
        return
    reached = np.any([one.reached for one in found], axis=0)
    best = [_best_of_pairs(one) for one in found]
    annotation_ids = ids_of(found[0].evaluation.gt, first)
    disputed: dict[int, DisputedLabel] = {}
    for target, category in sorted(set.intersection(*(set(own) for own in best))):
        if reached[target]:
            continue
        rows, ious = zip(*(own[target, category] for own in best), strict=True)
        scores, predictions = _of_models(found, rows)
        dispute = DisputedLabel(
            **_annotated(found[0].evaluation, target, annotation_ids),
            predicted_id=_id(first.category_ids, category, first.category_keys),
            predicted=first.category_names[category],
            scores=scores,
            predictions=predictions,
            ious=ious,
            rows=rows,
        )
        known = disputed.get(target)
        if known is None or dispute.score > known.score:  # one name for each object
            disputed[target] = dispute
    yield from disputed.values()


def _unfound(models: Sequence[Evaluation], workers: int | None) -> Iterator[UnfoundObject]:
    """Objects that no model finds."""
    first = models[0]
    targets = unfound_objects(models, workers)
    rows, masks = first.matches.gt[targets], first.compared.masks
    areas = first.gt.boxes[rows, 2:].prod(axis=1) if masks is None else area(masks.take(rows))
    annotation_ids = ids_of(first.gt, first.matches)
    for target, size in zip(targets.tolist(), areas.tolist(), strict=True):
        known = _annotated(first, target, annotation_ids)
        yield UnfoundObject(**known, area=float(size), models=len(models))


def _annotated(
    evaluation: Evaluation, target: int, annotation_ids: Sequence[Key]
) -> dict[str, Any]:
    """What is known of an annotated object, whatever is wrong with it."""
    matches = evaluation.matches
    place, own = int(matches.gt_image[target]), int(matches.gt_category[target])
    return {
        "image_id": _id(matches.image_ids, place, matches.image_keys),
        "file_name": matches.file_names[place],
        "annotation_id": annotation_ids[target],
        "category_id": _id(matches.category_ids, own, matches.category_keys),
        "category": matches.category_names[own],
        "bbox": _object_box(evaluation, target),
        "place": place,
        "target": target,
    }


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
