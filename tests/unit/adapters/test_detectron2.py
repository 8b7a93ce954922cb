"""The evaluator keeps detectron2's documented contract.

detectron2 is not on the package index. What stands for it here is written after its documentation:
a `DatasetEvaluator` has `reset`, `process` and `evaluate`, and `Instances` has `scores`,
`pred_classes`, `pred_masks` and `pred_boxes`, whose `tensor` holds corners.
"""

from __future__ import annotations

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from segeval import average_precision, load_ground_truth
from segeval.adapters.detectron2 import SegevalEvaluator
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from tests.cuda_stand_in import OnCuda, on_cuda
from tests.loop_images import IOU, LoopImage, files_of, loop_images

PLACES = {1: 0, 2: 1}


def new_evaluator(**how: Any) -> SegevalEvaluator:
    _, gt = files_of(loop_images())
    return SegevalEvaluator(load_ground_truth(gt), PLACES, **{"iou": IOU} | how)


def outputs_of(image: LoopImage) -> dict[str, Any]:
    """Outputs of a model of detectron2, with a box around each mask."""
    pred = image.pred
    corners = torch.zeros(len(pred["scores"]), 4)
    for box, mask in zip(corners, pred["masks"], strict=True):
        rows, columns = mask.any(1).nonzero()[:, 0], mask.any(0).nonzero()[:, 0]
        if len(rows):
            box[:] = torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
    return {
        "instances": SimpleNamespace(
            scores=pred["scores"], pred_classes=pred["labels"] - 1, pred_masks=pred["masks"],
            pred_boxes=SimpleNamespace(tensor=corners),
        )
    }  # fmt: skip


def inference_on_dataset(images: list[LoopImage], evaluator: Any) -> Any:
    """As detectron2 calls an evaluator: images as dictionaries, outputs of the model for them."""
    evaluator.reset()
    for first in range(0, len(images), 2):
        some = images[first : first + 2]
        inputs = [
            {"image_id": each.id, "height": each.size[0], "width": each.size[1], "file_name": ""}
            for each in some
        ]
        evaluator.process(inputs, [outputs_of(each) for each in some])
    return evaluator.evaluate()


def percent(value: float | None) -> float:
    assert value is not None
    return 100 * value


def test_the_numbers_are_those_of_files_in_percent() -> None:
    evaluator = new_evaluator()
    found = inference_on_dataset(loop_images(), evaluator)
    expected = average_precision(*files_of(loop_images()), iou=IOU)
    assert isinstance(found, OrderedDict)
    assert list(found) == ["segm", "boundary"]
    for iou, scores in expected.scores.items():
        means = {"AP": scores.overall.ap, "AP50": scores.overall.ap50, "AP75": scores.overall.ap75}
        sizes = {f"AP{each.name[0]}": each.ap for each in scores.sizes if each.ap is not None}
        each = {f"AP-{each.name}": each.ap for each in scores.categories if each.ap is not None}
        own = {name: percent(value) for name, value in {**means, **sizes, **each}.items()}
        assert found[iou] == own
    assert evaluator.result.ap == expected.ap


def test_every_evaluation_starts_anew() -> None:
    evaluator = new_evaluator()
    inference_on_dataset(loop_images(), evaluator)
    found = inference_on_dataset(loop_images()[:3], evaluator)
    expected = average_precision(*files_of(loop_images()[:3]))
    assert found["segm"]["AP"] == percent(expected.ap)


def test_boxes_are_compared_where_asked_for() -> None:
    found = inference_on_dataset(loop_images(), new_evaluator(iou=("segm", "bbox")))
    preds, gt = files_of(loop_images(), boxes=True)
    assert found["bbox"]["AP"] == percent(average_precision(preds, gt, iou="bbox").ap)


def test_a_class_that_the_data_set_has_not_is_named() -> None:
    outputs = outputs_of(loop_images()[0])
    outputs["instances"].pred_classes[1] = 7
    message = r"^image 1: class 7 is none of the data set's, which has 0 to 1\.$"
    with pytest.raises(FormatError, match=message):
        new_evaluator().process([{"image_id": 1}], [outputs])


def test_an_image_that_the_ground_truth_has_not_is_named() -> None:
    with pytest.raises(
        MismatchError, match=r"^image 99 is none of the 7 images of ground truth\.$"
    ):
        new_evaluator().process([{"image_id": 99}], [outputs_of(loop_images()[0])])


def test_a_batch_of_a_device_is_fetched_once() -> None:
    evaluator = new_evaluator(iou=("segm", "bbox"))
    for image in loop_images():
        outputs = outputs_of(image)
        found = outputs["instances"]
        for name in ("scores", "pred_classes", "pred_masks"):
            setattr(found, name, on_cuda(getattr(found, name)))
        found.pred_boxes.tensor = on_cuda(found.pred_boxes.tensor)
        OnCuda.copies.clear()
        evaluator.process([{"image_id": image.id}], [outputs])
        assert len(OnCuda.copies) == 1
    expected = average_precision(*files_of(loop_images(), boxes=True), iou=("segm", "bbox"))
    evaluator.evaluate()
    assert evaluator.result.scores["bbox"].overall.ap == expected.scores["bbox"].overall.ap


def test_an_input_without_an_id_is_named() -> None:
    outputs = [outputs_of(each) for each in loop_images()[:2]]
    with pytest.raises(FormatError, match=r"^input #1 of the batch has no `image_id`\.$"):
        new_evaluator().process([{"image_id": 1}, {"file_name": "a.jpg"}], outputs)


def test_outputs_without_instances_are_named_and_told_to_all_processes() -> None:
    evaluator = new_evaluator()
    with pytest.raises(FormatError, match=r"^image 1: the output has no `instances`\.$"):
        evaluator.process([{"image_id": 1}], [{"sem_seg": torch.zeros(3, 40, 60)}])
    with pytest.raises(FormatError, match=r"^process 0: image 1: the output has no"):
        evaluator.evaluate()


@pytest.mark.parametrize("field", ["scores", "pred_classes", "pred_masks", "pred_boxes"])
def test_a_field_that_instances_lack_is_named(field: str) -> None:
    outputs = outputs_of(loop_images()[0])
    delattr(outputs["instances"], field)
    message = rf"^image 1: the output's `instances` has no `{field}`\.$"
    with pytest.raises(FormatError, match=message):
        new_evaluator(iou="bbox").process([{"image_id": 1}], [outputs])


def test_rotated_boxes_are_refused() -> None:
    outputs = outputs_of(loop_images()[0])
    outputs["instances"].pred_boxes.tensor = torch.zeros(5, 5)
    with pytest.raises(ShapeError, match=r"^image 1: `boxes` of `preds` has shape \(5, 5\)"):
        new_evaluator(iou="bbox").process([{"image_id": 1}], [outputs])


def test_every_input_has_an_output() -> None:
    with pytest.raises(ShapeError, match=r"^`outputs` has 1 entry for 2 inputs\.$"):
        new_evaluator().process([{"image_id": 1}, {"image_id": 2}], [outputs_of(loop_images()[0])])


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (None, "`places` is of the type NoneType, expected a mapping of category ids"),
        ({}, "`places` is empty, expected a mapping of category ids"),
        ({1: 0, 2: 0}, "`places` gives the categories 1 and 2 the same class, 0: expected"),
    ],
)
def test_classes_that_are_not_one_for_each_category_are_refused(places: Any, said: str) -> None:
    _, gt = files_of(loop_images())
    with pytest.raises(InputError, match=f"^{said}"):
        SegevalEvaluator(load_ground_truth(gt), places)


def test_the_path_of_a_file_is_no_ground_truth() -> None:
    message = r"^`gt` is of the type str, expected what `load_ground_truth` reads\.$"
    path: Any = "instances_val2017.json"
    with pytest.raises(InputError, match=message):
        SegevalEvaluator(path, PLACES)
