"""Records of SAM: another field is the score, no category, the image in the file's name."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from segeval import average_precision, check, load_predictions, match
from segeval.errors import FormatError
from tests.check_cases import clean_gt, clean_preds, only

EXTRA = {"area": 100, "point_coords": [[1.5, 2]], "stability_score": 0.5, "crop_box": [0, 0, 9, 9]}


def records(image: int) -> list[dict[str, Any]]:
    """The clean predictions of one image as SAM's automatic generator writes them."""
    return [
        {"segmentation": each["segmentation"], "predicted_iou": each["score"], **EXTRA}
        for each in clean_preds()
        if each["image_id"] == image
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One file per image, with its id in the name."""
    found = tmp_path / "sam"
    found.mkdir()
    for image in (1, 2):
        (found / f"sa_{image:03}.json").write_text(json.dumps(records(image)))
    return found


SAM: dict[str, Any] = {"score_field": "predicted_iou", "agnostic": True}


def test_a_folder_of_sam_is_evaluated(folder: Path) -> None:
    preds = load_predictions(folder, **SAM)
    assert preds.image_id.tolist() == [1, 2, 2]
    assert preds.score.tolist() == [0.9, 0.8, 0.7]
    expected = average_precision(clean_preds(), clean_gt(), agnostic=True)
    result = average_precision(folder, clean_gt(), **SAM)
    assert result.to_dict()["results"] == expected.to_dict()["results"]
    assert len(match(folder, clean_gt(), **SAM)) == 3
    assert check(folder, clean_gt(), **SAM).errors == ()


def test_files_of_the_data_set_of_sam_name_their_image(tmp_path: Path) -> None:
    path = tmp_path / "any.json"
    image = {"image_id": 2, "width": 30, "height": 20, "file_name": "sa_2.jpg"}
    path.write_text(json.dumps({"image": image, "annotations": records(2)}))
    assert load_predictions(path, **SAM).image_id.tolist() == [2, 2]


def test_without_the_field_the_way_to_go_is_said(folder: Path) -> None:
    path = folder / "sa_001.json"
    with pytest.raises(FormatError, match=r"holds masks of SAM's .* `score_field='predicted_iou'`"):
        average_precision(folder, clean_gt())
    with pytest.raises(FormatError) as caught:
        load_predictions(folder, score_field="predicted_io", agnostic=True)
    assert caught.value.message == (
        f"{path}: prediction #0 has no predicted_io (`score_field`), only segmentation, "
        "predicted_iou, area, point_coords, stability_score, crop_box."
    )
    with pytest.raises(FormatError, match=r"no category_id\. .*; `agnostic=True` ignores categ"):
        load_predictions(folder, score_field="predicted_iou")
    assert only(check(path, score_field="nothing").errors).code == "missing-score"


def test_a_file_without_a_number_in_its_name_needs_image_ids(tmp_path: Path) -> None:
    path = tmp_path / "masks.json"
    path.write_text(json.dumps(records(1)))
    with pytest.raises(FormatError, match="prediction #0 has no image_id"):
        load_predictions(path, **SAM)


def test_image_ids_of_records_win_over_the_name(tmp_path: Path) -> None:
    path = tmp_path / "epoch_12.json"
    path.write_text(json.dumps(clean_preds()))
    assert load_predictions(path).image_id.tolist() == [1, 2, 2]


def test_scores_of_another_field_are_read_beside_a_score() -> None:
    preds = [{**each, "mask_score": 0.25} for each in clean_preds()]
    assert load_predictions(preds, score_field="mask_score").score.tolist() == [0.25] * 3


def test_any_category_counts_where_categories_are_ignored() -> None:
    preds, gt = clean_preds(), clean_gt()
    for place, record in enumerate(preds):
        record["category_id"] = (77, 1, 5)[place]
    official = copy.deepcopy(preds)
    for record in official:
        record["category_id"] = 1
    truth = COCO()
    truth.dataset = copy.deepcopy(gt)
    truth.createIndex()
    evaluation = COCOeval(truth, truth.loadRes(official), "segm")
    evaluation.params.useCats = 0
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    result = average_precision(preds, gt, agnostic=True)
    assert (result.ap, result.ap50, result.ap75) == tuple(evaluation.stats[:3])
    assert check(preds, gt, agnostic=True).errors == ()
    assert [each.code for each in check(preds, gt).errors] == ["unknown-category"]
    # the package itself leaves unknown categories out
    compat = average_precision(preds, gt, agnostic=True, compat="pycocotools")
    assert [note.count for note in compat.notes if note.code == "unknown-category"] == [2]
