"""Every mistake in predictions is found, counted and named."""

from __future__ import annotations

import numpy as np
import pytest
from pycocotools.coco import COCO

from segeval import check
from segeval.checks.predictions import beyond_max_dets
from segeval.checks.records import Records
from segeval.data import load_predictions
from tests.build import build_gt, build_preds, coco_rle
from tests.check_cases import (
    SQUARE,
    Mutate,
    clean_gt,
    clean_preds,
    only,
    report_on,
    setting,
    without,
)

ERRORS_IN_PREDICTIONS: dict[str, tuple[Mutate, str, int, int | None, str]] = {
    "unknown image": (
        setting("image_id", 77),
        "image ids",
        1,
        1,
        (
            "1 prediction is for 1 image that ground truth does not have, first image_id 77 "
            "(prediction #1)"
        ),
    ),
    "image id as text": (
        setting("image_id", "1", (0, 1, 2)),
        "image ids",
        3,
        0,
        (
            'prediction #0: image_id is text ("1"), but ground truth has numbers for its 2 images, '
            "such as 1, 2. 2 more like it."
        ),
    ),
    "category ids from 0": (
        lambda preds: [p.update(category_id=p["category_id"] - 1) for p in preds],
        "category ids",
        1,
        0,
        (
            "category ids are 0..1, ground truth has 1..2: 1 prediction has category_id 0, which "
            "is not among these, in prediction #0 (image_id 1)"
        ),
    ),
    "unknown category": (
        setting("category_id", 91),
        "category ids",
        1,
        1,
        (
            "1 prediction has category_id 91, which ground truth does not list (2 categories, "
            "1..2), in prediction #1 (image_id 2)"
        ),
    ),
    "missing score": (
        without("score", (0, 2)),
        "score",
        2,
        0,
        (
            "prediction #0 (image_id 1) has no score. Every prediction needs one; with equal "
            "scores AP depends on file order. 1 more like it."
        ),
    ),
    "score is NaN": (
        setting("score", float("nan"), (1, 2)),
        "score",
        2,
        1,
        "prediction #1 (image_id 2): score is NaN, expected a finite number. 1 more like it.",
    ),
    "score is text": (
        setting("score", "high"),
        "score",
        1,
        1,
        'prediction #1: score is "high", expected a number.',
    ),
    "size is [W, H]": (
        lambda preds: [p["segmentation"].update(size=[30, 20]) for p in preds[1:]],
        "size",
        2,
        1,
        (
            "2 masks differ in size from the image: 30 x 20, the image 20 x 30 (H x W "
            "swapped?), first prediction #1 (image_id 2)"
        ),
    ),
    "size is another": (
        lambda preds: preds[1]["segmentation"].update(size=[60, 10]),
        "size",
        1,
        1,
        (
            "1 mask differs in size from the image: 60 x 10, the image 20 x 30, first prediction "
            "#1 (image_id 2)"
        ),
    ),
    "counts is the text of bytes": (
        lambda preds: preds[1]["segmentation"].update(counts="b'abc'"),
        "counts",
        1,
        1,
        (
            "prediction #1 (image_id 2): counts is the text of Python bytes (b'abc'...). "
            'Write rle["counts"].decode("ascii").'
        ),
    ),
    "runs do not fill the image": (
        lambda preds: preds[1].update(segmentation={"size": [20, 30], "counts": [100, 50]}),
        "counts",
        1,
        1,
        "prediction #1 (image_id 2): the runs add up to 150 pixels, expected 20 x 30 = 600.",
    ),
    "counts with a negative run": (
        lambda preds: preds[1].update(segmentation={"size": [20, 30], "counts": [700, -100]}),
        "counts",
        1,
        1,
        "prediction #1 (image_id 2): counts holds a negative run length.",
    ),
    "a mask without size": (
        lambda preds: preds[1]["segmentation"].pop("size"),
        "size",
        1,
        1,
        'prediction #1: segmentation has no size, expected {"size": [H, W], "counts": ...}.',
    ),
    "polygon as a flat list": (
        setting("segmentation", [1, 1, 9, 1, 9, 9]),
        "polygons",
        1,
        1,
        (
            "prediction #1 (image_id 2): polygon is a flat list of numbers, expected a list of "
            "parts, each a list x1, y1, x2, y2, ...."
        ),
    ),
    "polygon of two points": (
        setting("segmentation", [[1, 1, 9, 9]]),
        "polygons",
        1,
        1,
        "prediction #1 (image_id 2): polygon has 4 numbers, a polygon needs at least 6 (3 points).",
    ),
    "polygon far away": (
        setting("segmentation", [[1, 1, 9e9, 9, 5, 5]]),
        "polygons",
        1,
        1,
        (
            "prediction #1 (image_id 2): polygon has the coordinate 9000000000.0, expected finite "
            "numbers within 1e+06."
        ),
    ),
    "some without masks": (
        lambda preds: (preds[1].pop("segmentation"), preds[1].update(bbox=[3, 2, 10, 10])),
        "segmentation",
        1,
        1,
        "1 prediction has no segmentation, the others have one, first prediction #1 (image_id 2)",
    ),
    "three numbers for a box": (
        setting("bbox", [1, 2, 3]),
        "boxes",
        1,
        1,
        "prediction #1: bbox is [1, 2, 3], expected four numbers x, y, width, height.",
    ),
    "not an object": (
        lambda preds: preds.insert(1, 5),
        "records",
        1,
        1,
        "prediction #1: record is 5, expected an object with image_id, category_id and score.",
    ),
}


@pytest.mark.parametrize("mistake", ERRORS_IN_PREDICTIONS)
def test_an_error_in_predictions_is_counted_and_named(mistake: str) -> None:
    change, kind, count, index, message = ERRORS_IN_PREDICTIONS[mistake]
    finding = only(report_on(change).errors)
    assert finding.message == message
    assert (finding.kind, finding.count, finding.index) == (kind, count, index)
    assert finding.path == "predictions"


WARNINGS_IN_PREDICTIONS: dict[str, tuple[Mutate, str, int, str]] = {
    "no predictions": (lambda preds: preds.clear(), "predictions", 1, "no predictions: AP is 0"),
    "only boxes": (
        lambda preds: [(p.pop("segmentation"), p.update(bbox=[3, 2, 10, 10])) for p in preds],
        "segmentation",
        3,
        "no prediction has a segmentation",
    ),
    "scores outside 0..1": (
        setting("score", 87.0),
        "score range",
        1,
        "1 prediction has a score outside 0..1 (87 .. 87)",
    ),
    "equal scores": (
        setting("score", 0.7),
        "ties",
        2,
        "67 % of predictions share their score with another of their category",
    ),
    "an empty mask": (
        lambda preds: preds[1].update(segmentation={"size": [20, 30], "counts": [600]}),
        "empty masks",
        1,
        "1 mask covers no pixel",
    ),
    "a box of negative width": (
        lambda preds: [
            each.update(bbox=box)
            for each, box in zip(preds, [[3, 2, 10, 10], [9, 9, -3, 3], [3, 2, 10, 8]], strict=True)
        ],
        "boxes",
        1,
        "1 prediction has a box whose width or height is not above 0 (first: [9, 9, -3, 3])",
    ),
    "more than max_dets": (
        lambda preds: preds.extend(
            {
                **preds[0],
                "score": 0.5 - place / 1000,
                "segmentation": coco_rle(np.roll(SQUARE, place)),
            }
            for place in range(1, 106)
        ),
        "max-dets",
        6,
        "6 predictions are beyond the best 100 per image and category, in 1 image",
    ),
}


@pytest.mark.parametrize("mistake", WARNINGS_IN_PREDICTIONS)
def test_what_is_worth_knowing_about_predictions_is_a_warning(mistake: str) -> None:
    change, kind, count, words = WARNINGS_IN_PREDICTIONS[mistake]
    report = report_on(change)
    assert report.errors == ()
    finding = only(report.warnings)
    assert words in finding.message
    assert (finding.kind, finding.count) == (kind, count)


def test_a_box_of_another_size_bucket_is_a_warning() -> None:
    tall = np.zeros((200, 60), np.uint8)
    tall[:130, :8] = 1
    gt = build_gt([(200, 60)], [{"mask": tall}])
    tall[:30] = 0
    report = check(build_preds([{"mask": tall, "bbox": [0, 0, 8, 130]}]), gt)
    finding = only(report.warnings)
    assert (finding.kind, finding.count) == ("area", 1)
    assert finding.message.endswith("the mask's area puts 1 prediction elsewhere")


@pytest.mark.parametrize(("boxed", "first"), [(0, "stops"), (1, "goes by the masks")])
def test_boxes_in_some_records_are_a_warning_of_what_pycocotools_does(
    boxed: int, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    preds = clean_preds()
    for record in preds:
        record.pop("bbox", None)
    preds[boxed]["bbox"] = [3, 2, 10, 10]
    finding = only(check(preds, clean_gt()).warnings)
    assert (finding.code, finding.count) == ("some-boxes", 2)
    assert finding.message.startswith("1 prediction has a bbox, 2 have none, first prediction #")
    assert first in finding.message
    reference = COCO()
    reference.dataset = clean_gt()
    reference.createIndex()
    if boxed:
        reference.loadRes(preds)
    else:
        with pytest.raises(KeyError, match="bbox"):
            reference.loadRes(preds)
    capsys.readouterr()


def test_ids_that_are_all_text_are_not_called_an_empty_file() -> None:
    report = report_on(setting("image_id", "1", (0, 1, 2)))
    assert report.warnings == ()
    assert report.predictions is not None
    assert report.predictions.count == 3


def test_hints_say_what_to_do() -> None:
    shifted = report_on(lambda preds: [p.update(category_id=p["category_id"] - 1) for p in preds])
    assert only(shifted.errors).hint == (
        "Off by one? Ids must be equal, not positions; add 1 when you export."
    )
    other_split = report_on(setting("image_id", 5000))
    assert only(other_split.errors).hint == "Drop them: `skip_unknown=True`"
    none_known = report_on(setting("image_id", 5000, (0, 1, 2)))
    assert only(none_known.errors).hint == (
        "No image of the predictions is known (image ids 5000, ground truth 1..2): are they for "
        "another split?"
    )


def test_invented_image_ids_are_recognised_by_their_number() -> None:
    preds, gt = clean_preds(), clean_gt()
    for image, annotation in zip(gt["images"], gt["annotations"], strict=True):
        image["id"] = annotation["image_id"] = image["id"] * 139
    assert only(check(preds, gt).errors).hint == (
        "These are 1..2, as many as there are ids (2): positions in the list. Write the ids "
        "themselves."
    )


def test_nothing_is_called_fine_where_no_record_could_be_read() -> None:
    preds = clean_preds()
    for record in preds:
        del record["score"]
    assert check(preds).fine == ()
    assert "score range" not in check(preds, clean_gt()).fine
    assert "image size" in check(preds, clean_gt()).fine


def test_one_prediction_more_than_max_dets_is_found() -> None:
    scores = {1: [0.3, 0.9, 0.6], 2: [0.2, 0.1], 3: [0.4]}  # by image; two of each may stay
    records = [{"image_id": k, "score": score} for k, each in scores.items() for score in each]
    preds = load_predictions(build_preds([{"mask": SQUARE, **record} for record in records]))
    (finding,) = beyond_max_dets(Records(preds), 2, "image")
    assert (finding.index, finding.count) == (0, 1)
    assert list(beyond_max_dets(Records(preds), 3, "image")) == []
