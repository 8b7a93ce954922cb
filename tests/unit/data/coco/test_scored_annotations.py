"""Predictions as a whole COCO file, and as objects of other packages, are read like lists."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO

from segeval import average_precision, check, load_ground_truth, load_predictions
from segeval.errors import FormatError, InputError, MismatchError
from tests.check_cases import clean_gt, clean_preds


def whole(**changes: Any) -> dict[str, Any]:
    """The clean predictions as a COCO file."""
    gt = clean_gt()
    records = [{"id": place, **each} for place, each in enumerate(clean_preds(), 1)]
    return {**gt, "annotations": records, **changes}


def loaded(tmp_path: Path, results: Any) -> tuple[Any, Any]:
    """pycocotools' objects of the clean ground truth and of these results."""
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(clean_gt()))
    truth = COCO(str(path))
    return truth.loadRes(results), truth


def test_a_whole_file_with_scores_is_read_as_predictions(tmp_path: Path) -> None:
    expected = average_precision(clean_preds(), clean_gt())
    for data in (whole(), {"annotations": whole()["annotations"]}):
        path = tmp_path / "preds.json"
        path.write_text(json.dumps(data))
        assert (
            average_precision(path, clean_gt()).to_dict()["results"]
            == (expected.to_dict()["results"])
        )
        assert average_precision(data, clean_gt()).ap == expected.ap
        report = check(path, clean_gt())
        assert (report.errors, report.warnings) == ((), ())


def test_a_whole_file_may_hold_what_only_python_reads() -> None:
    data = whole()
    data["annotations"][0]["score"] = float("inf")
    assert load_predictions(data).score[0] == np.inf


def test_records_of_a_whole_file_are_named_by_their_place() -> None:
    data = whole()
    del data["annotations"][2]["score"]
    with pytest.raises(FormatError, match=r"^predictions: prediction #2 \(image_id 2\) has no"):
        load_predictions(data)
    assert [each.code for each in check(data, clean_gt()).errors] == ["missing-score"]
    del data["annotations"][0]["score"]
    with pytest.raises(FormatError, match=r"prediction #0 \(image_id 1\) has no score"):
        load_predictions(data)


def test_ground_truth_on_both_sides_is_not_called_swapped() -> None:
    with pytest.raises(FormatError) as caught:
        average_precision(clean_gt(), clean_gt())
    assert caught.value.message == (
        "predictions: is ground truth (its annotations have no score); predictions are a list of "
        "{image_id, category_id, segmentation, score}."
    )


def test_swapped_inputs_are_said() -> None:
    with pytest.raises(InputError, match=r"^the first file is ground truth .* Swap them\.$"):
        average_precision(clean_gt(), clean_preds())  # type: ignore[arg-type]


def test_categories_that_mean_others_in_the_ground_truth_are_refused() -> None:
    gt = clean_gt()
    data = whole(categories=[{"id": 1, "name": "category 2"}, {"id": 2, "name": "category 1"}])
    words = (
        'predictions: category 1 is "category 2" in its own list, but "category 1" in ground '
        'truth, where "category 2" is category 2. 1 more like it. Write the ids of the ground '
        "truth."
    )
    with pytest.raises(MismatchError) as caught:
        average_precision(data, gt)
    assert caught.value.message == words
    assert [each.refusal().message for each in check(data, gt).errors] == [words]
    assert average_precision(data, gt, compat="pycocotools").notes[-1].code == "category-names"


def test_images_that_mean_others_in_the_ground_truth_are_refused() -> None:
    images = copy.deepcopy(clean_gt()["images"])
    images[0]["file_name"], images[1]["file_name"] = "val/2.jpg", "val/1.jpg"
    with pytest.raises(MismatchError, match=r'image 1 is "val/2\.jpg" in its own list, but "1\.'):
        average_precision(whole(images=images), clean_gt())


def test_names_written_differently_are_only_a_note() -> None:
    data = whole(categories=[{"id": 1, "name": "Chaise"}, {"id": 2, "name": "CATEGORY 2"}])
    result = average_precision(data, clean_gt())
    assert [note.message for note in result.notes if note.code == "category-names"] == [
        'predictions: category 1 is "Chaise" in its own list, but "category 1" in ground truth'
    ]
    assert [each.code for each in check(data, clean_gt()).warnings] == ["category-names"]


def test_objects_of_pycocotools_are_read(tmp_path: Path) -> None:
    found, truth = loaded(tmp_path, clean_preds())
    for iou in ("segm", "bbox"):
        expected = average_precision(clean_preds(), clean_gt(), iou=iou, compat="pycocotools")
        result = average_precision(found, truth, iou=iou, compat="pycocotools")
        assert result.to_dict()["results"] == expected.to_dict()["results"]
    assert load_ground_truth(truth).id.tolist() == [1, 2]
    assert check(found, truth).errors == ()
    with pytest.raises(FormatError, match="is ground truth"):
        average_precision(truth, truth)


def test_boxes_that_loadres_drew_as_polygons_are_no_masks(tmp_path: Path) -> None:
    boxes = [
        {"image_id": 1, "category_id": 1, "bbox": [3, 2, 10, 10.5], "score": 0.9},
        {"image_id": 2, "category_id": 2, "bbox": [3, 2, 10, 10], "score": 0.8},
    ]
    found, truth = loaded(tmp_path, boxes)
    assert not load_predictions(found).segmentations.format.any()
    expected = average_precision(boxes, clean_gt(), iou="bbox").ap
    assert average_precision(found, truth, iou="bbox").ap == expected
    with pytest.raises(InputError):
        average_precision(found, truth, iou="segm")


def outputs() -> list[dict[str, Any]]:
    """Outputs of torchvision for two images."""
    mask = np.zeros((2, 1, 20, 30), np.float32)
    mask[:, :, 2:12, 3:13] = 0.9
    one = {
        "boxes": np.array([[3.0, 2, 13, 12]] * 2),
        "labels": np.array([1, 2]),
        "scores": np.array([0.9, 0.8], np.float32),
        "masks": mask,
    }
    return [one, {key: value[1:] for key, value in one.items()}]


def instances(output: dict[str, Any]) -> Any:
    """An output in the form of detectron2's Instances."""
    fields = {
        "pred_boxes": SimpleNamespace(tensor=output["boxes"]),
        "scores": output["scores"],
        "pred_classes": output["labels"],
        "pred_masks": output["masks"][:, 0] > 0.5,
    }
    return SimpleNamespace(get_fields=lambda: fields)


@pytest.mark.parametrize(
    "form",
    [
        lambda found: dict(enumerate(found, 1)),
        lambda found: [{"image_id": np.array([i]), **each} for i, each in enumerate(found, 1)],
        lambda found: [{"image_id": i, "instances": instances(o)} for i, o in enumerate(found, 1)],
    ],
)
def test_outputs_with_image_ids_are_read(form: Any) -> None:
    preds = load_predictions(form(outputs()))
    assert preds.image_id.tolist() == [1, 1, 2]
    assert preds.category_id.tolist() == [1, 2, 2]
    assert preds.boxes.tolist() == [[3, 2, 10, 10]] * 3
    # of category 2, a false and a true positive share one score
    assert average_precision(preds, clean_gt()).ap == 0.75


def test_results_in_the_form_of_detectron2_are_read() -> None:
    records = clean_preds()
    by_image = [
        {"image_id": image, "instances": [each for each in records if each["image_id"] == image]}
        for image in (1, 2)
    ]
    assert average_precision(by_image, clean_gt()).ap == average_precision(records, clean_gt()).ap


def test_outputs_of_unequal_length_are_refused() -> None:
    output = {**outputs()[0], "labels": np.array([1])}
    with pytest.raises(InputError, match=r"image 7: 2 scores, but 1 value of category_id\."):
        load_predictions({7: output})
    del output["scores"]
    with pytest.raises(FormatError, match="image 7: has no scores, only boxes, labels, masks"):
        load_predictions({7: output})


def test_scores_of_16_bits_are_read() -> None:
    torch = pytest.importorskip("torch")
    score = torch.tensor([0.5, 0.25], dtype=torch.bfloat16)
    records = [{**each, "score": one} for each, one in zip(clean_preds(), score, strict=False)]
    assert load_predictions(records).score.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"boxes": [[1, 2, 3]]}, r"image 7: boxes has the shape \(1, 3\), expected \(N, 4\)\."),
        ({"boxes": "x"}, r'image 7: boxes holds "x", expected an array of numbers\.'),
        (
            {"masks": [[1.0]]},
            r"image 7: masks has the shape \(1, 1\), expected 3 or 4 dimensions\.",
        ),
        ({"scores": {"a": 1}}, r"image 7: scores holds .*, expected an array of numbers\."),
    ],
)
def test_outputs_of_other_kinds_are_refused(change: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_predictions({7: {**outputs()[0], **change}})


def test_outputs_that_are_none_are_refused() -> None:
    with pytest.raises(FormatError, match="record #1 has no image_id; those before it have one"):
        load_predictions([{"image_id": 1, **outputs()[0]}, outputs()[1]])
    with pytest.raises(FormatError, match="an image has 3, expected boxes, labels and scores"):
        load_predictions([{"image_id": 1, "instances": 3}])
    with pytest.raises(FormatError, match="record #1 lacks image_id or instances; those"):
        load_predictions([{"image_id": 1, "instances": []}, {"image_id": 1}])
