"""What a batch may not hold: the message names image and field, and the state stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import Metric
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from segeval.masks.values import encode_values

MASKS = np.zeros((2, 4, 6), bool)
MASKS[:, 1:3, 1:3] = True

PREDS = {"scores": [0.9, 0.8], "labels": [1, 1], "masks": MASKS}
TARGETS = {"labels": [1], "masks": MASKS[:1]}

FORMATS = "scores, labels, classes, boxes, masks, size, file_name, image_id."

OF_PREDS: list[tuple[dict[str, Any], type[InputError], str]] = [
    (
        {"masks": MASKS[:, :3]},
        MismatchError,
        (
            "image 7: predictions: 2 masks differ in size from the image: 3 x 6, the image 4 x 6, "
            "first prediction #0 (image_id 7). Sizes are [height, width]."
        ),
    ),
    (
        {"masks": MASKS[0]},
        ShapeError,
        "image 7: `masks` of `preds` has shape (4, 6), expected (N, H, W) or (N, 1, H, W).",
    ),
    (
        {"masks": MASKS[:1]},
        ShapeError,
        "image 7: `masks` of `preds` has 1 entry for 2 scores.",
    ),
    (
        {"masks": MASKS * np.uint8(255)},
        FormatError,
        (
            "image 7: `masks` of `preds`: mask #0 holds 255, expected only 0 and 1. Say what is "
            "foreground, as in `masks == 255`."
        ),
    ),
    (
        {"masks": MASKS * np.float32(1)},
        FormatError,
        (
            "image 7: `masks` of `preds` holds float32: say what the values are, "
            '`mask_values="logits"` (cut at 0) or `mask_values="probabilities"` (cut at 0.5), or '
            "give bool masks."
        ),
    ),
    (
        {"masks": [{"size": [4, 6], "counts": [1, 2, 3]}, {"size": [4, 6], "counts": [24]}]},
        FormatError,
        (
            "image 7: predictions: prediction #0 (image_id 7): the runs add up to 6 pixels, "
            "expected 4 x 6 = 24."
        ),
    ),
    (
        {"masks": [[[0, 0, 3, 0]], [[0, 0, 3, 0, 3, 3]]]},
        FormatError,
        (
            "image 7: predictions: prediction #0 (image_id 7): polygon has 4 numbers, a polygon "
            "needs at least 6 (3 points)."
        ),
    ),
    (
        {"masks": None},
        FormatError,
        "image 7: `preds` has no masks, only scores, labels, masks.",
    ),
    (
        {"labels": [1, 5]},
        MismatchError,
        (
            "image 7: predictions: 1 prediction has category_id 5, which ground truth does not "
            "list (1 category, 1), in prediction #1 (image_id 7). Correct them, or drop them: "
            "`skip_unknown=True`"
        ),
    ),
    (
        {"labels": [1, 0.5]},
        FormatError,
        "image 7: `preds`: prediction #1: labels is 0.5, expected a whole number.",
    ),
    (
        {"scores": [0.9, np.nan]},
        FormatError,
        "image 7: predictions: prediction #1 (image_id 7): score is NaN, expected a finite number.",
    ),
    (
        {"scores": [[0.9, 0.8]]},
        ShapeError,
        "image 7: `scores` of `preds` has shape (1, 2), expected (N,).",
    ),
    (
        {"scores": None},
        FormatError,
        "image 7: `preds` has no scores, only scores, labels, masks.",
    ),
    (
        {"bbox": [[0, 0, 1, 1]]},
        FormatError,
        f"image 7: `preds` has the unknown key 'bbox', expected {FORMATS}",
    ),
    (
        {"boxes": [[0, 0, 1], [0, 0, 1]]},
        ShapeError,
        (
            "image 7: `boxes` of `preds` has shape (2, 3) and holds int64, expected numbers of "
            "shape (N, 4)."
        ),
    ),
    (
        {"boxes": [[0, 0, 1, 1], [4, 1, 2, 2]]},
        FormatError,
        (
            "image 7: `boxes[1]` of `preds` is [4.0, 1.0, 2.0, 2.0], which ends before it begins: "
            'expected x0, y0, x1, y1 (`box_format="xywh"` takes x, y, width, height).'
        ),
    ),
    (
        {"boxes": [[0, 0, 1, np.inf], [0, 0, 1, 1]]},
        FormatError,
        "image 7: `boxes[0]` of `preds` is [0.0, 0.0, 1.0, inf], expected four finite numbers.",
    ),
    (
        {"size": (4, 5.5)},
        FormatError,
        "image 7: `size` of `preds` is [4, 5.5], expected (height, width) in pixels.",
    ),
    (
        {"image_id": 8},
        MismatchError,
        "image 7: `image_id` of `preds` is 8, another image.",
    ),
]

OF_TARGETS: list[tuple[dict[str, Any], type[InputError], str]] = [
    (
        {"labels": [3]},
        FormatError,
        (
            "ground truth: 1 annotation has category_id 3, which the file does not list (1 "
            'category, 1), in annotation "#0" (image_id 7). Correct them, or drop them: '
            "`skip_unknown=True`"
        ),
    ),
    (
        {"masks": MASKS[:1] * 1.0},
        FormatError,
        "image 7: `masks` of `targets` holds float64: expected bool, or 0 and 1.",
    ),
    (
        {"masks": [{"size": [4, 6], "counts": "zz"}]},
        FormatError,
        (
            "image 7: `masks[0]` of `targets`: counts holds a character that compressed counts "
            "never have: 'zz'."
        ),
    ),
    (
        {"size": (5, 6)},
        FormatError,
        (
            "ground truth: 1 mask differs in size from the image: 4 x 6, the image 5 x 6, first "
            'annotation "#0" (image_id 7). Sizes are [height, width].'
        ),
    ),
    (
        {"iscrowd": [2]},
        FormatError,
        "image 7: `iscrowd` of `targets` is [2], expected 0 or 1 for each label.",
    ),
    (
        {"area": [-2]},
        FormatError,
        "image 7: `area[0]` of `targets` is -2, expected a finite number from 0.",
    ),
    (
        {"area": [4, 4]},
        ShapeError,
        "image 7: `area` of `targets` has 2 entries for 1 label.",
    ),
    (
        {"labels": None},
        FormatError,
        "image 7: `targets` has no labels, only labels, masks.",
    ),
]


def started(**settings: Any) -> Metric:
    """A metric in the middle of an epoch."""
    metric = Metric({1: "cat"}, **settings)
    metric.update([1, 2], [PREDS, PREDS], [TARGETS, TARGETS])
    return metric


@pytest.mark.parametrize(("changes", "error", "message"), OF_PREDS)
def test_predictions_that_are_none_are_refused_and_change_nothing(
    changes: dict[str, Any], error: type[InputError], message: str
) -> None:
    metric = started()
    before = metric.compute()
    with pytest.raises(error) as caught:
        metric.update([6, 7], [PREDS, {**PREDS, **changes}], [TARGETS, TARGETS])
    assert caught.value.message == message
    assert len(metric) == 2
    assert metric.compute().to_dict()["results"] == before.to_dict()["results"]


@pytest.mark.parametrize(("changes", "error", "message"), OF_TARGETS)
def test_targets_that_are_none_are_refused_and_change_nothing(
    changes: dict[str, Any], error: type[InputError], message: str
) -> None:
    metric = started()
    with pytest.raises(error) as caught:
        metric.update([6, 7], [PREDS, PREDS], [TARGETS, {**TARGETS, **changes}])
    assert caught.value.message == message
    assert len(metric) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ([7, 7], [PREDS] * 2, [TARGETS] * 2),
            "`image_ids` holds 7 twice, expected every image of a batch once.",
        ),
        (([7, 8], [PREDS], [TARGETS] * 2), "`preds` has 1 dictionary for 2 image ids."),
        (
            ([7], PREDS, [TARGETS]),
            "`preds` is of the type dict, expected a list with a dictionary for each image.",
        ),
        (
            ([7.5], [PREDS], [TARGETS]),
            "image_ids: image #0: image_id is 7.5, expected a whole number.",
        ),
        (
            (7, [PREDS], [TARGETS]),
            "`image_ids` is 7, expected a list with the id of each image.",
        ),
        (([7], [3], [TARGETS]), "image 7: `preds` is 3, expected a dictionary."),
    ],
)
def test_a_batch_that_is_none_is_refused(arguments: Any, message: str) -> None:
    metric = started()
    with pytest.raises(InputError) as caught:
        metric.update(*arguments)
    assert caught.value.message == message
    assert len(metric) == 2


def test_boxes_given_as_corners_in_place_of_width_and_height_are_refused() -> None:
    masks = np.zeros((3, 100, 100), bool)
    boxes = [[40, 50, 70, 90], [60, 60, 80, 80], [10, 70, 95, 99]]
    preds = {"scores": [1, 1, 1], "labels": [1, 1, 1], "boxes": boxes, "masks": masks}
    metric = Metric([1], iou="bbox", box_format="xywh")
    with pytest.raises(FormatError) as caught:
        metric.update([7], [preds], [{"labels": [1], "boxes": [[40, 50, 30, 40]]}])
    assert caught.value.message == (
        "image 7: `boxes[0]` of `preds` is [40.0, 50.0, 70.0, 90.0], which leaves the image of "
        '100 x 100 as x, y, width, height. All boxes fit as x0, y0, x1, y1: `box_format="xyxy"`.'
    )


def test_boxes_of_some_images_alone_are_refused_where_boxes_are_compared() -> None:
    metric = Metric([1], iou="bbox")
    targets = {**TARGETS, "boxes": [[1, 1, 3, 3]]}
    metric.update([1], [{**PREDS, "boxes": [[1, 1, 3, 3], [1, 1, 3, 3]]}], [targets])
    with pytest.raises(FormatError) as caught:
        metric.update([2], [PREDS], [targets])
    assert caught.value.message == (
        "image 2: `preds` have no boxes, those of other images some: boxes are compared, so give "
        "them for all images or for none."
    )


def test_probabilities_that_are_none_are_refused() -> None:
    metric = Metric([1], mask_values="probabilities")
    with pytest.raises(FormatError) as caught:
        metric.update([7], [{**PREDS, "masks": MASKS * 2.5}], [TARGETS])
    assert caught.value.message == (
        "image 7: `masks` of `preds`: mask #0 holds 2.5, expected probabilities from 0 to 1. For "
        'logits, set `mask_values="logits"`.'
    )


@pytest.mark.parametrize(("low", "high"), [(0.01, 0.99), (0.0, 1.0)])
def test_probabilities_in_place_of_logits_are_refused(low: float, high: float) -> None:
    metric = Metric([1], mask_values="logits")
    with pytest.raises(FormatError) as caught:
        metric.update([7], [{**PREDS, "masks": np.where(MASKS, high, low)}], [TARGETS])
    assert caught.value.message == (
        f"image 7: `masks` of `preds`: all values are from {low:g} to {high:g}, so every mask that "
        'is cut at 0 covers its whole image. Are they probabilities? `mask_values="probabilities"` '
        "cuts them at 0.5."
    )


@pytest.mark.parametrize(("low", "high"), [(-0.01, 0.99), (0.2, 0.4), (0.01, 7)])
def test_logits_that_may_be_logits_are_taken(low: float, high: float) -> None:
    metric = Metric([1], mask_values="logits")
    metric.update([7], [{**PREDS, "masks": np.where(MASKS, high, low)}], [TARGETS])
    assert len(metric) == 1


def test_logits_that_are_no_number_are_refused() -> None:
    metric = Metric([1], mask_values="logits")
    with pytest.raises(FormatError) as caught:
        metric.update([7], [{**PREDS, "masks": np.where(MASKS, np.nan, 1)}], [TARGETS])
    assert caught.value.message == (
        "image 7: `masks` of `preds`: mask #0 holds NaN, expected a number for every pixel."
    )


@pytest.mark.parametrize(
    ("name", "low", "high"), [("logits", -0.1, 0), ("probabilities", 0.4, 0.5)]
)
def test_floats_are_cut_where_they_say(name: Any, low: float, high: float) -> None:
    metric = Metric([1], mask_values=name)
    metric.update([7], [{**PREDS, "masks": np.where(MASKS, high, low)}], [TARGETS])
    assert metric.compute().ap50 == pytest.approx(1)


def test_smaller_floats_are_resized_to_their_image() -> None:
    values = np.random.default_rng(0).normal(size=(2, 5, 7)).astype(np.float32)
    found = set()
    for masks in (values, encode_values(values, "logits", size=(40, 60))):
        metric = Metric([1], mask_values="logits")
        preds = {"scores": [0.9, 0.8], "labels": [1, 1], "masks": masks}
        metric.update([7], [preds], [{"labels": [1], "masks": np.ones((1, 40, 60), bool)}])
        found.add(metric.to_bytes())
    assert len(found) == 1


def test_unknown_categories_are_dropped_and_counted_if_asked() -> None:
    metric = Metric(["cat", "dog"], skip_unknown=True)
    metric.update([7], [{**PREDS, "labels": ["cat", "cow"]}], [{**TARGETS, "labels": ["cat"]}])
    metric.update([8], [{**PREDS, "labels": ["cat", "emu"]}], [{**TARGETS, "labels": ["cat"]}])
    result = metric.compute()
    assert len(result.matches) == 2
    assert [note.message for note in result.notes if note.code == "unknown-category"] == [
        "2 predictions of predictions for unknown categories dropped"
    ]


def test_lvis_needs_frequencies_and_lists() -> None:
    with pytest.raises(InputError) as caught:
        Metric([1], protocol="lvis")
    assert caught.value.message == (
        "`categories` have no frequencies, which lvis needs: give every category as "
        '{"id": 3, "name": "cat", "frequency": "f"} with "r", "c" or "f".'
    )
    metric = Metric([{"id": 1, "name": "cat", "frequency": "r"}], protocol="lvis")
    with pytest.raises(FormatError) as caught_later:
        metric.update([7], [PREDS], [TARGETS])
    assert caught_later.value.message == (
        "image 7: `targets` has no neg_category_ids, which lvis needs for every image."
    )


@pytest.mark.parametrize(
    ("categories", "message"),
    [
        (
            [],
            (
                "`categories` is [], expected the ids of all categories, a mapping of ids to "
                'names, dicts with "id" and "name", or `load_ground_truth(path).categories`.'
            ),
        ),
        ([1, 2, 1], "`categories` hold id 1 twice, expected every category once."),
        ([{"name": "cat"}], "category #0 has no id, only name."),
        ([1.5], "category #0: id is 1.5, expected a whole number."),
    ],
)
def test_categories_that_are_none_are_refused(categories: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Metric(categories)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"box_format": "cxcywh"}, "`box_format` is 'cxcywh', expected one of xyxy, xywh."),
        ({"mask_values": "x"}, "`mask_values` is 'x', expected one of logits, probabilities."),
        ({"repeats": "all"}, "`repeats` is 'all', expected one of one, refuse."),
        ({"iou": "giou"}, "`iou` is 'giou', expected segm or boundary or bbox."),
    ],
)
def test_settings_that_are_none_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Metric([1], **settings)
    assert caught.value.message == message
