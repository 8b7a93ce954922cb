"""`check` finds in panoptic files what an evaluation refuses, in the same words."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segeval
from segeval import check, panoptic_quality
from segeval.checks.panoptic_pictures import union_too_small
from segeval.errors import InputError
from tests.panoptic_build import build, drawing, segment
from tests.parity.panoptic_scenes import write_picture

Change = Callable[[dict[str, Any], dict[str, Any]], object]

DRAWN = (drawing("aab"), [segment("a", 1), segment("b", 7)])


def spoilt(folder: Path, change: Change) -> tuple[Path, Path]:
    """A clean pair of panoptic files of two images after the change."""
    paths = (
        build(folder / "preds.json", DRAWN, DRAWN),
        build(folder / "gt.json", DRAWN, DRAWN, gt=True),
    )
    files = [json.loads(path.read_text()) for path in paths]
    change(*files)
    for path, file in zip(paths, files, strict=True):
        path.write_text(json.dumps(file))
    return paths


def info(file: dict[str, Any], image: int = 0, place: int = 1) -> dict[str, Any]:
    """One segment of a file."""
    found: dict[str, Any] = file["annotations"][image]["segments_info"][place]
    return found


def first_image(file: dict[str, Any]) -> Any:
    """The id of the first image of a file."""
    return file["annotations"][0]["image_id"]


CASES: dict[str, tuple[Change, str]] = {
    "unknown category": (lambda preds, gt: info(preds).update(category_id=99), "unknown-category"),
    "unknown category in the ground truth": (
        lambda preds, gt: info(gt).update(category_id=99),
        "unknown-category",
    ),
    "no prediction for an image": (lambda preds, gt: preds["annotations"].pop(), "missing-image"),
    "an image twice": (
        lambda preds, gt: preds["annotations"][1].update(image_id=first_image(preds)),
        "duplicate-image",
    ),
    "a category twice": (
        lambda preds, gt: gt["categories"].append(dict(gt["categories"][0])),
        "duplicate-category",
    ),
    "a segment twice": (
        lambda preds, gt: info(gt).update(id=info(gt, place=0)["id"]),
        "duplicate-id",
    ),
    "no categories": (lambda preds, gt: gt["categories"].clear(), "no-categories"),
    "no isthing": (lambda preds, gt: gt["categories"][0].pop("isthing"), "no-isthing"),
    "a segment of id 0": (lambda preds, gt: info(gt).update(id=0), "bad-field"),
    "an annotation that is no object": (
        lambda preds, gt: gt.update(annotations=[1]),
        "bad-field",
    ),
    "no annotations": (lambda preds, gt: gt.pop("annotations"), "not-panoptic"),
    "annotations that are no list": (lambda preds, gt: gt.update(annotations=5), "not-panoptic"),
    "annotations of instances": (
        lambda preds, gt: gt.update(annotations=[{"id": 1, "image_id": 1, "bbox": [0, 0, 1, 1]}]),
        "not-panoptic",
    ),
    "no segments in any annotation": (
        lambda preds, gt: [each.pop("segments_info") for each in gt["annotations"]],
        "not-panoptic",
    ),
    "no segments in the first annotations": (
        lambda preds, gt: [each["annotations"][0].pop("segments_info") for each in (preds, gt)],
        "not-panoptic",
    ),
    "predictions without annotations": (lambda preds, gt: preds.pop("annotations"), "not-panoptic"),
    "no name of a picture": (
        lambda preds, gt: preds["annotations"][0].update(file_name=""),
        "bad-field",
    ),
    "another name of a picture": (
        lambda preds, gt: preds["annotations"][1].update(file_name="9.png"),
        "no-file",
    ),
    "an id in another place": (lambda preds, gt: info(preds).update(id=3), "segment-ids"),
    "an id in another place in the ground truth": (
        lambda preds, gt: info(gt, image=1).update(id=3),
        "segment-ids",
    ),
    "a segment that no picture has": (
        lambda preds, gt: preds["annotations"][1]["segments_info"].append(
            {"id": 9, "category_id": 1}
        ),
        "segment-ids",
    ),
    "an area below the shared pixels": (
        lambda preds, gt: info(gt, image=1, place=0).update(area=0),
        "area",
    ),
    "an area as good as nothing": (
        lambda preds, gt: info(gt, image=1, place=0).update(area=1e-300),
        "area",
    ),
}

Spoil = Callable[[Path, Path], object]
"""Changes the folders of the pictures of predictions and ground truth."""

PICTURES: dict[str, tuple[Spoil, str]] = {
    "no picture": (lambda preds, gt: (preds / "2.png").unlink(), "no-file"),
    "no picture of the ground truth": (lambda preds, gt: (gt / "1.png").unlink(), "no-file"),
    "no folder": (lambda preds, gt: preds.rename(preds.with_name("moved")), "no-folder"),
    "a text as a picture": (
        lambda preds, gt: (gt / "2.png").write_text("no picture"),
        "not-a-picture",
    ),
    "a picture of greys": (
        lambda preds, gt: Image.new("L", (3, 1)).save(preds / "1.png"),
        "picture-mode",
    ),
    "another size": (
        lambda preds, gt: write_picture(preds / "1.png", drawing("aab", "aab")),
        "size-differs",
    ),
    "an id that only the picture has": (
        lambda preds, gt: write_picture(preds / "2.png", drawing("cab")),
        "segment-ids",
    ),
    "an id that only the file has": (
        lambda preds, gt: write_picture(gt / "2.png", drawing("aaa")),
        "segment-ids",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_pq_refuses_about_a_record_is_found(case: str, tmp_path: Path) -> None:
    change, code = CASES[case]
    assert_found(spoilt(tmp_path, change), code)


@pytest.mark.parametrize("case", PICTURES)
def test_what_pq_refuses_about_a_picture_is_found(case: str, tmp_path: Path) -> None:
    spoil, code = PICTURES[case]
    paths = spoilt(tmp_path, lambda preds, gt: None)
    spoil(*(path.with_suffix("") for path in paths))
    assert_found(paths, code)


def assert_found(paths: tuple[Path, Path], code: str) -> None:
    """`pq` refuses the files, and `check` finds the same in the same words."""
    with pytest.raises(InputError) as raised:
        panoptic_quality(*paths)
    error = raised.value
    assert error.code == code
    found = [each for each in check(*paths).errors if each.code == code]
    finding = next(each for each in found if each.path == error.path)
    assert finding.error is type(error)
    assert (finding.index, finding.field) == (error.index, error.field)
    assert finding.refusal().message == error.message


def test_pictures_of_both_files_and_of_all_images_are_looked_at(tmp_path: Path) -> None:
    paths = spoilt(tmp_path, lambda preds, gt: None)
    for path, name in zip(paths, ("1.png", "2.png"), strict=True):
        write_picture(path.with_suffix("") / name, drawing("cde"))
    errors = check(*paths).errors
    assert [(each.code, each.count) for each in errors] == [("segment-ids", 6), ("segment-ids", 4)]
    assert errors[0].message.startswith("has 3 ids that ")
    assert errors[0].message.endswith(": 3, 4, 5. 1 more picture like it.")
    for path in paths:
        (path.with_suffix("") / "1.png").unlink()
    (missing, *_) = check(*paths).errors
    assert (missing.code, missing.count, missing.kind) == ("no-file", 2, "pictures")


def test_pictures_may_be_in_other_folders(tmp_path: Path) -> None:
    paths = spoilt(tmp_path, lambda preds, gt: None)
    for path in paths:
        path.with_suffix("").rename(tmp_path / f"{path.stem} pictures")
    assert [each.code for each in check(*paths).errors] == ["no-folder", "no-folder"]
    assert (
        check(*paths, preds_dir=tmp_path / "preds pictures", gt_dir=tmp_path / "gt pictures").errors
        == ()
    )


def test_of_panoptic_files_in_memory_only_the_records_are_looked_at(tmp_path: Path) -> None:
    paths = spoilt(tmp_path, lambda preds, gt: info(gt).update(category_id=99))
    preds, gt = (json.loads(path.read_text()) for path in paths)
    report = check(preds, gt)
    assert [each.code for each in report.errors] == ["unknown-category"]
    assert "pictures" not in report.fine


def test_a_clean_pair_has_no_findings(tmp_path: Path) -> None:
    report = check(*spoilt(tmp_path, lambda preds, gt: None))
    assert (report.errors, report.warnings) == ((), ())
    assert report.fine == (
        "categories",
        "image ids",
        "category ids",
        "segment ids",
        "images without predictions",
        "pictures",
        "area field",
        "categories of segments",
    )
    assert report.predictions is not None
    assert report.ground_truth is not None
    assert (report.predictions.count, report.ground_truth.count) == (4, 4)
    assert report.ground_truth.encoding == "panoptic"


def test_all_mistakes_of_both_files_are_found(tmp_path: Path) -> None:
    def change(preds: dict[str, Any], gt: dict[str, Any]) -> None:
        info(preds).update(category_id=99)
        info(gt).update(category_id=98)
        gt["categories"].append(dict(gt["categories"][0]))

    codes = [finding.code for finding in check(*spoilt(tmp_path, change)).errors]
    assert codes == ["duplicate-category", "unknown-category", "unknown-category"]


def test_panoptic_predictions_are_checked_alone_too(tmp_path: Path) -> None:
    preds, _ = spoilt(tmp_path, lambda preds, gt: None)
    report = check(preds)
    assert (report.errors, report.fine) == ((), ("image ids", "segment ids", "pictures"))
    assert report.predictions is not None
    assert (report.predictions.encoding, report.ground_truth) == ("panoptic", None)
    preds, _ = spoilt(tmp_path, lambda preds, gt: info(preds).update(id=1))
    assert [each.code for each in check(preds).errors] == ["duplicate-id"]


def test_panoptic_ground_truth_is_checked_alone_as_such(tmp_path: Path) -> None:
    _, gt = spoilt(tmp_path, lambda preds, gt: None)
    report = check(gt)
    kinds = ("categories", "image ids", "category ids", "segment ids", "pictures")
    assert (report.errors, report.fine, report.predictions) == ((), kinds, None)
    assert report.ground_truth is not None
    assert report.ground_truth.encoding == "panoptic"
    _, gt = spoilt(tmp_path, lambda preds, gt: info(gt).update(category_id=98, id=77))
    codes = [each.code for each in check(gt).errors]
    assert codes == ["unknown-category", "segment-ids", "segment-ids"]


def test_escaped_keys_are_those_of_panoptic_ground_truth_too(tmp_path: Path) -> None:
    _, gt = spoilt(tmp_path, lambda preds, gt: gt["categories"][0].pop("id"))
    plain = check(gt)
    gt.write_text(gt.read_text().replace("segments_info", r"segments\u005finfo"))
    assert plain.errors
    assert check(gt).to_dict() == plain.to_dict()


def test_standard_input_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = spoilt(tmp_path, lambda preds, gt: None)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(paths[0].read_bytes())))
    report = check("-", paths[1])
    assert "panoptic" in [finding.code for finding in report.errors]


def test_a_union_is_too_small_where_iou_would_reach_2_to_the_53() -> None:
    pixels = np.array([3, 3, 3, 1, 5])
    least = 3 * 2.0**-53
    union = np.array([-1.0, 0.0, least, 1.0, np.nextafter(5 * 2.0**-53, 1)])
    assert union_too_small(pixels, union).tolist() == [True, True, True, False, False]
    assert (pixels[3:] / union[3:] < 2.0**53).all()


GRIDS = [
    drawing(*rows)
    for rows in (("aabb", "ccdd"), ("abcd", "abcd"), ("aaab", "cccd"), ("abbb", "cddd"))
]


def several(folder: Path, change: Change) -> tuple[Path, Path]:
    """Clean panoptic files of four images, with other segments in each, after the change."""
    scenes = [
        (
            each,
            [segment(name, 1 + 6 * ((place + number) % 2)) for number, name in enumerate("abcd")],
        )
        for place, each in enumerate(GRIDS)
    ]
    paths = (
        build(folder / "preds.json", *scenes),
        build(folder / "gt.json", *scenes, gt=True),
    )
    files = [json.loads(path.read_text()) for path in paths]
    change(*files)
    for path, file in zip(paths, files, strict=True):
        path.write_text(json.dumps(file))
    return paths


def told(paths: tuple[Path, Path], code: str) -> str:
    """What PQ and `check` say alike."""
    [note] = [each.message for each in panoptic_quality(*paths).notes if each.code == code]
    [found] = [each for each in check(*paths).warnings if each.code == code]
    assert note == f"{found.path}: {found.message}. {found.hint}".removesuffix(".")
    return f"{found.message}. {found.hint}"


def test_exchanged_categories_are_told_by_check_as_by_pq(tmp_path: Path) -> None:
    def exchange(preds: dict[str, Any], _: dict[str, Any]) -> None:
        for each in preds["annotations"]:
            for found in each["segments_info"]:
                found["category_id"] = {1: 7, 7: 1}[found["category_id"]]

    assert told(several(tmp_path, exchange), "mapped-categories") == (
        "segments of these categories are found as another one: 1 as 7 (8 of 8), 7 as 1 (8 of 8). "
        "Do the category ids mean the same in both files?"
    )


def test_images_without_a_predicted_segment_are_counted(tmp_path: Path) -> None:
    def clear(preds: dict[str, Any], _: dict[str, Any]) -> None:
        for each in preds["annotations"][:3]:
            each["segments_info"] = []
            file = tmp_path / "preds" / each["file_name"]
            write_picture(file, np.zeros_like(np.asarray(Image.open(file))[..., 0], np.int64))

    message = told(several(tmp_path, clear), "no-prediction-for-images")
    assert message.startswith(
        "3 of 4 images with segments have no predicted segment: theirs count "
    )
    assert message.endswith(". Was the model run on a part?")


def test_predictions_of_other_images_are_told(tmp_path: Path) -> None:
    def go_round(preds: dict[str, Any], _: dict[str, Any]) -> None:
        for each in preds["annotations"]:
            each["image_id"] = each["image_id"] % 4 + 1

    assert told(several(tmp_path, go_round), "misplaced-labels").startswith(
        "predictions moved to other images (that of image 1 to image 4) agree with 100.0 % of the "
        "ground truth, as they are with "
    )


def test_a_subset_of_the_images_is_not_called_positions(tmp_path: Path) -> None:
    [error] = check(*several(tmp_path, lambda preds, _: preds["annotations"].pop())).errors
    assert (error.code, error.hint) == (
        "missing-image",
        "Every image needs one; without segments its segments_info is empty.",
    )


def test_pictures_are_not_compared_where_ids_cannot_be(tmp_path: Path) -> None:
    def to_text(preds: dict[str, Any], _: dict[str, Any]) -> None:
        for each in preds["annotations"]:
            each["image_id"] = f"image {5 - each['image_id']}"

    report = check(*several(tmp_path, to_text))
    assert [each.code for each in (*report.errors, *report.warnings)] == ["id-type"]


def test_fields_that_tell_groups_of_images_are_named(tmp_path: Path) -> None:
    paths = (
        build(tmp_path / "preds.json", *[DRAWN] * 4),
        build(tmp_path / "gt.json", *[DRAWN] * 4, gt=True),
    )
    gt = json.loads(paths[1].read_text())
    gt["images"] = [
        {"id": k + 1, "file_name": f"{k + 1}.jpg", "video_id": k // 2} for k in range(20)
    ]
    paths[1].write_text(json.dumps(gt))
    for report in (check(*paths), check(paths[1])):
        told = [each.message for each in report.warnings if each.code == "image-field-groups"]
        assert told == [
            '20 images have the field "video_id", which has 10 values; 2 images share 0'
        ]


def test_categories_of_one_name_are_told_and_told_apart_on_a_page(tmp_path: Path) -> None:
    preds, gt = spoilt(tmp_path, lambda _, gt: [each.update(name="x") for each in gt["categories"]])
    [found] = check(preds, gt).warnings
    ids = [each["id"] for each in json.loads(gt.read_text())["categories"]]
    listed = ", ".join(map(str, ids[:-1]))
    message = f"the categories {listed} and {ids[-1]} have one name, 'x': each is scored by itself"
    assert (found.code, found.message) == ("repeated-name", message)
    assert [each.message for each in check(gt).warnings] == [message]
    notes = [each.message for each in panoptic_quality(preds, gt).notes]
    assert f"{gt}: {message}" in notes
    assert f"x (id {ids[0]})" in segeval.report(preds, gt, top=0).html
