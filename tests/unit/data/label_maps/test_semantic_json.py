"""detectron2's JSON of label maps gives the numbers of the label maps themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import check, mean_iou
from segeval.errors import FormatError, InputError, MismatchError
from segeval.limits import raised
from tests.build import coco_rle

GT = np.array([[0, 0, 1, 1], [0, 2, 2, 1]], np.uint8)
PRED = np.array([[0, 1, 1, 1], [0, 2, 2, 2]], np.uint8)


def records(labels: Any, name: str = "images/a.jpg") -> list[dict[str, Any]]:
    """A mask for each class of a label map."""
    return [
        {"file_name": name, "category_id": label, "segmentation": coco_rle(labels == label)}
        for label in np.unique(labels).tolist()
    ]


def write(tmp_path: Path, found: Any, **gts: Any) -> tuple[Path, Path]:
    """The file of predictions and the folder of ground truth."""
    preds, gt = tmp_path / "sem_seg_predictions.json", tmp_path / "gt"
    preds.write_text(json.dumps(found))
    gt.mkdir(exist_ok=True)
    for name, labels in (gts or {"a": GT}).items():
        Image.fromarray(labels).save(gt / f"{name}.png")
    return preds, gt


def test_masks_in_json_score_as_label_maps_do(tmp_path: Path) -> None:
    found = [*records(PRED), *records(GT, "b.jpg")]
    preds, gt = write(tmp_path, found, a=GT, b=GT)
    expected = mean_iou([PRED, GT], [GT, GT], classes=3)
    assert mean_iou(preds, gt, classes=3).to_dict()["results"] == expected.to_dict()["results"]
    report = check(preds, gt, classes=3)
    assert (report.errors, report.warnings) == ((), ())


def test_one_image_may_be_paired_with_a_file(tmp_path: Path) -> None:
    preds, gt = write(tmp_path, records(GT))
    assert mean_iou(preds, gt / "a.png", classes=3).miou == 1


def test_frames_of_cityscapes_are_paired(tmp_path: Path) -> None:
    frame = "ulm_000003_000019"
    preds, gt = write(
        tmp_path,
        records(np.full((2, 2), 26), f"leftImg8bit/{frame}_leftImg8bit.png"),
        **{f"{frame}_gtFine_labelIds": np.full((2, 2), 26, np.uint8)},
    )
    assert mean_iou(preds, gt, classes="cityscapes").miou == 1


def test_an_image_without_prediction_is_named(tmp_path: Path) -> None:
    preds, gt = write(tmp_path, records(GT), a=GT, b=GT)
    with pytest.raises(MismatchError, match=r"json: has no prediction for .*b\.png"):
        mean_iou(preds, gt, classes=3)


def refusal(tmp_path: Path, found: Any, **settings: Any) -> str:
    preds, gt = write(tmp_path, found)
    with pytest.raises(InputError) as caught:
        mean_iou(preds, gt, **{"classes": 3, **settings})
    report = check(preds, gt, **{"classes": 3, **settings})
    assert [finding.refusal().message for finding in report.errors] == [caught.value.message]
    return caught.value.message.replace(str(preds), "preds.json")


def test_masks_that_overlap_are_refused(tmp_path: Path) -> None:
    found = records(PRED)
    found[1]["segmentation"] = coco_rle((PRED > 0).astype(np.uint8))
    assert refusal(tmp_path, found) == (
        "preds.json: images/a.jpg: classes 1 and 2 share 3 pixels, expected one class per pixel."
    )


def test_pixels_without_a_class_are_refused_or_misses(tmp_path: Path) -> None:
    assert refusal(tmp_path, records(PRED)[:2]) == (
        "preds.json: images/a.jpg: 3 pixels are in no mask, expected a class for every pixel. "
        "`ignore=255` counts them as misses."
    )
    preds, gt = write(tmp_path, records(PRED)[:2])
    pred = np.where(PRED == 2, 255, PRED)
    for ignore, label in ((255, 255), ("others", 77)):
        expected = mean_iou([np.where(pred == 255, label, pred)], [GT], classes=3, ignore=ignore)
        assert mean_iou(preds, gt, classes=3, ignore=ignore).miou == expected.miou


def test_masks_of_different_sizes_are_refused(tmp_path: Path) -> None:
    found = [*records(PRED), {**records(GT.T)[0], "category_id": 3}]
    assert refusal(tmp_path, found) == (
        "preds.json: images/a.jpg: its masks differ in size: 2 x 4 and 4 x 2 pixels."
    )
    assert "has 4 x 2 pixels, the ground truth" in refusal(tmp_path, records(GT.T))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            {"images": [], "annotations": []},
            "preds.json: holds annotations of objects, expected detectron2's",
        ),
        (
            [{"file_name": "a.jpg", "category_id": 1}],
            "missing required field `segm",
        ),
        (
            [{"file_name": "a.jpg", "category_id": -1, "segmentation": coco_rle(GT)}],
            "preds.json: record #0: category_id is -1, expected 0 to 65535.",
        ),
        (
            [{"file_name": "a.jpg", "category_id": 1, "segmentation": [[0, 0, 1, 1, 2, 2]]}],
            "preds.json: record #0: segmentation has no size, expected",
        ),
        ([{"image_id": 1, "caption": "x"}], "preds.json: holds captions, expected detectron2's"),
    ],
)
def test_other_json_is_refused(value: Any, words: str, tmp_path: Path) -> None:
    assert words in refusal(tmp_path, value)


def test_a_claim_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    preds, gt = write(tmp_path, records(PRED))
    with raised(picture_pixels=7), pytest.raises(FormatError, match=r"a\.jpg has 8 pixels"):
        mean_iou(preds, gt, classes=3)


def test_other_files_are_called_by_their_name(tmp_path: Path) -> None:
    path, gt = tmp_path / "a.h5", tmp_path / "a.png"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    Image.fromarray(GT).save(gt)
    with pytest.raises(FormatError, match=r"a\.h5: is an HDF5 file, expected a label map"):
        mean_iou(path, gt, classes=3)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            [{"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": {}}],
            (
                "holds predictions of objects, expected detectron2's list of {file_name, "
                "category_id, segmentation}, a mask per class and image. Evaluate them with "
                "`average_precision`, against ground truth in COCO's format."
            ),
        ),
        (
            {"images": [], "annotations": [], "categories": []},
            (
                "holds annotations of objects, expected detectron2's list of {file_name, "
                "category_id, segmentation}, a mask per class and image. Evaluate it with "
                "`average_precision`."
            ),
        ),
    ],
)
def test_files_of_objects_are_sent_to_average_precision(
    tmp_path: Path, content: Any, told: str
) -> None:
    preds, gt = write(tmp_path, content)
    with pytest.raises(FormatError) as caught:
        mean_iou(preds, gt, classes=3)
    assert caught.value.message == f"{preds}: {told}"
