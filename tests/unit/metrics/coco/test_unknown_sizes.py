"""Images whose size is missing or not above 0: an error wherever masks need one."""

from __future__ import annotations

from typing import Any

import pytest

from segeval import average_precision, check, load_ground_truth, load_predictions
from segeval.analysis.size_counts import object_areas
from segeval.errors import FormatError
from tests.unit.metrics.strips import Records, exact

SQUARE = [[10, 10, 50, 10, 50, 50, 10, 50]]
RUNS = {"size": [90, 100], "counts": [910, 40, 50, 40, 7960]}

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no height": ({"width": 100}, "has no height"),
    "no width": ({"height": 90}, "has no width"),
    "neither": ({}, "has no height and no width"),
    "null height": ({"height": None, "width": 100}, "has no height"),
    "null": ({"height": None, "width": None}, "has no height and no width"),
    "zero": ({"height": 0, "width": 0}, "has size 0 x 0"),
    "zero width": ({"height": 90, "width": 0}, "has size 90 x 0"),
    "negative height": ({"height": -90, "width": 100}, "has size -90 x 100"),
    "negative": ({"height": -2, "width": -(2**31)}, "has size -2 x -2147483648"),
}
"""Fields of an image, and what is wrong with them."""


def files(
    size: dict[str, Any], pred: Any = None, gt: Any = None, **fields: Any
) -> tuple[Records, Any]:
    """A prediction and an annotation in image 1, which has a size given in fields."""
    box = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 40, 40]}
    preds = [{**box, "score": 0.9, **({"segmentation": pred} if pred else {})}]
    annotation = {**box, "id": 5, "area": 1600, "iscrowd": 0, "segmentation": gt or SQUARE}
    return preds, {
        "images": [{"id": 1, **size}],
        "categories": [{"id": 1, "name": "chair"}],
        "annotations": [{**annotation, **fields}],
    }


def refusal(*given: Any, **settings: Any) -> FormatError:
    with pytest.raises(FormatError) as caught:
        average_precision(*given, **settings)
    return caught.value


@pytest.mark.parametrize("iou", ["segm", "boundary"])
@pytest.mark.parametrize("kind", WRONG)
def test_polygons_of_the_ground_truth_need_a_size(kind: str, iou: str) -> None:
    size, words = WRONG[kind]
    error = refusal(*files(size, RUNS), iou=iou)
    assert error.message == (
        f"ground truth: image 1 {words}: write width and height. 1 annotation has a mask in it."
    )
    assert (error.code, error.path, error.index) == ("no-size", "ground truth", 0)


@pytest.mark.parametrize("kind", WRONG)
def test_polygons_of_predictions_need_a_size(kind: str) -> None:
    size, words = WRONG[kind]
    assert refusal(*files(size, SQUARE)).message == (
        f"ground truth: image 1 {words}: write width and height. 1 prediction has a polygon in it."
    )


@pytest.mark.parametrize("kind", WRONG)
def test_runs_of_the_ground_truth_are_compared_with_a_size(kind: str) -> None:
    size, words = WRONG[kind]
    assert f"image 1 {words}: " in refusal(*files(size, RUNS, RUNS)).message


@pytest.mark.parametrize("crowd", [0, 1])
@pytest.mark.parametrize("kind", WRONG)
def test_boxes_need_no_size(kind: str, crowd: int) -> None:
    for pred in (None, SQUARE, RUNS):
        preds, gt = files(WRONG[kind][0], pred, iscrowd=crowd)
        found = average_precision(preds, gt, iou="bbox")
        assert found.ap is None if crowd else found.ap == exact(1)


def test_a_box_that_is_made_of_a_polygon_needs_a_size() -> None:
    preds, gt = files({"width": 100}, SQUARE)
    del preds[0]["bbox"]
    assert "image 1 has no height" in refusal(preds, gt, iou="bbox").message


def test_an_area_that_is_made_of_a_polygon_needs_a_size() -> None:
    preds, gt = files({"width": 100})
    del gt["annotations"][0]["area"]
    assert "image 1 has no height" in refusal(preds, gt, iou="bbox").message
    gt["annotations"][0]["segmentation"] = RUNS  # which tell theirs
    assert average_precision(preds, gt, iou="bbox").ap == exact(1)


@pytest.mark.parametrize("kind", WRONG)
def test_a_package_needs_sizes_too(kind: str) -> None:
    size, words = WRONG[kind]
    for pred in (SQUARE, RUNS):
        message = refusal(*files(size, pred), compat="pycocotools").message
        assert message.startswith(f"ground truth: image 1 {words}: write width and height.")


def test_runs_in_an_image_of_no_pixels_are_scored_as_the_package_scores_them() -> None:
    preds, gt = files({"height": 0, "width": 0}, RUNS, RUNS)
    assert average_precision(preds, gt, compat="pycocotools").ap == exact(1)


@pytest.mark.parametrize(
    ("box", "sides"),
    [([0, 0, 1e300, 5], "[0.0, 0.0, 1e+300, 5.0]"), ([0, -2e7, 4, 4], "[0.0, -20000000.0")],
)
def test_a_box_that_a_package_draws_lies_near_its_image(box: list[float], sides: str) -> None:
    preds, gt = files({"height": 90, "width": 100}, None)
    preds[0]["bbox"] = box
    message = refusal(preds, gt, compat="pycocotools").message
    assert message.startswith(f"predictions: prediction #0 (image_id 1): bbox is {sides}")


def test_polygons_that_take_no_part_need_no_size() -> None:
    preds, gt = files({"height": 90, "width": 100}, SQUARE)
    preds.append({**preds[0], "image_id": 77})
    assert average_precision(preds, gt, skip_unknown=True).ap == exact(1)
    gt["images"].append({"id": 77, "width": 5})
    assert average_precision(preds, gt, images=[1]).ap == exact(1)
    assert "image 77 has no height" in refusal(preds, gt).message


def test_every_image_is_counted_and_every_record() -> None:
    preds, gt = files({"width": 100}, RUNS)
    gt["images"].append({"id": 2, "height": 5})
    again = {**gt["annotations"][0], "image_id": 2}
    gt["annotations"] += [{**again, "id": 6}, {**again, "id": 7}]
    assert refusal(preds, gt).message == (
        "ground truth: image 1 has no height: write width and height. 1 more like it. "
        "3 annotations have a mask in them."
    )


@pytest.mark.parametrize("kind", WRONG)
def test_check_lists_both_files(kind: str) -> None:
    size, words = WRONG[kind]
    report = check(*files(size, SQUARE))
    assert [(each.kind, each.message, each.count) for each in report.errors] == [
        ("image size", f"image 1 {words}: write width and height. 1 {who} in it.", 1)
        for who in ("prediction has a polygon", "annotation has a mask")
    ]
    assert "empty masks" in report.fine


def test_check_lists_every_size_beyond_the_limits() -> None:
    preds, gt = files({"height": 10_000_001, "width": 100}, RUNS)
    gt["images"] += [{"id": 2, "height": 9, "width": 2**40}, {"id": 3, "height": 10**9}]
    errors = [each for each in check(preds, gt).errors if each.kind == "image size"]
    assert [(e.code, e.field, e.index, e.count) for e in errors] == [
        ("limit", "height", 0, 2),
        ("limit", "width", 1, 1),
    ]
    assert errors[0].message.startswith("image 1 has a side of 10,000,001 pixels, expected at most")


def test_check_asks_for_no_size_where_there_are_boxes_alone() -> None:
    preds, gt = files({})
    gt["annotations"][0]["segmentation"] = None
    assert not check(preds, gt).errors


def test_areas_of_masks_are_counted_only_in_images_with_a_size() -> None:
    preds, gt = files({"width": 100}, SQUARE)
    assert object_areas(load_ground_truth(gt)).tolist() == [1600]
    del gt["annotations"][0]["area"]
    with pytest.raises(FormatError, match="image 1 has no height: write width and height"):
        object_areas(load_ground_truth(gt), by="mask")
    assert object_areas(load_predictions(preds), by="mask").tolist() == [1600]


def test_masks_asked_for_directly_name_the_annotation() -> None:
    with pytest.raises(FormatError) as caught:
        _ = load_ground_truth(files({"width": 100})[1]).masks
    assert caught.value.message == (
        "ground truth: annotation 5 (image_id 1) has a polygon, but its image has no height."
    )
