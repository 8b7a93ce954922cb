"""What each model is worth: numbers stated by hand, saved results, or an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.checks.known_ids import require_known_ids
from segeval.data import GroundTruth, Predictions
from segeval.data.keys import Key
from segeval.data.saved_results import read_result
from segeval.ensemble.pools.shapes import Iou
from segeval.ensemble.weighing.weights import checked_worth
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.result import APResult
from segeval.words import counted

BY_HAND = "stated by hand"
"""The split of numbers that nobody can check."""


@frozen(eq=False)
class Worth:
    """What M models are worth.

    Attributes:
        overall: AP of each model, or any other number that rises with its quality, shape (M,).
        split: what the numbers were computed on.
        categories: ids of C categories as written; none where only the whole is known.
        by_class: AP of each model for each of them, float64, shape (M, C); NaN if undefined.
        n_gt: number of their objects, int64, shape (C,).
    """

    overall: NDArray[np.float64]
    split: str
    categories: tuple[Key, ...] = ()
    by_class: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    n_gt: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def of_classes(
        self, categories: Sequence[Key]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """AP (M, K), and numbers of objects (K,), of other categories: NaN and 0 if unknown."""
        places = {key: place for place, key in enumerate(self.categories)}
        place = np.array([places.get(key, -1) for key in categories], np.int64)
        known = place >= 0
        ap = np.full((len(self.overall), len(categories)), np.nan)
        n_gt = np.zeros(len(categories), np.int64)
        ap[:, known] = self.by_class[:, place[known]]
        n_gt[known] = self.n_gt[place[known]]
        return ap, n_gt


def stated_worth(scores: ArrayLike, models: int, *, option: str = "scores") -> Worth:
    """Numbers that were stated by hand.

    Raises:
        InputError: unless there is a finite number for each model.
    """
    overall = checked_worth(scores, option=option)
    if len(overall) != models:
        raise InputError(
            f"`{option}` has {counted(len(overall), 'number')}, expected {models}: one for each "
            "model, in their order",
            code="model-scores",
            option=option,
        )
    return Worth(overall, BY_HAND)


def saved_worth(results: Sequence[str | Path | APResult], models: int, iou: Iou) -> Worth:
    """AP from results of earlier evaluations, one for each model.

    Args:
        results: results, or paths of what `segeval ap --json` printed.
        models: how many there must be.
        iou: kind of IoU to read; the only one of a file that has one.

    Raises:
        InputError: unless there is a result for each model, with an AP.
        FormatError: for a file of another kind.
    """
    if len(results) != models:
        raise InputError(
            f"`ap` has {counted(len(results), 'result')}, expected {models}: one for each model, "
            "in their order",
            code="model-scores",
            option="ap",
        )
    documents = [
        each.to_dict() if isinstance(each, APResult) else read_result(each, "segeval/ap/1")
        for each in results
    ]
    overall = [_ap_of(each, str(path), iou) for each, path in zip(documents, results, strict=True)]
    return Worth(checked_worth(overall, option="ap"), _common_truth(documents))


def evaluated_models(
    models: Sequence[Predictions], gt: GroundTruth, iou: Iou, workers: int | None
) -> list[Evaluation]:
    """Each model matched to ground truth.

    Raises:
        MismatchError: if predictions and ground truth do not belong together.
    """
    for each in models:
        require_known_ids(each, gt)
    arguments = Arguments(iou=iou)
    return [one for each in models for one in evaluations(each, gt, arguments, workers)]


def evaluated_worth(results: Sequence[APResult], gt: GroundTruth, iou: Iou) -> Worth:
    """AP of each model, over all categories and for each.

    Args:
        results: of the models, on the ground truth.
        gt: ground truth.
        iou: kind of IoU.
    """
    scores = [result.scores[iou] for result in results]
    categories = scores[0].categories
    return Worth(
        np.array([np.nan if one.overall.ap is None else one.overall.ap for one in scores]),
        gt.source,
        tuple(each.id for each in categories),
        np.array(
            [[np.nan if each.ap is None else each.ap for each in one.categories] for one in scores]
        ),
        np.array([each.gt for each in categories], np.int64),
    )


def _ap_of(document: dict[str, Any], name: str, iou: Iou) -> float:
    """The AP of one saved result."""
    results = document.get("results", {})
    kinds = [kind for kind in ("segm", "boundary", "bbox") if kind in results]
    kind = iou if iou in kinds else kinds[0] if len(kinds) == 1 else None
    found = None if kind is None else results[kind].get("ap")
    if found is None:
        raise InputError(
            f"{name}: has no {iou} AP, only {', '.join(kinds) or 'nothing'}",
            code="model-scores",
            option="ap",
            path=name,
        )
    return float(found)


def _common_truth(documents: Sequence[dict[str, Any]]) -> str:
    """The ground truth of saved results, if they name the same."""
    paths = {str(each.get("inputs", {}).get("gt", {}).get("path")) for each in documents}
    return paths.pop() if len(paths) == 1 else "ground truth of several names"
