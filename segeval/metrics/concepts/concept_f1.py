"""cgF1: from predictions and the ground truth of one annotator or several to a result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth, Predictions
from segeval.data.coco.image_fields import image_texts, yes_or_no
from segeval.data.files import STANDARD_INPUT, is_same_file
from segeval.data.keys import Key, shown_key, written
from segeval.errors import InputError, MismatchError, Note
from segeval.metrics.choices import check_choice
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.inputs import (
    GroundTruthSource,
    PredictionsSource,
    loaded,
    loaded_ground_truth,
)
from segeval.metrics.concepts.box_units import are_parts, in_one_unit
from segeval.metrics.concepts.result import ConceptF1Result
from segeval.metrics.concepts.scores import ConceptScores, ImageConcept, summarised
from segeval.metrics.concepts.statistics import (
    ImageStatistics,
    best_annotator,
    image_statistics,
    of_annotators,
)
from segeval.words import counted

EXHAUSTIVE, PHRASE = "is_instance_exhaustive", "text_input"
"""Fields of images in SA-Co: whether all objects of the phrase are annotated, and the phrase."""

SCORE = 0.5
"""Least score of a prediction that counts."""

IOUS = ("segm", "bbox")
"""Kinds of IoU."""

NEEDLESS = (
    "area-from-bbox", "area-from-mask", "equal-scores", "missing-area",
    "no-prediction-for-category", "no-prediction-for-images",
)  # fmt: skip
"""Codes of notes about what nothing depends on here, or what is as it should be."""

OF_BOXES = ("fractions", "mask-and-box", "mask-area", "outside-image")
"""Codes of notes that are as they should be where boxes are parts of the image."""


def concept_f1(
    preds: PredictionsSource,
    gt: GroundTruthSource | Sequence[GroundTruthSource],
    *,
    iou: str = "segm",
    min_score: float = SCORE,
    score_field: str = "score",
    skip_unknown: bool = False,
    workers: int | None = None,
) -> ConceptF1Result:
    """cgF1 of SAM 3's benchmark SA-Co, with its parts: pmF1 of masks and IL_MCC of images.

    Every image of the ground truth is a photograph with a phrase, such as "striped cat". It is
    positive if it has objects, crowd regions left out, and negative otherwise. Categories are
    ignored. In each image, predictions and objects are paired so that the sum of IoUs is largest;
    a pair is true at an IoU threshold that its IoU reaches, 0.50 to 0.95 in steps of 0.05.

    Images with a false `is_instance_exhaustive` are not judged. If no image has the field, all are.

    Args:
        preds: predictions, as in `average_precision`; they need no category.
        gt: ground truth, or that of several annotators: each image is judged by the one whom the
            predictions agree with best, see `best_annotator`. An image is judged only if it is
            exhaustive for all of them.
        iou: "segm" (masks) or "bbox" (boxes).
        min_score: least score of predictions that count.
        score_field: name of the field with the score.
        skip_unknown: drop predictions of unknown images, and count them.
        workers: threads, None for all cores; the numbers do not depend on it.

    Raises:
        InputError: for arguments that make no sense, or no image that is judged.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: for files that do not belong together.

    Source:
        Carion et al. 2025, SAM 3: Segment Anything with Concepts. Equal to sam3/eval/cgf1_eval.py
        of facebookresearch/sam3 bc2090d, its constants in denominators included, to the last bit
        where the file lists images in ascending id; but None where nothing is defined.

    Example:
        >>> gt = {
        ...     "images": [{"id": 1, "text_input": "cat"}, {"id": 2, "text_input": "dog"}],
        ...     "categories": [{"id": 1}],
        ...     "annotations": [
        ...         {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "area": 81}
        ...     ],
        ... }
        >>> preds = [{"image_id": 1, "bbox": [0, 0, 9, 8], "score": 0.9}]
        >>> found = concept_f1(preds, gt, iou="bbox")
        >>> round(found.cgf1, 3), round(found.pmf1, 3), round(found.il_mcc, 3)
        (0.8, 0.8, 1.0)
    """
    started = time.perf_counter()
    check_choice("iou", iou, IOUS)
    if min_score is None:
        raise InputError(
            "`min_score` is None, expected a number: cgF1 asks which predictions count.",
            code="min-score",
            option="min_score",
        )
    sources = _annotators(gt)
    arguments = Arguments(
        iou=iou,
        protocol="coco",
        agnostic=True,
        max_dets=0,
        min_score=min_score,
        score_field=score_field,
        skip_unknown=skip_unknown,
    )
    arguments.check()
    files, truths = _read(preds, sources, arguments, workers)
    in_parts = any(are_parts(each.boxes) for each in truths)
    if iou == "bbox":
        files, truths = in_one_unit(files, truths)
    evaluated = [one for truth in truths for one in evaluations(files, truth, arguments, workers)]
    ids = [written(one.matches.image_ids, one.matches.image_keys) for one in evaluated]
    _check_same_images(evaluated, ids)
    fields = [_of_file(source) for source in sources]
    flags = [None if each is None else yes_or_no(each, EXHAUSTIVE) for each in fields]
    judged = np.array([all(own is None or own[key] for own in flags) for key in ids[0]], np.bool_)
    first = evaluated[0]
    if not judged.any():
        raise InputError(
            f"{first.gt.source}: no image has a true {EXHAUSTIVE} by all annotators, expected "
            "some: only images in which all objects of the phrase are annotated are judged.",
            code="not-exhaustive",
            path=first.gt.source,
            field=EXHAUSTIVE,
        )
    thresholds = first.matches.thresholds
    every = [image_statistics(one, thresholds, workers).take(judged) for one in evaluated]
    chosen = best_annotator(every)
    found = of_annotators(every, chosen)
    phrases = {} if fields[0] is None else image_texts(fields[0], PHRASE)
    images = _images(first, ids[0], judged, found, chosen, phrases)
    scores = summarised(found, thresholds.tolist(), images)
    return ConceptF1Result(
        scores=scores,
        statistics=found,
        inputs=_inputs(evaluated),
        settings={
            "iou": iou,
            "thresholds": thresholds.tolist(),
            "min_score": float(min_score),
            "score_field": score_field,
            "skip_unknown": skip_unknown,
            "annotators": len(sources),
            "ties": "file order",
        },
        notes=_notes(evaluated, flags, judged, scores, in_parts=in_parts),
        seconds=time.perf_counter() - started,
    )


def _annotators(gt: Any) -> list[Any]:
    """The ground truth of every annotator.

    Raises:
        InputError: for none, for a file that is given twice, and for standard input.
    """
    sources = [*gt] if isinstance(gt, Sequence) and not isinstance(gt, str) else [gt]
    if not sources:
        raise InputError("`gt` is empty, expected ground truth.", code="file-count", option="gt")
    paths = [Path(each) for each in sources if isinstance(each, str | Path)]
    if STANDARD_INPUT in map(str, paths):
        raise InputError(
            "ground truth is read twice, so it cannot be standard input; give a file.",
            code="input",
            option="gt",
        )
    for one, other in combinations(paths, 2):
        if is_same_file(one, other):
            raise InputError(
                f"{other}: is given twice, expected the ground truth of each annotator once.",
                code="annotators",
                path=str(other),
            )
    return sources


def _read(
    preds: Any, sources: Sequence[Any], arguments: Arguments, workers: int | None
) -> tuple[Predictions, list[GroundTruth]]:
    """All files as columns.

    Raises:
        InputError: if predictions and ground truth are swapped.
        FormatError: for a file that cannot be used.
    """
    try:
        first, truth = loaded(
            preds, sources[0], workers, score_field=arguments.score_field, agnostic=True
        )
    except InputError as error:
        if error.code != "swapped":
            raise
        message = error.message.replace("average_precision(", "concept_f1(")
        raise InputError(message, code="swapped", path=error.path) from None
    return first, [truth, *map(loaded_ground_truth, sources[1:])]


def _of_file(source: Any) -> str | Path | Mapping[str, Any] | None:
    """Where further fields of the images are; columns have none."""
    return None if isinstance(source, GroundTruth) else source


def _check_same_images(evaluated: Sequence[Evaluation], ids: Sequence[Sequence[Key]]) -> None:
    """Refuse annotators of other images.

    Raises:
        MismatchError: if one lacks an image that another has.
    """
    first = evaluated[0].gt.source
    for own, found in zip(evaluated[1:], ids[1:], strict=True):
        for name, other, lacking in (
            (own.gt.source, first, set(ids[0]) - set(found)),
            (first, own.gt.source, set(found) - set(ids[0])),
        ):
            if lacking:
                example = min(lacking, key=lambda key: (isinstance(key, str), key))
                raise MismatchError(
                    f"{name}: lacks {counted(len(lacking), 'image')} of {other}, such as "
                    f"{shown_key(example)}; all annotators must have the same images.",
                    code="other-images",
                    path=name,
                    count=len(lacking),
                )


def _images(
    first: Evaluation,
    ids: Sequence[Key],
    judged: NDArray[np.bool_],
    found: ImageStatistics,
    chosen: NDArray[np.int64],
    phrases: Mapping[Key, str],
) -> tuple[ImageConcept, ...]:
    """Every image that is judged, as it is shown."""
    f1, empty = found.f1.mean(axis=1).tolist(), found.is_empty.tolist()
    fp, fn = found.fp[:, 0].tolist(), found.fn[:, 0].tolist()
    return tuple(
        ImageConcept(
            id=ids[row],
            file_name=first.matches.file_names[row],
            phrase=phrases.get(ids[row], ""),
            annotator=int(chosen[place]),
            objects=int(found.objects[place]),
            predictions=int(found.predictions[place]),
            tp=int(found.tp[place, 0]),
            fp=fp[place],
            fn=fn[place],
            f1=None if empty[place] else f1[place],
        )
        for place, row in enumerate(np.flatnonzero(judged).tolist())
    )


def _inputs(evaluated: Sequence[Evaluation]) -> dict[str, dict[str, Any]]:
    """All files by role; annotators after the first are "gt_2", "gt_3" and so on."""
    found = dict(evaluated[0].matches.inputs)
    for place, one in enumerate(evaluated[1:], start=2):
        found[f"gt_{place}"] = one.matches.inputs["gt"]
    return found


def _as_here(note: Note) -> Note:
    """A note on files, without the argument that only `average_precision` has."""
    if note.code != "ignore-unused":
        return note
    message = note.message.partition(",")[0] + ", which is not used, as in the official code"
    return Note(note.code, message, note.count)


def _notes(
    evaluated: Sequence[Evaluation],
    flags: Sequence[Mapping[Key, bool] | None],
    judged: NDArray[np.bool_],
    scores: ConceptScores,
    *,
    in_parts: bool,
) -> tuple[Note, ...]:
    """What was said of the files, what is not judged, and what is missing."""
    needless = (*NEEDLESS, *(OF_BOXES if in_parts else ()))
    notes = [note for one in evaluated for note in one.matches.notes if note.code not in needless]
    for one in evaluated:
        crowds = int(one.gt.is_crowd.sum())
        if crowds:
            message = f"{one.gt.source}: {counted(crowds, 'crowd region')} left out"
            notes.append(Note("crowd-regions", message, crowds))
    left_out = int((~judged).sum())
    if left_out:
        message = (
            f"{counted(left_out, 'image')} of {len(judged):,} "
            f"{'is' if left_out == 1 else 'are'} not exhaustively annotated, and not judged"
        )
        notes.append(Note("not-exhaustive", message, left_out))
    for one, own in zip(evaluated, flags, strict=True):
        if own is None:
            message = (
                f"{one.gt.source}: no image has {EXHAUSTIVE}, so all are taken as exhaustively "
                "annotated"
            )
            notes.append(Note("exhaustive-unknown", message, len(judged)))
    for number, kind, other in (
        (scores.positives, "positive", "objects"),
        (scores.negatives, "negative", "no object"),
    ):
        if not number:
            message = (
                f"no image is {kind} (has {other}), so that IL_MCC and cgF1 are undefined; the "
                "official code says 0"
            )
            notes.append(Note(f"no-{kind}", message))
    return tuple(dict.fromkeys(notes))
