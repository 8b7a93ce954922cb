"""Id maps of COCO's files: what lies on top, and what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import FormatError, InputError, MismatchError, load_ground_truth, load_predictions
from segeval.data.id_maps.read import read_id_map
from segeval.data.id_maps.write import coco_to_id_maps
from segeval.masks import compress, encode


def mask(text: str) -> dict[str, Any]:
    """A mask of one row, "x" for foreground."""
    pixels = np.array([[letter == "x" for letter in text]])
    return {"size": [1, len(text)], "counts": compress(encode([pixels])).strings()[0]}


def file(*masks: str, **image: Any) -> dict[str, Any]:
    """Ground truth of one image."""
    return {
        "images": [{"id": 7, "file_name": "a.jpg", "height": 1, "width": 6, **image}],
        "categories": [{"id": 1}, {"id": 2}],
        "annotations": [
            {"id": place + 1, "image_id": 7, "category_id": 1, "iscrowd": 0, "area": 1,
             "segmentation": mask(text)}
            for place, text in enumerate(masks)
        ],
    }  # fmt: skip


def notes(written: Any) -> dict[str, str]:
    return {note.code: note.message for note in written.notes}


def test_the_smallest_object_lies_on_top_and_overlaps_are_told(tmp_path: Path) -> None:
    gt = load_ground_truth(file("x.....", "xxxx..", "..xxx."))
    written = coco_to_id_maps(gt, tmp_path / "maps")
    assert read_id_map(tmp_path / "maps" / "a.png").tolist() == [[1, 2, 3, 3, 3, 0]]
    assert notes(written) == {
        "overlap": "ground truth: 3 pixels of several objects given to the smallest"
    }


def test_of_equal_objects_the_first_lies_on_top_and_the_covered_one_is_told(
    tmp_path: Path,
) -> None:
    written = coco_to_id_maps(load_ground_truth(file("xx....", "xx....")), tmp_path / "maps")
    assert read_id_map(tmp_path / "maps" / "a.png").tolist() == [[1, 1, 0, 0, 0, 0]]
    assert written.objects == 1
    assert notes(written)["covered"] == "ground truth: 1 object covered by others left out"


def test_the_prediction_with_the_highest_score_lies_on_top(tmp_path: Path) -> None:
    found = [
        {"image_id": 7, "category_id": place, "score": score, "segmentation": mask(text)}
        for place, (score, text) in enumerate([(0.5, "xx...."), (0.9, ".xxxx."), (0.5, "xxx...")])
    ]
    written = coco_to_id_maps(
        load_ground_truth(file()), tmp_path / "maps", preds=load_predictions(found)
    )
    assert read_id_map(tmp_path / "maps" / "a.png").tolist() == [[1, 2, 2, 2, 2, 0]]
    assert (tmp_path / "maps" / "scores.csv").read_text() == (
        "image,id,score\na.png,1,0.5\na.png,2,0.9\n"
    )
    assert notes(written) == {
        "one-category": "predictions: 3 categories became one",
        "overlap": "predictions: 4 pixels of several objects given to the highest score",
        "covered": "predictions: 1 object covered by others left out",
    }


def test_crowd_regions_are_left_out_and_counted(tmp_path: Path) -> None:
    gt = file("xx....", "..xx..")
    gt["annotations"][0]["iscrowd"] = 1
    written = coco_to_id_maps(load_ground_truth(gt), tmp_path / "maps")
    assert read_id_map(tmp_path / "maps" / "a.png").tolist() == [[0, 0, 1, 1, 0, 0]]
    assert notes(written) == {"crowd": "ground truth: 1 crowd region left out: not single objects"}


@pytest.mark.parametrize(
    ("gt", "message"),
    [
        (file("xx....", height=None), "image 7 has no height or no width"),
        (file("xx...", width=6), r"mask is 1 x 5, its image 1 x 6"),
        (file(file_name="../a.jpg"), "is named '../a.jpg', expected a path within a folder"),
        (file(file_name="/a.jpg"), "is named '/a.jpg', expected a path within a folder"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_nothing_is_written(
    tmp_path: Path, gt: Any, message: str
) -> None:
    with pytest.raises((FormatError, MismatchError), match=message):
        coco_to_id_maps(load_ground_truth(gt), tmp_path / "maps")
    assert not (tmp_path / "maps").exists()


def test_two_images_of_one_name_are_refused(tmp_path: Path) -> None:
    gt = file()
    gt["images"].append({**gt["images"][0], "id": 8, "file_name": "a.png"})
    with pytest.raises(FormatError, match=r"images 7 and 8 would both be written to a\.png\."):
        coco_to_id_maps(load_ground_truth(gt), tmp_path / "maps")


def test_predictions_of_unknown_images_are_refused(tmp_path: Path) -> None:
    found = [{"image_id": 9, "category_id": 1, "score": 1, "segmentation": mask("xx....")}]
    with pytest.raises(MismatchError, match=r"prediction #0 \(image_id 9\).*has no such image"):
        coco_to_id_maps(load_ground_truth(file()), tmp_path, preds=load_predictions(found))


def test_a_folder_with_files_is_kept_unless_they_may_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("")
    (tmp_path / "other.txt").write_text("")
    with pytest.raises(InputError, match="is not empty"):
        coco_to_id_maps(load_ground_truth(file()), tmp_path)
    coco_to_id_maps(load_ground_truth(file()), tmp_path, overwrite=True)
    assert read_id_map(tmp_path / "a.png").tolist() == [[0] * 6]
    assert (tmp_path / "other.txt").exists()


def test_an_image_without_a_name_gets_its_id(tmp_path: Path) -> None:
    coco_to_id_maps(load_ground_truth(file(file_name="")), tmp_path / "maps")
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["7.png"]
