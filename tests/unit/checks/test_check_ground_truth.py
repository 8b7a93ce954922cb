"""Every mistake in ground truth is found and named."""

from __future__ import annotations

import pytest

from segeval import check, limits
from tests.check_cases import Mutate, clean_gt, clean_preds, only, report_on, setting_in, without

ERRORS_IN_GROUND_TRUTH: dict[str, tuple[Mutate, str, str]] = {
    "annotation ids repeated": (
        setting_in("annotations", "id", 1),
        "annotation ids",
        "annotation id 1 occurs twice (records #0 and #1); ids must be unique.",
    ),
    "image ids repeated": (
        lambda gt: gt["images"].append(dict(gt["images"][0])),
        "image ids",
        "image id 1 occurs twice (records #0 and #2); ids must be unique.",
    ),
    "category ids repeated": (
        lambda gt: gt["categories"].append({"id": 2, "name": "again"}),
        "category ids",
        "category id 2 occurs twice (records #1 and #2); ids must be unique.",
    ),
    "no categories": (
        lambda gt: gt["categories"].clear(),
        "categories",
        "the list of categories is empty",
    ),
    "annotation of an unknown image": (
        setting_in("annotations", "image_id", 7),
        "image ids",
        "1 annotation is for 1 image that the file does not list, first image_id 7 (annotation #1)",
    ),
    "annotation of an unknown category": (
        setting_in("annotations", "category_id", 9),
        "category ids",
        (
            "1 annotation has category_id 9, which the file does not list (2 categories, 1..2), "
            "in annotation 2 (image_id 2)"
        ),
    ),
    "polygon of two points": (
        setting_in("annotations", "segmentation", [[1, 1, 9, 9]]),
        "polygons",
        "annotation 2 (image_id 2): polygon has 4 numbers, a polygon needs at least 6 (3 points).",
    ),
    "later part of two points": (
        setting_in("annotations", "segmentation", [[1, 1, 9, 9, 1, 9], [1, 1, 2, 2]]),
        "polygons",
        (
            "annotation 2 (image_id 2): polygon part #1 has 4 numbers, a polygon needs at least 6 "
            "(3 points)."
        ),
    ),
    "odd number of coordinates": (
        setting_in("annotations", "segmentation", [[1, 1, 9, 9, 1, 9, 4]]),
        "polygons",
        (
            "annotation 2 (image_id 2): polygon part #0 has 7 numbers, expected pairs x, y; run "
            "lengths belong into {size, counts}."
        ),
    ),
    "mask of another size": (
        lambda gt: gt["annotations"][1]["segmentation"].update(size=[30, 20]),
        "size",
        (
            "1 mask differs in size from the image: 30 x 20, the image 20 x 30 (H x W swapped?), "
            "first annotation 2 (image_id 2)"
        ),
    ),
    "polygon without image size": (
        lambda gt: (
            gt["images"][1].pop("height"),
            gt["annotations"][1].update(segmentation=[[1, 1, 9, 1, 9, 9]]),
        ),
        "image size",
        ("image 2 has no height: write width and height. 1 annotation has a mask in it."),
    ),
    "id as text": (
        setting_in("annotations", "image_id", "2"),
        "image ids",
        (
            'annotation #1: image_id is text ("2"), but other image ids are numbers, '
            "such as 1. Write it as a number."
        ),
    ),
    "no id": (
        lambda gt: gt["annotations"][1].pop("id"),
        "annotation ids",
        "annotation #1 has no id. Every annotation needs an id of its own.",
    ),
    "some LVIS keys": (
        lambda gt: [
            image.update(neg_category_ids=[], not_exhaustive_category_ids=[])
            for image in gt["images"]
        ],
        "LVIS keys",
        (
            "some records have LVIS keys, but category #0 (id 1) has no frequency, expected "
            '"r", "c" or "f"'
        ),
    ),
    "three numbers for a box": (
        setting_in("annotations", "bbox", [1, 2, 3]),
        "boxes",
        (
            "annotation 2 (image_id 2): bbox is [1.0, 2.0, 3.0], expected four numbers x, y, "
            "width, height."
        ),
    ),
}


@pytest.mark.parametrize("mistake", ERRORS_IN_GROUND_TRUTH)
def test_an_error_in_ground_truth_is_named(mistake: str) -> None:
    change, kind, message = ERRORS_IN_GROUND_TRUTH[mistake]
    finding = only(report_on(None, change).errors)
    assert finding.message == message
    assert finding.kind == kind
    assert finding.path == "ground truth"


WARNINGS_IN_GROUND_TRUTH: dict[str, tuple[Mutate, str, str]] = {
    "id 0": (
        setting_in("annotations", "id", 0),
        "id 0",
        "annotation 0 (image_id 2) has id 0: pycocotools counts its match as unmatched",
    ),
    "no iscrowd": (
        lambda gt: without("iscrowd", (0, 1))(gt["annotations"]),
        "iscrowd",
        "2 annotations have no iscrowd: taken as 0",
    ),
    "no area": (
        lambda gt: without("area")(gt["annotations"]),
        "area field",
        "1 annotation has no area: that of the mask is taken",
    ),
    "area of 0": (
        setting_in("annotations", "area", 0),
        "area field",
        "the area field of 1 annotation is not that of its mask (0 for 100); size buckets go by it",
    ),
    "no box": (
        lambda gt: gt["annotations"][1].pop("bbox"),
        "boxes",
        'annotation 2 (image_id 2) has no bbox, which `iou="bbox"` compares.',
    ),
    "no file name": (
        lambda gt: gt["images"][0].pop("file_name"),
        "file names",
        "image 1 has no file_name to find its file by.",
    ),
    "ignore": (setting_in("annotations", "ignore", 1), "ignore", "1 annotation is marked ignore"),
    "an empty mask": (
        setting_in("annotations", "segmentation", {"size": [20, 30], "counts": [600]}),
        "empty masks",
        "1 mask covers no pixel",
    ),
    "a polygon that covers no pixel": (
        lambda gt: gt["annotations"][1].update(
            segmentation=[[1.1, 1.1, 1.2, 1.1, 1.2, 1.2]], bbox=[1.1, 1.1, 0.1, 0.1]
        ),
        "empty masks",
        "1 mask covers no pixel",
    ),
}


@pytest.mark.parametrize("mistake", WARNINGS_IN_GROUND_TRUTH)
def test_what_is_worth_knowing_about_ground_truth_is_a_warning(mistake: str) -> None:
    change, kind, words = WARNINGS_IN_GROUND_TRUTH[mistake]
    report = report_on(None, change)
    assert report.errors == ()
    finding = only(report.warnings)
    assert words in finding.message
    assert finding.kind == kind


def test_lvis_files_need_no_iscrowd() -> None:
    gt = clean_gt()
    for image in gt["images"]:
        image.update(neg_category_ids=[], not_exhaustive_category_ids=[])
    for category in gt["categories"]:
        category["frequency"] = "r"
    for annotation in gt["annotations"]:
        del annotation["iscrowd"]
    report = check(clean_preds(), gt)
    assert report.warnings == ()
    assert report.ground_truth is not None
    assert report.ground_truth.is_lvis


def test_a_foreign_object_in_memory_is_a_finding() -> None:
    gt = clean_gt()
    gt["annotations"][0]["area"] = object()
    assert "area: object is neither number, text" in only(check(clean_preds(), gt).errors).message


def test_a_list_is_no_ground_truth() -> None:
    findings = check(clean_preds(), clean_preds()).errors  # type: ignore[arg-type]
    assert "holds a list, as predictions do" in only(findings).message


def test_images_with_numbers_beside_annotations_with_text_are_listed_and_not_raised() -> None:
    gt = clean_gt()
    for annotation in gt["annotations"]:
        annotation["image_id"] = str(annotation["image_id"])
    gt["annotations"] += [{**each, "id": 90 + n} for n, each in enumerate(gt["annotations"])]
    [error] = check(clean_preds(), gt).errors
    assert error.message.startswith("image #0: id is a number (1), but other image ids")


def test_polygons_beyond_a_limit_are_listed_and_never_drawn() -> None:
    gt = clean_gt()
    zigzag = [number for place in range(40) for number in (place % 2 * 29, place / 2)]
    gt["annotations"][1]["segmentation"] = [zigzag]
    assert check(clean_preds(), gt).errors == ()
    with limits.raised(mask_runs=500):
        [error] = check(clean_preds(), gt).errors
    assert (error.code, error.first) == ("limit", "annotation 2 (image_id 2)")
    assert error.message.startswith("annotation 2 (image_id 2): the polygons cross ")
    assert error.message.endswith(" columns of pixels, expected at most 500.")
    assert error.hint.startswith("If that is right, raise the limit: `limits.raised(mask_runs=")
    gt["annotations"][0]["segmentation"] = [zigzag]
    with limits.raised(drawn_runs=1500, drawn_ratio=1):
        [error] = check(clean_preds(), gt).errors
    assert error.message == (
        "annotation 2 (image_id 2): with those before it the polygons cross more columns of pixels "
        "than 1,500."
    )
