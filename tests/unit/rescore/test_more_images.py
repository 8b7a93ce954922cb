"""Predictions for more images than ground truth has, and scores above 1, in all ways to rescore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from segeval.data import Predictions
from segeval.errors import FormatError, MismatchError
from segeval.rescore import (
    rescore_calibrate,
    rescore_context,
    rescore_cooccurrence,
    rescore_surround,
)
from segeval.rescore.result import Rescored
from tests.unit.rescore.scenes import street

Rescore = Callable[..., Rescored]

WAYS: list[Rescore] = [rescore_context, rescore_cooccurrence, rescore_surround]
UNSEEN = 30


def scene() -> tuple[Any, Predictions, Predictions]:
    """Ground truth of 40 images, predictions for them, and with those for 30 more."""
    truth, preds = street(40, seed=0, inside=True)
    _, others = street(UNSEEN, seed=1, inside=True)
    others = replace(others, image_id=others.image_id + 1000)
    return (
        replace(truth, source="val.json"), preds, Predictions.concatenate([preds, others]),
    )  # fmt: skip


@pytest.mark.parametrize("rescore", [*WAYS, rescore_calibrate])
def test_images_without_truth_are_counted_and_change_nothing_of_the_others(
    rescore: Rescore,
) -> None:
    truth, preds, more = scene()
    alone, found = rescore(preds, truth), rescore(more, truth)
    notes = {each.code: each.message for each in found.notes}
    assert notes.pop("no-ground-truth") == (
        "30 images are not in val.json: they are rescored with what its 40 images decide, and do "
        "not count in the gain"
    )
    assert notes == {each.code: each.message for each in alone.notes}
    assert (found.predictions.score[: len(preds)] == alone.predictions.score).all()
    assert found.scores.gain == alone.scores.gain
    assert found.scores.calibration_gain == alone.scores.calibration_gain


@pytest.mark.parametrize("rescore", WAYS)
def test_images_in_neither_file_are_counted(rescore: Rescore) -> None:
    truth, _, more = scene()
    judge, own = street(20, seed=2, inside=True)
    judge = replace(
        judge, source="kept.json", image_id=judge.image_id + 500,
        images=replace(judge.images, id=judge.images.id + 500),
    )  # fmt: skip
    own = replace(own, image_id=own.image_id + 500)
    found = rescore(Predictions.concatenate([more, own]), truth, gt=judge)
    notes = {each.code: each.message for each in found.notes}
    assert notes["no-ground-truth"] == (
        "30 images are in neither val.json nor kept.json: they are rescored with what the 40 "
        "images of val.json decide, and do not count in the gain"
    )


@pytest.mark.parametrize("rescore", WAYS)
def test_a_judge_without_any_of_the_images_is_refused(rescore: Rescore) -> None:
    truth, _, more = scene()
    judge, _ = street(20, seed=2, inside=True)
    judge = replace(
        judge, image_id=judge.image_id + 500, images=replace(judge.images, id=judge.images.id + 500)
    )
    with pytest.raises(MismatchError, match=r"No image of the predictions is known") as caught:
        rescore(more, truth, gt=judge)
    assert caught.value.code == "unknown-image"


def test_calibration_by_images_that_the_predictions_lack_is_refused() -> None:
    truth, preds, _ = scene()
    with pytest.raises(MismatchError, match=r"No image of the predictions is known"):
        rescore_calibrate(replace(preds, image_id=preds.image_id + 1000), truth)


@pytest.mark.parametrize("rescore", WAYS)
def test_scores_above_1_are_divided_by_the_highest_and_multiplied_again(rescore: Rescore) -> None:
    truth, preds, _ = scene()
    preds = preds.with_scores(preds.score / preds.score.max())
    more = {"min_lift": 0} if rescore is rescore_cooccurrence else {}
    found = rescore(preds, truth, **more)
    doubled = rescore(preds.with_scores(2 * preds.score), truth, **more)
    assert (found.predictions.score != preds.score).any()
    assert np.array_equal(doubled.predictions.score, 2 * found.predictions.score)
    assert doubled.scores.gain == found.scores.gain
    assert doubled.notes[0].message == (
        "scores reach 2: they are divided by that to be rescored from 0 to 1, and multiplied by "
        "it again"
    )


def test_a_polygon_without_a_box_gets_a_hint_that_helps() -> None:
    truth, preds, _ = scene()
    row = {"image_id": 1, "category_id": 1, "segmentation": [[0, 0, 9, 0, 9, 9]], "score": 0.5}
    with pytest.raises(FormatError, match=r"Write it as run lengths, or add its bbox\.") as caught:
        rescore_context([row], truth, fit_preds=preds)
    assert "iou" not in str(caught.value)
