"""Scores that also count how good the mask is: class score times predicted mask quality."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import load_predictions
from segeval.data.coco.extra_field import field_of_predictions
from segeval.errors import InputError
from segeval.metrics.choices import check_share
from segeval.metrics.coco.inputs import GroundTruthSource, loaded_ground_truth
from segeval.rescore.gains import coco_evaluation, gain_on
from segeval.rescore.rescoring import rescored
from segeval.rescore.result import Rescored
from segeval.words import counted

PLAIN = "box_score"
"""The field with the score of the class alone, where `score` is a product with the quality."""

FIELD = "mask_score"
"""The field with the predicted IoU of a mask."""


def rescore_mask_score(
    preds: str | Path | Sequence[Mapping[str, Any]],
    *,
    field: str = FIELD,
    share: float | None = None,
    gt: GroundTruthSource | None = None,
    seed: int = 0,
    workers: int | None = None,
) -> Rescored:
    """Multiply scores by the predicted quality of masks, which models with a scoring head write.

    Scores are those in the field `box_score` of records that have it.

    Args:
        preds: predictions whose records have the quality: a path, or a list of records.
        field: where it is, from 0 to 1; values beyond are cut off.
        share: g of the geometric mean score^(1 - g) · quality^g, from 0 to 1; None for the product.
        gt: ground truth to measure the gain on; None for none.
        seed: of the draws of images for the interval of the gain.
        workers: threads, None for all cores.

    Raises:
        InputError: for a share out of its range, or if a record lacks the field.
        FormatError: for a file that cannot be used; the message names the record.
        MismatchError: if predictions and ground truth do not belong together.

    Source:
        Huang et al. 2019, Mask Scoring R-CNN (arXiv 1903.00241).

    Example:
        >>> box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        >>> preds = [
        ...     {**box, "score": 0.9, "mask_score": 0.6},
        ...     {**box, "score": 0.8, "mask_score": 0.8},
        ... ]
        >>> rescore_mask_score(preds).predictions.score.round(2)
        array([0.54, 0.64])
    """
    started = time.perf_counter()
    if share is not None:
        check_share("share", share)
    loaded = load_predictions(preds)
    quality = _quality(preds, field, loaded.source)
    plain = field_of_predictions(preds, PLAIN)
    plain = np.where(np.isnan(plain), loaded.score, plain)
    scores = plain * quality
    if share is not None:
        scores = plain ** (1 - share) * quality**share
    judge = None if gt is None else loaded_ground_truth(gt)
    gain = None
    if judge is not None:
        gain = gain_on(coco_evaluation(loaded, judge, seed=seed, workers=workers), scores, judge)
    return rescored(
        "mask score",
        loaded,
        scores,
        files={"gt": judge},
        settings={"field": field, "share": share},
        started=started,
        gain=gain,
    )


def _quality(
    preds: str | Path | Sequence[Mapping[str, Any]], field: str, source: str
) -> NDArray[np.float64]:
    """The quality of every mask, from 0 to 1."""
    quality = field_of_predictions(preds, field)
    missing = np.isnan(quality)
    if missing.any():
        raise InputError(
            f"{source}: {_without(missing)} no number in the field {field}, the first is "
            f"prediction #{int(np.argmax(missing))}. Expected one in each: name the field that "
            "holds the quality of the mask, `field`",
            code="field",
            path=source,
            option="field",
            index=int(np.argmax(missing)),
            field=field,
        )
    return np.asarray(np.clip(quality, 0, 1))


def _without(missing: NDArray[np.bool_]) -> str:
    """How many predictions lack something, with a verb."""
    lacking, every = int(missing.sum()), counted(len(missing), "prediction")
    if lacking == len(missing):
        return f"the only {every} has".replace("1 ", "") if lacking == 1 else f"all {every} have"
    return f"{lacking:,} of {every} {'has' if lacking == 1 else 'have'}"
