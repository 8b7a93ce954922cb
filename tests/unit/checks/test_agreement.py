"""Parts of a file that contradict each other are named, by `check` and as notes of AP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from segeval import average_precision, check, load_ground_truth
from segeval.checks.box_geometry import FORMS, corners_of
from segeval.checks.other_readings import Located, other_reading
from segeval.data.synthetic.rooms import furniture
from segeval.errors import FormatError, InputError
from tests.build import coco_rle

Record = dict[str, Any]

BOXES = ([10, 5, 20, 15], [60, 20, 30, 20], [40, 30, 20, 18], [70, 4, 12, 30])
"""xywh of objects in images of 60 x 100 pixels (height x width), two in each."""


def polygon(box: list[float]) -> list[list[float]]:
    x, y, w, h = box
    return [[x, y, x + w, y, x + w, y + h, x, y + h]]


def scene() -> tuple[list[Record], dict[str, Any]]:
    """Perfect predictions as polygons with boxes, and their ground truth."""
    objects: list[Record] = [
        {
            "id": number,
            "image_id": 1 + number // 3,
            "category_id": 1,
            "bbox": list(box),
            "segmentation": polygon(list(box)),
        }
        for number, box in enumerate(BOXES, 1)
    ]
    images = [
        {"id": number, "height": 60, "width": 100, "file_name": f"{number}.jpg"}
        for number in (1, 2)
    ]
    gt = {
        "images": images,
        "categories": [{"id": 1, "name": "thing"}],
        "annotations": [
            {**each, "area": each["bbox"][2] * each["bbox"][3], "iscrowd": 0} for each in objects
        ],
    }
    kept = ("image_id", "category_id", "bbox", "segmentation")
    preds = [
        {**{name: each[name] for name in kept}, "score": 0.9 - number / 10}
        for number, each in enumerate(objects)
    ]
    return json.loads(json.dumps(preds)), json.loads(json.dumps(gt))  # nothing is shared


def told(
    change: Callable[[list[Record], dict[str, Any]], object],
    codes: tuple[str, ...],
    **settings: Any,
) -> list[str]:
    """What AP says after a change, which `check` says as well, but with the name of a record."""
    preds, gt = scene()
    change(preds, gt)
    warned = {
        f"{finding.path}: {finding.message}. {finding.hint}".rstrip(". ")
        for finding in check(preds, gt).findings
        if finding.code in codes
    }
    notes = average_precision(preds, gt, **settings).notes
    found = [note.message for note in notes if note.code in codes]
    by_image = {
        re.sub(r"first \w+ \S+ \(image_id (.+?)\)", r"first in image \1", each) for each in warned
    }
    assert set(found) <= by_image
    return found


def test_sound_files_contradict_nothing() -> None:
    preds, gt = scene()
    assert check(preds, gt).warnings == ()
    for iou in ("segm", "bbox", "boundary"):
        result = average_precision(preds, gt, iou=iou)
        assert result.ap == pytest.approx(1, abs=1e-12)
        assert {note.code for note in result.notes} <= {"area-from-mask", "thin-objects"}


def test_files_of_a_random_detector_contradict_nothing() -> None:
    data = furniture(images=20)
    report = check(data.weaker, data.ground_truth)
    kinds = ("polygons and images", "boxes and images", "masks and boxes", "area field")
    assert [
        each.message for each in report.findings if each.kind in kinds and each.level != "ok"
    ] == []


def test_images_with_swapped_sides_are_named_by_the_polygons_that_leave_them() -> None:
    def swap(preds: list[Record], gt: dict[str, Any]) -> None:
        for image in gt["images"]:
            image.update(height=100, width=60)

    where = "Everything fits with height and width of the image swapped: photos rotated by EXIF?"
    assert told(swap, ("outside-image",)) == [
        (
            "predictions: 2 polygons reach out of their image (x to 90 of 60), first in image "
            f"1. {where}"
        ),
        (
            "ground truth: 2 polygons reach out of their image (x to 90 of 60), first in "
            f"image 1. {where}"
        ),
    ]


def test_masks_of_the_other_size_are_not_blamed_where_polygons_leave_the_images_too() -> None:
    preds, gt = scene()
    for record in preds:
        record["segmentation"] = coco_rle(drawn(record["bbox"]))
    for image in gt["images"]:
        image.update(height=100, width=60)
    with pytest.raises(InputError) as raised:
        average_precision(preds, gt)
    assert raised.value.message.endswith(
        "Polygons of ground truth leave these images too, and fit 60 x 100: are height and width "
        "of its images swapped (photos rotated by EXIF)?"
    )


def test_masks_of_half_the_size_are_called_so() -> None:
    preds, gt = scene()
    for record in preds:
        record["segmentation"] = coco_rle(drawn(record["bbox"])[::2, ::2])
    with pytest.raises(InputError) as raised:
        average_precision(preds, gt)
    assert raised.value.message.endswith("They are 0.5 times the size: scale them to the image.")


def drawn(box: list[int]) -> Any:
    """A box as a dense mask of 60 x 100."""
    mask = np.zeros((60, 100), np.uint8)
    x, y, w, h = box
    mask[y : y + h, x : x + w] = 1
    return mask


@pytest.mark.parametrize(
    ("write", "hint"),
    [
        (
            lambda x, y, w, h: [x, y, x + w, y + h],
            "Are they x1, y1, x2, y2? Boxes are x, y, width, height",
        ),
        (
            lambda x, y, w, h: [4 * x, 4 * y, 4 * w, 4 * h],
            "They fit ground truth multiplied by 0.25: another scale?",
        ),
        (
            lambda x, y, w, h: [6.4 * x, y * 640 / 60, 6.4 * w, h * 640 / 60],
            "They fit ground truth as coordinates of images resized to 640 x 640",
        ),
    ],
)
def test_boxes_that_leave_their_image_are_read_in_another_way(
    write: Callable[..., list[float]], hint: str
) -> None:
    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        for record in preds:
            record["bbox"] = write(*record["bbox"])

    [message] = told(change, ("outside-image",), iou="bbox")
    assert message.startswith("predictions: ")
    assert " reach out of their image (" in message
    assert message.endswith(f". {hint}")


def test_predicted_boxes_that_are_not_clipped_are_no_news_in_an_evaluation() -> None:
    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        preds[1]["bbox"] = [60, 20, 45, 20]

    assert told(change, ("outside-image",), iou="bbox") == []
    preds, gt = scene()
    change(preds, gt)
    [found] = [each for each in check(preds, gt).warnings if each.code == "outside-image"]
    assert found.message == (
        "1 box reaches out of its image (x to 105 of 100), first prediction #1 (image_id 1)"
    )
    assert found.hint == ""


def test_polygons_written_as_y_and_x_are_read_so() -> None:
    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        for record in preds:
            x, y, w, h = record.pop("bbox")
            record["segmentation"] = polygon([y, x, h, w])

    assert told(change, ("outside-image",)) == [
        (
            "predictions: 2 polygons reach out of their image (y to 90 of 60), first in image "
            "1. Are they y, x? Polygons are x, y"
        )
    ]


@pytest.mark.parametrize("iou", ["segm", "bbox"])
def test_fractions_of_the_image_are_an_error(iou: str) -> None:
    preds, gt = scene()
    for record in preds:
        x, y, w, h = record["bbox"]
        record["bbox"] = [x / 100, y / 60, w / 100, h / 60]
        record["segmentation"] = polygon(record["bbox"])
    noun = "polygons" if iou == "segm" else "boxes"
    with pytest.raises(FormatError) as raised:
        average_precision(preds, gt, iou=iou)
    assert raised.value.code == "fractions"
    assert raised.value.message == (
        f"predictions: all coordinates of 4 {noun} lie within 0 .. 1 (first image: 60 x 100), "
        "expected pixels. Multiply x by the width of the image, and y by its height."
    )
    assert raised.value.message.endswith(check(preds, gt).errors[0].hint)
    [note] = [
        each.message
        for each in average_precision(preds, gt, iou=iou, compat="official").notes
        if each.code == "fractions"
    ]
    assert note.startswith(f"predictions: all coordinates of 4 {noun}")


def test_run_lengths_of_even_number_in_place_of_a_polygon_are_an_error() -> None:
    preds, gt = scene()
    runs = coco_mask.encode(np.asfortranarray(drawn([10, 5, 20, 15])))
    flat = drawn([10, 5, 20, 15]).T.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *edges, flat.size]).tolist()
    counts = [*counts[:-1], counts[-1] - 1, 1]  # an even number, of the same sum
    assert (coco_mask.area(runs), len(counts) % 2) == (300, 0)
    gt["annotations"][0]["segmentation"] = [counts]
    with pytest.raises(FormatError) as raised:
        average_precision(preds, gt)
    assert raised.value.message == (
        "ground truth: annotation 1 (image_id 1): the numbers of its polygon add up to the 6,000 "
        "pixels of its image, expected pairs x, y; run lengths belong into {size, counts}."
    )


def by_rows(mask: Any) -> Record:
    """A mask whose runs go along the rows."""
    turned = coco_rle(np.ascontiguousarray(mask.T))
    return {"size": list(mask.shape), "counts": turned["counts"]}


def test_runs_along_the_rows_are_named_by_the_box() -> None:
    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        for record in preds:
            record["segmentation"] = by_rows(drawn(record["bbox"]))

    [message] = told(change, ("mask-and-box",))
    assert message.startswith(
        "predictions: the masks of 4 predictions lie elsewhere than their bbox (first: mask "
    )
    assert message.endswith(
        ", box 10,5 .. 30,20). They fit with runs along the rows: RLE runs down the columns"
    )


def test_one_mask_that_lies_elsewhere_is_told_without_a_cause() -> None:
    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        gt["annotations"][0]["bbox"] = [70, 40, 20, 15]

    assert told(change, ("mask-and-box",)) == [
        (
            "ground truth: the mask of 1 annotation lies elsewhere than its bbox (first: mask "
            "10,5 .. 30,20, box 70,40 .. 90,55)"
        )
    ]


@pytest.mark.parametrize(("others", "is_told"), [(10, True), (30, False)])
def test_one_mask_that_lies_elsewhere_is_left_alone_among_many(others: int, is_told: bool) -> None:
    preds, gt = scene()
    gt["annotations"][0]["bbox"] = [70, 40, 20, 15]
    gt["annotations"] += [{**gt["annotations"][1], "id": 10 + number} for number in range(others)]
    codes = {each.code for each in check(preds, gt).findings}
    assert ("mask-and-box" in codes) == is_told


@pytest.mark.parametrize(
    ("write", "form"),
    [
        (lambda x, y, w, h: [x, y, x + w, y + h], "x1, y1, x2, y2"),
        (lambda x, y, w, h: [x + w / 2, y + h / 2, w, h], "centre x, centre y, width, height"),
    ],
)
def test_boxes_beside_masks_are_read_in_another_way(
    write: Callable[..., list[float]], form: str
) -> None:
    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        for record in gt["annotations"]:
            record["bbox"] = write(*record["bbox"])

    [message] = told(change, ("mask-and-box",))
    assert message.startswith("ground truth: the masks of 4 annotations lie elsewhere than ")
    assert message.endswith(f". They fit if bbox is {form}: it should be x, y, width, height")


@pytest.mark.parametrize("read", [*FORMS.values(), corners_of])
def test_reading_boxes_in_another_form_leaves_them_alone(read: Callable[[Any], Any]) -> None:
    boxes = np.array([[1.0, 2.0, 3.0, 4.0]])
    read(boxes)
    assert boxes.tolist() == [[1, 2, 3, 4]]


def test_the_loose_box_of_a_detector_is_no_contradiction() -> None:
    preds, gt = scene()
    for record in preds:
        x, y, w, h = record["bbox"]
        record["segmentation"] = polygon([x, y, w, h / 3])
    assert "mask-and-box" not in {each.code for each in check(preds, gt).findings}


@pytest.mark.parametrize(
    ("area", "shown", "cause"),
    [
        (lambda box: 1, "1 for 300", "They are all 1"),
        (lambda box: 6000, "6,000 for 300", "They are those of the images"),
        (lambda box: -box[2] * box[3], "-300 for 300", "They are negative"),
        (lambda box: 3.5 * box[2] * box[3], "1,050 for 300", ""),
    ],
)
def test_areas_that_are_not_those_of_the_masks_are_told(
    area: Callable[[list[float]], float], shown: str, cause: str
) -> None:
    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        for record in gt["annotations"]:
            record["area"] = area(record["bbox"])

    end = f". {cause}" if cause else ""
    assert told(change, ("mask-area",)) == [
        (
            "ground truth: the area field of 4 annotations is not that of their masks "
            f"({shown}); size buckets go by it{end}"
        )
    ]


def test_boxes_without_width_are_told_on_both_sides() -> None:
    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        preds[0]["bbox"][2] = 0
        gt["annotations"][1]["bbox"][3] = -20

    assert told(change, ("flat-box",), iou="bbox") == [
        (
            "predictions: 1 prediction has a box whose width or height is not above 0 (first: "
            "[10, 5, 0, 15]). Boxes are [x, y, width, height]"
        ),
        (
            "ground truth: 1 annotation has a box whose width or height is not above 0 (first: "
            "[60, 20, 30, -20]). Boxes are [x, y, width, height]"
        ),
    ]


def test_a_contradiction_in_a_large_file_is_counted_in_what_was_looked_at() -> None:
    preds, gt = scene()
    first = gt["annotations"][0]
    gt["annotations"] = [
        {**first, "id": number, "bbox": [70, 40, 20, 15]} for number in range(1, 1301)
    ]
    notes = {note.code: note for note in average_precision(preds, gt).notes}
    assert notes["mask-and-box"].count == 192
    assert notes["mask-and-box"].message.endswith("192 annotations were looked at")
    found = {finding.code: finding.count for finding in check(preds, gt).findings}
    assert found["mask-and-box"] == 1300


def test_another_reading_is_told_only_if_it_fits_and_the_present_one_does_not() -> None:
    gt = load_ground_truth(scene()[1])
    sizes = np.full((4, 2), (60, 100), np.int32)
    truth = Located("gt.json", np.arange(4), gt.image_id, gt.boxes, sizes)
    as_corners = np.concatenate([gt.boxes[:, :2], gt.boxes[:, :2] + gt.boxes[:, 2:]], axis=1)

    def reading(boxes: Any, other: Located | None = truth) -> str:
        own = Located("preds.json", np.arange(4), gt.image_id, boxes, sizes)
        return other_reading(own, lambda _: other, are_boxes=True)

    assert reading(gt.boxes) == ""
    assert reading(as_corners).startswith("Are they x1, y1, x2, y2?")
    assert reading(as_corners, None) == ""
    assert reading(np.array([[0.0, 0, 3, 3], [9, 9, 2, 2], [5, 1, 1, 9], [2, 2, 1, 1]])) == ""
    assert reading(gt.boxes / [100, 60, 100, 60]).startswith("Are they fractions of the image?")
    assert reading(gt.boxes / [1, 0.6, 1, 0.6]).startswith("Are they percent of the image?")


HOLE = [20.0, 10.0, 30.0, 10.0, 30.0, 20.0, 20.0, 20.0]
"""A square of 100 pixels."""


def with_hole(first: list[float], *, area: float | None) -> Callable[..., None]:
    """The first object with an inner ring, alone in its category of one annotation."""

    def change(preds: list[Record], gt: dict[str, Any]) -> None:
        gt["annotations"][0].update(segmentation=[first, HOLE], bbox=[10, 5, 40, 35], area=area)
        if area is None:
            del gt["annotations"][0]["area"]

    return change


@pytest.mark.parametrize("area", [1300, 1400, None])
def test_a_polygon_part_inside_another_one_is_told(area: float | None) -> None:
    change = with_hole([10, 5, 50, 5, 50, 40, 10, 40], area=area)
    hint = ". Its area leaves the hole out" if area == 1300 else ""
    assert told(change, ("filled-hole",)) == [
        (
            "ground truth: 1 annotation has a polygon part inside another one: parts are "
            f"added, holes need RLE (first in image 1){hint}"
        )
    ]


def test_parts_beside_each_other_or_in_the_gap_of_another_are_no_holes() -> None:
    beside = with_hole([40, 5, 50, 5, 50, 40, 40, 40], area=450)
    assert told(beside, ("filled-hole",)) == []
    around = [10, 5, 50, 5, 50, 40, 10, 40, 10, 38, 48, 38, 48, 7, 10, 7]  # open on the left
    assert told(with_hole([float(each) for each in around], area=400), ("filled-hole",)) == []


def test_a_few_nested_parts_with_filled_areas_are_left_alone() -> None:
    preds, gt = scene()
    with_hole([10, 5, 50, 5, 50, 40, 10, 40], area=1400)(preds, gt)
    other = gt["annotations"][1]
    gt["annotations"] += [{**other, "id": number} for number in range(10, 200)]
    assert "filled-hole" not in {each.code for each in check(preds, gt).findings}
    gt["annotations"][0]["area"] = 1300
    assert "filled-hole" in {each.code for each in check(preds, gt).findings}


def box_scene(write: Callable[..., list[float]], images: tuple[int, ...] = (1, 2)) -> Any:
    """Predictions and annotations of boxes; those of some images are predicted as `write` says."""
    preds, gt = scene()
    for record in [*preds, *gt["annotations"]]:
        del record["segmentation"]
    for record in preds:
        if record["image_id"] in images:
            record["bbox"] = write(*record["bbox"])
    return preds, gt


def notes_of_boxes(preds: Any, gt: Any) -> list[str]:
    notes = average_precision(preds, gt, iou="bbox").notes
    return [note.message for note in notes if note.code in ("outside-image", "fractions")]


@pytest.mark.parametrize(
    ("write", "form"),
    [
        (lambda x, y, w, h: [x / 100, y / 60, w / 100, h / 60], ""),
        (
            lambda x, y, w, h: [(x + w / 2) / 100, (y + h / 2) / 60, w / 100, h / 60],
            " They look like centre x, centre y, width, height (YOLO).",
        ),
        (
            lambda x, y, w, h: [x / 100, y / 60, (x + w) / 100, (y + h) / 60],
            " They look like x1, y1, x2, y2: boxes are x, y, width, height.",
        ),
    ],
)
def test_boxes_of_fractions_are_an_error_that_names_their_form(
    write: Callable[..., list[float]], form: str
) -> None:
    with pytest.raises(InputError) as raised:
        average_precision(*box_scene(write), iou="bbox")
    assert raised.value.message == (
        "predictions: all coordinates of 4 boxes lie within 0 .. 1 (first image: 60 x 100), "
        f"expected pixels. Multiply x by the width of the image, and y by its height.{form}"
    )


def test_fractions_among_pixels_are_a_note() -> None:
    preds, gt = box_scene(lambda *box: list(box))
    preds += [
        {**preds[0], "bbox": [0.1, 0.2, 0.3 + n / 10, 0.2], "score": n / 50} for n in (1, 2, 3)
    ]
    assert notes_of_boxes(preds, gt) == [
        (
            "predictions: the coordinates of 3 boxes lie within 0 .. 1 (first image: 60 x 100), "
            "expected pixels. Multiply x by the width of the image, and y by its height"
        )
    ]
    assert notes_of_boxes(preds[:-1], gt) == []


def test_boxes_of_another_form_in_some_images_are_told_with_their_number() -> None:
    preds, gt = box_scene(lambda x, y, w, h: [x, y, x + w, y + h], images=(2,))
    wrong = [{**each, "score": 0.5} for each in preds[2:4]]
    gt["annotations"] += [
        {**each, "id": each["id"] + 10 * image, "image_id": image}
        for image in range(3, 9)
        for each in gt["annotations"][:2]
    ]
    gt["images"] += [{**gt["images"][0], "id": image} for image in range(3, 9)]
    right = [{**each, "score": 0.4} for each in gt["annotations"] if each["image_id"] != 2]
    assert notes_of_boxes(wrong + right, gt) == [
        (
            "predictions: 2 boxes reach out of their image (x to 152 of 100), first in image 2. "
            "Are they x1, y1, x2, y2? Boxes are x, y, width, height. That is so in 1 image"
        )
    ]


def test_boxes_of_another_form_in_both_files_are_told_by_their_images() -> None:
    def write(x: float, y: float, w: float, h: float) -> list[float]:
        return [x, y, x + w, y + h]

    preds, gt = box_scene(write)
    for annotation in gt["annotations"]:
        annotation["bbox"] = write(*annotation["bbox"])
    hint = "All lie in their images as x1, y1, x2, y2. Boxes are x, y, width, height"
    notes = notes_of_boxes(preds, gt)
    assert all(note.endswith(hint) for note in notes)
    assert [note.split(":")[0] for note in notes] == ["predictions", "ground truth"]


def test_areas_of_boxes_are_told_even_where_they_are_near_those_of_the_masks() -> None:
    preds, gt = scene()
    for record in gt["annotations"]:
        x, y, w, h = record["bbox"]
        record["segmentation"] = [[x, y, x + w, y, x + w, y + h, x + w / 2, y + h, x, y + h / 2]]
    [note] = [each for each in average_precision(preds, gt).notes if each.code == "mask-area"]
    assert note.message == (
        "ground truth: the area field of 4 annotations is not that of their masks (300 for 263); "
        "size buckets go by it. They are those of the boxes"
    )
    gt["annotations"][0]["area"] = 263
    codes = {each.code for each in average_precision(preds, gt).notes}
    assert "mask-area" not in codes


@pytest.mark.parametrize("width", [100, 99])
@pytest.mark.parametrize("value", [1, 255])
def test_a_picture_in_place_of_polygons_is_an_error(width: int, value: int) -> None:
    """Of an even width its rows could be parts of a polygon, of an odd one they could not."""
    preds, gt = scene()
    for image in gt["images"]:
        image["width"] = width
    for record in preds:
        picture = value * drawn(record["bbox"])[:, :width].astype(int)
        record["segmentation"] = picture.tolist()
    with pytest.raises(FormatError) as raised:
        average_precision(preds, gt)
    assert raised.value.message == (
        f"predictions: prediction #0 (image_id 1): segmentation is a picture (60 rows of {width} "
        "numbers), expected polygons or run lengths: encode it with pycocotools.mask.encode."
        " 3 more like it."
    )
    (error,) = check(preds, gt).errors
    assert error.message.endswith("encode it with pycocotools.mask.encode. 3 more like it.")
