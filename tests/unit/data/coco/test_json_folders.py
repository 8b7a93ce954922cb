"""A folder or a pattern of JSON files is read as one file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from segeval import average_precision, check, load_ground_truth, load_predictions
from segeval.errors import FormatError, InputError, MismatchError
from tests.check_cases import clean_gt, clean_preds


def write(folder: Path, **files: Any) -> Path:
    """A folder with a JSON file for each value."""
    folder.mkdir()
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def per_image() -> dict[str, Any]:
    """The clean predictions by the number of their image."""
    preds = clean_preds()
    return {f"img_{i}": [each for each in preds if each["image_id"] == i] for i in (1, 2)}


def gt_per_image(**first_ids: int) -> dict[str, Any]:
    """The clean ground truth, a file per image."""
    gt = clean_gt()
    files = {}
    for place, (image, annotation) in enumerate(zip(gt["images"], gt["annotations"], strict=True)):
        files[f"{place}"] = {
            "images": [image],
            "annotations": [{**annotation, **first_ids}],
            "categories": gt["categories"],
        }
    return files


def test_a_folder_is_read_as_one_file(tmp_path: Path) -> None:
    preds, gt = write(tmp_path / "preds", **per_image()), write(tmp_path / "gt", **gt_per_image())
    (preds / ".hidden.json").write_text("{")
    (preds / "notes.txt").write_text("x")
    expected = average_precision(clean_preds(), clean_gt())
    for source in (preds, str(preds / "*.json"), preds / "img_?.json"):
        assert load_predictions(source).source == str(source)
        assert average_precision(source, gt).ap == expected.ap
    report = check(preds, gt)
    assert (report.errors, report.warnings) == ((), ())
    assert report.predictions is not None
    assert (report.predictions.source, report.predictions.count) == (str(preds), 3)


def test_files_are_read_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    record = clean_preds()[0]
    names = ["b", "B", "a", "é", "10", "2"]
    preds = write(
        tmp_path / "preds",
        **{name: [{**record, "image_id": n, "score": 0.5}] for n, name in enumerate(names)},
    )
    (preds / "c.json.gz").write_bytes(
        gzip.compress(json.dumps([{**record, "image_id": 9}]).encode())
    )
    assert load_predictions(preds).image_id.tolist() == [4, 5, 1, 2, 0, 9, 3]


def test_errors_name_the_file(tmp_path: Path) -> None:
    files = per_image()
    del files["img_2"][1]["score"]
    preds = write(tmp_path / "preds", **files)
    with pytest.raises(FormatError, match=r"preds/img_2\.json: prediction #1 .* has no score"):
        load_predictions(preds)
    report = check(preds, clean_gt())
    assert [finding.path for finding in report.errors] == [str(preds / "img_2.json")]
    assert report.predictions is not None
    assert report.predictions.count == 3


def test_files_that_each_count_from_1_are_refused(tmp_path: Path) -> None:
    files = per_image()
    for record in files["img_2"]:
        record["image_id"] = 1
    preds = write(tmp_path / "preds", **files)
    words = (
        f"{preds / 'img_2.json'}: has image_id 1, as {preds / 'img_1.json'} has. Every image needs "
        "an id of its own, the same in predictions and ground truth; files that each count from 1 "
        "cannot be told apart."
    )
    with pytest.raises(MismatchError) as caught:
        load_predictions(preds)
    assert caught.value.message == words
    assert [each.refusal().message for each in check(preds, clean_gt()).errors] == [words]


def test_files_of_several_images_may_share_some(tmp_path: Path) -> None:
    preds = clean_preds()
    folder = write(tmp_path / "preds", a=preds[:2], b=preds[2:])
    assert len(load_predictions(folder)) == 3


def test_ground_truth_that_counts_images_anew_is_refused(tmp_path: Path) -> None:
    files = gt_per_image()
    files["1"]["images"][0]["id"] = files["1"]["annotations"][0]["image_id"] = 1
    gt = write(tmp_path / "gt", **files)
    with pytest.raises(MismatchError) as caught:
        load_ground_truth(gt)
    assert caught.value.message.startswith(
        f"{gt / '1.json'}: has image_id 1 (2.jpg and 1.jpg), as {gt / '0.json'} has. Every image"
    )
    assert [each.code for each in check(clean_preds(), gt).errors] == ["repeated-image"]


def test_annotations_that_are_counted_anew_are_numbered(tmp_path: Path) -> None:
    gt = load_ground_truth(write(tmp_path / "gt", **gt_per_image(id=1)))
    assert gt.id.tolist() == [1, 2]
    assert [note.message for note in gt.notes] == [
        f"{tmp_path / 'gt'}: files share annotation ids; all 2 annotations are numbered anew"
    ]
    expected = average_precision(clean_preds(), clean_gt()).ap
    assert average_precision(clean_preds(), gt).ap == expected


def test_ground_truth_of_other_categories_is_refused(tmp_path: Path) -> None:
    files = gt_per_image()
    files["1"]["categories"] = files["1"]["categories"][1:]
    gt = write(tmp_path / "gt", **files)
    with pytest.raises(MismatchError, match=r"gt/1\.json: the categories differ from those of"):
        load_ground_truth(gt)


def test_a_folder_or_pattern_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_predictions(tmp_path)
    assert caught.value.message == (
        f"{tmp_path}: is a folder without JSON files, expected a file, or a folder of .json files. "
        "Folders of label maps go with `mean_iou`, of id maps with `id_maps_ap`, lists of "
        "Cityscapes with `cityscapes_ap`."
    )
    with pytest.raises(InputError, match=r"\*\.json: no file matches this pattern\."):
        load_predictions(tmp_path / "*.json")


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "preds[1].json"
    path.write_text(json.dumps(clean_preds()))
    assert len(load_predictions(path)) == 3


def test_a_folder_without_files_says_what_is_there_instead(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.1 0.9\n")
    with pytest.raises(InputError) as caught:
        load_predictions(tmp_path / "labels")
    assert caught.value.message == (
        f"{tmp_path}/labels: is a folder without JSON files, expected a file, or a folder of .json "
        "files. a.txt is a text file of YOLO (a class and numbers in each line). Convert "
        "the folder with `yolo_to_coco`; of predictions Ultralytics also writes COCO's JSON, with "
        "`val(save_json=True)`."
    )
    write(tmp_path / "labels" / "below", a=clean_preds())
    with pytest.raises(InputError) as caught:
        load_predictions(tmp_path / "labels")
    assert caught.value.message.endswith(
        f"Subfolders are not searched: {tmp_path}/labels/below has JSON files."
    )


def test_mistakes_that_are_found_later_name_the_file(tmp_path: Path) -> None:
    files = per_image()
    files["img_2"][1] = {**files["img_2"][1], "category_id": 99}
    folder = write(tmp_path / "preds", **files)
    where = f"prediction #1 of {folder}/img_2.json (image_id 2)"
    with pytest.raises(MismatchError) as caught:
        average_precision(folder, clean_gt())
    assert f"which ground truth does not list (2 categories, 1..2), in {where}." in str(
        caught.value
    )
    [error] = check(folder, clean_gt()).errors
    assert error.message.endswith(f"in {where}")
    files["img_2"][1] = {**files["img_2"][1], "category_id": 2, "score": float("nan")}
    (folder / "img_2.json").write_text(json.dumps(files["img_2"]))
    with pytest.raises(FormatError, match="score is NaN") as refused:
        average_precision(folder, clean_gt())
    assert refused.value.message.startswith(f"{folder}: {where}: score is NaN")
    chosen = load_predictions(folder)[1:]
    assert chosen.describe(1) == f"{folder}: prediction #1 (image_id 2)"


def test_places_count_on_after_records_that_could_not_be_read(tmp_path: Path) -> None:
    files = per_image()
    bad = {**files["img_1"][0], "score": None}
    files["img_1"] = [bad, bad, *files["img_1"]]
    files["img_2"][1] = {**files["img_2"][1], "score": float("nan")}
    folder = write(tmp_path / "preds", **files)
    first, second = check(folder, clean_gt()).errors
    assert first.message.startswith("prediction #0: score is null")
    assert second.message.startswith(
        f"prediction #1 of {folder}/img_2.json (image_id 2): score is "
    )


def test_files_that_are_named_after_other_images_are_told(tmp_path: Path) -> None:
    """Records without image_id take the number in the name of their file."""
    gt = clean_gt()
    for image, name in zip(gt["images"], ("img_2.jpg", "img_1.jpg"), strict=True):
        image["file_name"] = name
    bare = {
        name: [{key: each[key] for key in each if key != "image_id"} for each in records]
        for name, records in per_image().items()
    }
    folder = write(tmp_path / "preds", **bare)
    codes = ("named-after-other-image",)
    [note] = [each for each in average_precision(folder, gt).notes if each.code in codes]
    assert note.message == (
        f"{folder}: 2 files are named after another image than that of the predictions: "
        f"{folder}/img_1.json holds image 1, but img_1.jpg is image 2. Predictions without "
        "image_id are for the number in the name of their file; write image_id"
    )
    [found] = [each for each in check(folder, gt).warnings if each.code in codes]
    assert found.message in note.message
    for image, name in zip(gt["images"], ("a/img_1.jpg", "a/img_2.jpg"), strict=True):
        image["file_name"] = name
    assert not [each for each in average_precision(folder, gt).notes if each.code in codes]
