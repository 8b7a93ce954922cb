"""Scores that equal precision or IoU, in the order of the old ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import average_precision, load_predictions
from segeval.data import Predictions, load_ground_truth
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.rescore.calibrating import rescore_calibrate

SCENE = furniture(images=70)
GT = load_ground_truth(SCENE.ground_truth)
PREDS = load_predictions(SCENE.weaker)


def too_sure() -> Predictions:
    """The same predictions with scores that are all too high."""
    return PREDS.with_scores(PREDS.score**0.2)


@pytest.mark.parametrize("method", ["isotonic", "temperature", "linear"])
@pytest.mark.parametrize("target", ["precision", "iou"])
def test_the_error_falls_and_ap_stays(method: Any, target: Any) -> None:
    found = rescore_calibrate(too_sure(), GT, method=method, target=target)
    fitted = found.scores.calibration
    assert fitted is not None
    assert fitted.after < 0.75 * fitted.before  # type: ignore[operator]
    before, after = (average_precision(each, GT).ap for each in (PREDS, found.predictions))
    assert after == pytest.approx(before, abs=1e-12)


def test_the_order_of_scores_stays() -> None:
    scores = rescore_calibrate(PREDS, GT).predictions.score
    order = np.argsort(PREDS.score, kind="stable")
    assert (np.diff(scores[order]) >= 0).all()
    assert len(np.unique(scores)) == len(np.unique(PREDS.score))


def test_few_predictions_get_a_temperature() -> None:
    few = PREDS.take(np.arange(60))
    found = rescore_calibrate(few, GT)
    assert found.settings["method"] == "temperature"
    assert found.notes[0].message == (
        "too few predictions for `method='isotonic'`, which needs 200: the function is temperature"
    )


def test_why_no_error_after_is_known_is_told() -> None:
    some = PREDS.take(np.arange(250))  # 200 in all, not in each half
    found = rescore_calibrate(some, GT)
    assert found.scores.calibration is not None
    assert found.scores.calibration.after is None
    assert [note.message for note in found.notes] == [
        (
            "the error after is unknown: it is that on each half of the images with the function "
            "of the other, and a half has too few predictions for `method='isotonic'`"
        )
    ]
    scene = furniture(images=6)
    [note] = rescore_calibrate(scene.weaker, scene.ground_truth, method="linear").notes
    assert note.message == ("6 images are too few to measure the gain: expected at least 10")


def test_it_says_so_where_it_does_not_help() -> None:
    good = rescore_calibrate(PREDS, GT, method="temperature").predictions
    again = rescore_calibrate(good, GT, method="temperature")
    gain = again.scores.calibration_gain
    assert gain is not None
    assert gain.on == "halves of ground truth"
    assert gain.verdict == "undecided"
    [note] = again.notes
    assert note.message.startswith("it is not shown that this helps: the error falls by ")


@pytest.mark.parametrize("target", ["precision", "iou"])
def test_the_fall_has_an_interval_on_images_that_decided_nothing(target: Any) -> None:
    other = furniture(images=60, seed=5)
    mine = {image["id"] for image in SCENE.ground_truth["images"]}
    shift = max(mine) + 1000
    gt = {
        **other.ground_truth,
        "images": [
            {**each, "id": each["id"] + shift, "file_name": f"other{each['id']}.jpg"}
            for each in other.ground_truth["images"]
        ],
        "annotations": [
            {**each, "image_id": each["image_id"] + shift}
            for each in other.ground_truth["annotations"]
        ],
    }
    more = load_predictions(
        [{**each, "image_id": each["image_id"] + shift} for each in other.weaker]
    )
    both = Predictions.concatenate([PREDS, more])
    preds = both.with_scores(both.score**0.2)
    found = rescore_calibrate(preds, GT, target=target, gt=gt)
    gain = found.scores.calibration_gain
    assert gain is not None
    assert gain.interval is not None
    assert gain.fall is not None
    assert gain.interval[0] <= gain.fall <= gain.interval[1]
    assert gain.verdict == "better"
    assert found.notes == ()
    alone = rescore_calibrate(found.predictions, gt, target=target).scores.calibration
    assert alone is not None
    assert alone.before == pytest.approx(gain.after, abs=1e-6)
    with pytest.raises(InputError, match="70 images of 70 are in"):
        rescore_calibrate(PREDS, GT, gt=GT)


@pytest.mark.parametrize(
    ("preds", "settings", "expected"),
    [
        (PREDS.with_scores(PREDS.score * 2), {}, "expected numbers from 0 to 1"),
        (PREDS, {"method": "platt"}, "`method` is 'platt', expected one of isotonic"),
        (PREDS, {"target": "ap"}, "`target` is 'ap', expected one of precision, iou"),
        (PREDS.take(np.arange(0)), {}, "nothing can be fitted"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    preds: Predictions, settings: dict[str, Any], expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        rescore_calibrate(preds, GT, **settings)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "holds no predictions, so nothing can be fitted"),
        ([{**SCENE.weaker[0], "image_id": "1"}], 'image_id is text ("1"), but'),
        ([{**SCENE.weaker[0], "image_id": 999}], "999"),
    ],
)
def test_why_nothing_can_be_fitted_is_said(rows: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(InputError) as caught:
        rescore_calibrate(rows, GT)
    assert said in str(caught.value)
