"""Files that do not belong together: an error by default, a note where a package is followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from segeval import average_precision
from segeval.errors import FormatError, InputError, MismatchError
from tests.build import coco_rle
from tests.unit.metrics.strips import Records, codes, exact, note, scene, strip

Change = Callable[[Records, dict[str, Any]], None]

A, B = strip(0, 20), strip(40, 60)


def changed(change: Change) -> tuple[Records, dict[str, Any]]:
    """Two images with an object each, both found, and one change."""
    preds, gt = scene(
        [{"mask": A}, {"mask": B, "image_id": 2, "category_id": 2}],
        [{"mask": A}, {"mask": B, "image_id": 2, "category_id": 2}],
        images=2,
    )
    change(preds, gt)
    return preds, gt


def refusal(change: Change, **settings: Any) -> InputError:
    """The error of the default mode."""
    with pytest.raises(InputError) as caught:
        average_precision(*changed(change), **settings)
    return caught.value


def set_pred(place: int, **fields: Any) -> Change:
    return lambda preds, gt: preds[place].update(fields)


def set_gt(place: int, **fields: Any) -> Change:
    return lambda preds, gt: gt["annotations"][place].update(fields)


def repeat_image(preds: Records, gt: dict[str, Any]) -> None:
    gt["images"].append({**gt["images"][0], "file_name": "again.jpg"})


def repeat_category(preds: Records, gt: dict[str, Any]) -> None:
    gt["categories"].append({"id": 2, "name": "again"})


@pytest.mark.parametrize(
    ("change", "code", "found", "ap"),
    [
        # The second annotation replaces the first, and is evaluated twice: half of it is found.
        (
            set_gt(1, id=1),
            "duplicate-annotation",
            "ground truth: annotation id 1 occurs twice (records #0 and #1)",
            51 / 101,
        ),
        (
            repeat_image,
            "duplicate-image",
            "ground truth: image id 1 occurs twice (records #0 and #2)",
            1,
        ),
        (
            repeat_category,
            "duplicate-category",
            "ground truth: category id 2 occurs twice (records #1 and #2)",
            1,
        ),
    ],
)
def test_repeated_ids_are_an_error_unless_a_package_is_followed(
    change: Change, code: str, found: str, ap: float
) -> None:
    error = refusal(change)
    assert isinstance(error, FormatError)
    assert (error.message, error.code) == (f"{found}; ids must be unique.", code)
    result = average_precision(*changed(change), compat="pycocotools")
    assert result.ap == exact(ap)
    assert note(result, code).message == f"{found}: the later record replaces the earlier one"


def test_of_many_repeated_ids_the_first_is_named_and_the_others_are_counted() -> None:
    error = refusal(lambda preds, gt: gt["annotations"].extend(gt["annotations"]))
    assert error.message.endswith("(records #0 and #2); ids must be unique. 1 more like it.")
    assert (error.index, error.field, error.count) == (2, "id", 2)


def test_predictions_for_unknown_images_are_an_error_in_both_modes() -> None:
    change = set_pred(1, image_id=581929)
    for compat in (None, "pycocotools"):
        error = refusal(change, compat=compat)
        assert isinstance(error, MismatchError)
        assert error.message == (
            "predictions: 1 prediction is for 1 image that ground truth does not have, first "
            "image_id 581929 (prediction #1). Drop them: `skip_unknown=True`"
        )
        assert (error.code, error.index, error.field) == ("unknown-image", 1, "image_id")


def test_image_ids_that_are_off_by_one_are_recognised() -> None:
    def shift(preds: Records, gt: dict[str, Any]) -> None:
        for record in preds:
            record["image_id"] -= 1

    assert refusal(shift).message == (
        "predictions: 1 prediction is for 1 image that ground truth does not have, first image_id "
        "0 (prediction #0). Off by one? Ids must be equal, not positions; add 1 when you export."
    )


def test_predictions_of_unknown_categories_are_an_error() -> None:
    error = refusal(set_pred(1, category_id=91))
    assert error.message == (
        "predictions: 1 prediction has category_id 91, which ground truth does not list (2 "
        "categories, 1..2), in prediction #1 (image_id 2). Correct them, or drop them: "
        "`skip_unknown=True`"
    )
    assert (error.code, error.index) == ("unknown-category", 1)


def test_category_ids_that_are_off_by_one_are_recognised() -> None:
    def shift(preds: Records, gt: dict[str, Any]) -> None:
        for record in preds:
            record["category_id"] -= 1

    assert refusal(shift).message == (
        "predictions: category ids are 0..1, ground truth has 1..2: 1 prediction has category_id "
        "0, which is not among these, in prediction #0 (image_id 1). Off by one? Ids must be "
        "equal, not positions; add 1 when you export."
    )


@pytest.mark.parametrize("kind", ["image", "category"])
def test_annotations_of_unknown_images_and_categories_are_an_error(kind: str) -> None:
    field = f"{kind}_id"
    error = refusal(set_gt(1, **{field: 99}))
    found = {
        "image": "is for 1 image that the file does not list, first image_id 99 (annotation #1)",
        "category": (
            "has category_id 99, which the file does not list (2 categories, 1..2), in annotation "
            "2 (image_id 2)"
        ),
    }
    assert isinstance(error, FormatError)
    assert error.message == (
        f"ground truth: 1 annotation {found[kind]}. Correct them, or drop them: `skip_unknown=True`"
    )
    assert (error.code, error.index, error.field) == (f"unknown-{kind}", 1, field)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_pred(1, image_id=99), "1 prediction of predictions for unknown images dropped"),
        (set_pred(1, category_id=99), "1 prediction of predictions for unknown categories dropped"),
        (set_gt(1, image_id=99), "1 annotation of ground truth for unknown images dropped"),
        (set_gt(1, category_id=99), "1 annotation of ground truth for unknown categories dropped"),
    ],
)
def test_unknown_records_are_dropped_and_counted_if_asked_to(change: Change, message: str) -> None:
    result = average_precision(*changed(change), skip_unknown=True)
    assert message in [note.message for note in result.notes]
    dropped_object = "annotation" in message
    assert result.ap == exact(1 if dropped_object else 1 / 2)


@pytest.mark.parametrize(
    "change", [set_pred(1, category_id=99), set_gt(1, image_id=99), set_gt(1, category_id=99)]
)
def test_what_a_package_drops_is_counted_where_it_is_followed(change: Change) -> None:
    result = average_precision(*changed(change), compat="pycocotools")
    (code,) = [code for code in codes(result) if code.startswith("unknown")]
    assert note(result, code).count == 1


def test_an_empty_list_of_categories_is_an_error() -> None:
    def clear(preds: Records, gt: dict[str, Any]) -> None:
        gt["categories"].clear()

    error = refusal(clear)
    assert error.code == "no-categories"
    assert error.message == (
        'ground truth: the list of categories is empty. Add {"id": ..., "name": ...} for every '
        "category."
    )
    assert average_precision(*changed(clear), compat="pycocotools").ap is None


@pytest.mark.parametrize(
    ("score", "shown"),
    [(float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity")],
)
def test_scores_that_are_no_numbers_are_an_error(score: float, shown: str) -> None:
    def spoil(preds: Records, gt: dict[str, Any]) -> None:
        for record in preds:
            record["score"] = score

    error = refusal(spoil)
    assert error.message == (
        f"predictions: prediction #0 (image_id 1): score is {shown}, expected a finite number. "
        "1 more like it."
    )
    assert (error.code, error.count) == ("score", 2)


def test_a_score_of_nan_is_ranked_last_where_a_package_is_followed() -> None:
    result = average_precision(*changed(set_pred(0, score=float("nan"))), compat="pycocotools")
    assert note(result, "score").message == (
        "predictions: prediction #0 (image_id 1): score is NaN; NaN is ranked last"
    )


def test_a_mask_of_another_size_than_its_image_is_an_error() -> None:
    change = set_pred(0, segmentation=coco_rle(A.T))
    error = refusal(change)
    assert isinstance(error, MismatchError)
    assert error.message == (
        "predictions: 1 mask differs in size from the image: 200 x 1, the image 1 x 200 (H x W "
        "swapped?), first prediction #0 (image_id 1). Sizes are [height, width]."
    )
    assert (error.code, error.index, error.field) == ("mask-size", 0, "segmentation")
    result = average_precision(*changed(change), compat="pycocotools")
    assert result.ap == exact(1 / 2)
    assert note(result, "mask-size").message == (
        "1 mask of predictions differs in size from its image and matches nothing"
    )


def test_an_annotation_of_another_size_than_its_image_is_an_error() -> None:
    error = refusal(set_gt(0, segmentation=coco_rle(A.T)))
    assert isinstance(error, FormatError)
    assert error.message == (
        "ground truth: 1 mask differs in size from the image: 200 x 1, the image 1 x 200 (H x W "
        "swapped?), first annotation 1 (image_id 1). Sizes are [height, width]."
    )


def test_an_image_without_a_size_has_no_masks() -> None:
    def forget(preds: Records, gt: dict[str, Any]) -> None:
        del gt["images"][0]["height"], gt["images"][0]["width"]

    error = refusal(forget)
    assert error.code == "no-size"
    assert error.message == (
        "ground truth: image 1 has no height and no width: write width and height. "
        "1 annotation has a mask in it."
    )


def test_images_need_no_size_where_boxes_are_compared() -> None:
    box = {"bbox": [0, 0, 9, 9]}
    preds, gt = scene([{**box, "area": 81}], [box])
    gt["images"] = [{"id": 1}]
    assert average_precision(preds, gt, iou="bbox").ap == exact(1)


def test_an_annotation_without_a_mask_is_an_error() -> None:
    error = refusal(lambda preds, gt: gt["annotations"][1].pop("segmentation"))
    assert error.code == "no-segmentation"
    assert error.message == (
        "ground truth: 1 annotation has no segmentation, the others have one, first annotation 2 "
        '(image_id 2). Export a mask for every record, or use `iou="bbox"`.'
    )


def test_a_polygon_that_covers_no_pixel_is_an_empty_mask_and_counted() -> None:
    change = set_gt(0, segmentation=[[5, 0.1, 5.01, 0.1, 5, 0.1]])
    result = average_precision(*changed(change))
    assert result.ap == exact(1 / 2)
    assert note(result, "empty-polygon").message == (
        "1 polygon covers no pixel in ground truth: empty masks"
    )


def test_a_later_part_of_a_polygon_with_two_points_is_an_error() -> None:
    polygon = [[0, 0, 20, 0, 20, 1, 0, 1], [50, 0, 60, 1]]
    change = set_gt(0, segmentation=polygon)
    error = refusal(change)
    assert error.code == "bad-polygon"
    assert error.message == (
        "ground truth: annotation 1 (image_id 1): polygon part #1 has 4 numbers, a polygon needs "
        "at least 6 (3 points)."
    )
    assert average_precision(*changed(change), compat="pycocotools").ap == exact(1)


def test_run_lengths_in_place_of_a_polygon_are_an_error() -> None:
    change = set_gt(0, segmentation=[[0, 0, 20, 0, 20, 1, 0, 1, 7]])
    for index, source in enumerate(("predictions: prediction #0", "ground truth: annotation 1")):
        own = [set_pred(0, segmentation=[[0, 0, 20, 0, 20, 1, 0, 1, 7]]), change][index]
        error = refusal(own)
        assert (error.code, error.index) == ("bad-polygon", 0)
        assert error.message == (
            f"{source} (image_id 1): polygon part #0 has 9 numbers, expected pairs x, y; run "
            "lengths belong into {size, counts}."
        )


def test_pycocotools_leaves_out_the_last_of_an_odd_number_of_coordinates() -> None:
    change = set_gt(0, segmentation=[[0, 0, 20, 0, 20, 1, 0, 1, 7]])
    result = average_precision(*changed(change), compat="pycocotools")
    assert result.ap == exact(1)
    assert note(result, "odd-part").message == (
        "1 polygon of ground truth with a part of an odd number of coordinates, the last of which "
        "pycocotools leaves out"
    )


@pytest.mark.parametrize("compat", [None, "pycocotools"])
def test_a_first_part_of_a_polygon_with_two_points_is_always_an_error(compat: str | None) -> None:
    error = refusal(set_gt(0, segmentation=[[0, 0, 20, 1]]), compat=compat)
    assert error.message == (
        "ground truth: annotation 1 (image_id 1): polygon has 4 numbers, a polygon needs at least "
        "6 (3 points)."
    )


def test_a_string_whose_runs_do_not_fill_the_mask_is_an_error_in_both_modes() -> None:
    change = set_pred(1, segmentation={"size": [1, 200], "counts": "d1"})
    for compat in (None, "pycocotools"):
        error = refusal(change, compat=compat)
        assert error.code == "bad-counts"
        assert error.message.startswith("predictions: prediction #1 (image_id 2): ")


def test_a_string_is_checked_where_it_is_compared_even_if_its_area_is_not_asked_for() -> None:
    def spoil(preds: Records, gt: dict[str, Any]) -> None:
        for record in preds:
            record["bbox"] = [0, 0, 20, 1]
        preds[1]["segmentation"]["counts"] = "d1"

    for settings in ({"compat": "pycocotools"}, {"area_from": "bbox"}):
        error = refusal(spoil, **settings)
        assert (error.code, error.index) == ("bad-counts", 1)


def test_files_of_boxes_have_no_mask_ap() -> None:
    def only_boxes(preds: Records, gt: dict[str, Any]) -> None:
        for record in preds:
            del record["segmentation"]
            record["bbox"] = [0, 0, 20, 1]

    error = refusal(only_boxes)
    assert (error.code, error.count) == ("boxes-for-masks", 2)
    assert error.message == (
        "predictions: no prediction has a segmentation: only boxes can be evaluated. Use "
        '`iou="bbox"`, or export masks.'
    )

    def nothing(preds: Records, gt: dict[str, Any]) -> None:
        for record in preds:
            del record["segmentation"]

    assert refusal(nothing).message == (
        "predictions: no prediction has a segmentation or a bbox: nothing can be compared. Export "
        "a mask for every record."
    )
    compat = average_precision(*changed(only_boxes), compat="pycocotools")
    assert note(compat, "boxes-as-masks").message == (
        "2 predictions have no mask: pycocotools uses the box instead"
    )


def test_every_prediction_needs_a_mask() -> None:
    def mixed(preds: Records, gt: dict[str, Any]) -> None:
        del preds[1]["segmentation"]
        preds[1]["bbox"] = [0, 0, 20, 1]

    error = refusal(mixed)
    assert error.message == (
        "predictions: 1 prediction has no segmentation, the others have one, first prediction #1 "
        '(image_id 2). Export a mask for every record, or use `iou="bbox"`.'
    )


def test_a_prediction_needs_a_box_or_a_mask() -> None:
    error = refusal(lambda preds, gt: preds[1].pop("segmentation"), iou="bbox")
    assert error.message == (
        "predictions: prediction #1 (image_id 2) has neither bbox nor segmentation."
    )


def test_records_that_make_a_package_stop_are_named() -> None:
    def later_boxes(preds: Records, gt: dict[str, Any]) -> None:
        preds[0]["bbox"] = [0, 0, 20, 1]

    assert refusal(later_boxes, compat="pycocotools").message == (
        "predictions: prediction #1 (image_id 2) has no bbox, but the first record has one: "
        "pycocotools stops here. The default mode scores the file."
    )

    def polygon(preds: Records, gt: dict[str, Any]) -> None:
        preds[1]["segmentation"] = [[40, 0, 60, 0, 60, 1, 40, 1]]

    default = average_precision(*changed(polygon))
    assert default.ap == exact(1)
    assert note(default, "mask-format").message == (
        "1 prediction gives the mask as a polygon, which pycocotools reads only beside a bbox"
    )
    assert refusal(polygon, compat="pycocotools").message == (
        "predictions: prediction #1 (image_id 2) has no compressed mask, and the first record has "
        "no bbox: pycocotools stops here. The default mode scores the file."
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"bbox": [0, 0, float("inf"), 4]},
            (
                "predictions: prediction #1 (image_id 1): bbox is [0, 0, inf, 4], expected finite "
                "numbers."
            ),
        ),
        (
            {"bbox": [0, 0, 4, float("nan")]},
            (
                "predictions: prediction #1 (image_id 1): bbox is [0, 0, 4, nan], expected finite "
                "numbers."
            ),
        ),
    ],
)
def test_boxes_that_are_no_numbers_are_an_error(fields: dict[str, Any], message: str) -> None:
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4]}
    gt = {
        "images": [{"id": 1}],
        "categories": [{"id": 1}],
        "annotations": [{**box, "id": 1, "area": 16, "iscrowd": 0}],
    }
    preds = [{**box, "score": 0.9}, {**box, "score": 0.8, **fields}]
    with pytest.raises(FormatError) as raised:
        average_precision(preds, gt, iou="bbox")
    assert str(raised.value) == message


@pytest.mark.parametrize("compat", [None, "pycocotools"])
def test_box_ap_needs_a_box_in_every_annotation(compat: str | None) -> None:
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4]}
    record = {"id": 7, "image_id": 1, "category_id": 1, "area": 16, "iscrowd": 0}
    gt = {"images": [{"id": 1}], "categories": [{"id": 1}], "annotations": [record]}
    with pytest.raises(FormatError) as raised:
        average_precision([{**box, "score": 0.9}], gt, iou="bbox", compat=compat)
    assert str(raised.value) == (
        'ground truth: annotation 7 (image_id 1) has no bbox, which `iou="bbox"` compares.'
    )


def test_a_short_later_part_is_drawn_and_noted_where_a_package_is_followed() -> None:
    square = [1, 1, 9, 1, 9, 9, 1, 9]
    segmentation = [square, [2, 2, 5, 5]]
    record = {"image_id": 1, "category_id": 1, "segmentation": segmentation}
    gt = {
        "images": [{"id": 1, "height": 20, "width": 20}],
        "categories": [{"id": 1}],
        "annotations": [{**record, "id": 1, "area": 64, "iscrowd": 0}],
    }
    preds = [{**record, "segmentation": [square], "bbox": [1, 1, 8, 8], "score": 0.9}]
    result = average_precision(preds, gt, compat="pycocotools")
    assert [n.message for n in result.notes if n.code == "short-part"] == [
        (
            "1 polygon of ground truth with a part of fewer than three points, drawn as "
            "pycocotools does"
        )
    ]
