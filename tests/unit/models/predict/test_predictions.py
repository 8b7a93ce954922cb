"""Outputs of models as predictions: runs found on the device are those of the encoder."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from segeval import average_precision
from segeval.errors import FormatError, MismatchError, ShapeError
from segeval.models.ops.runs import runs_of_masks
from segeval.models.predict.predictions import to_predictions


def output(number: int, size: tuple[int, int] = (4, 6), **changes: Any) -> dict[str, Any]:
    """What torchvision's models put out."""
    generator = torch.Generator().manual_seed(number)
    found = {
        "boxes": torch.tensor([[1.0, 2.0, 5.0, 4.0]]).repeat(number, 1),
        "scores": torch.rand(number, generator=generator),
        "labels": torch.arange(number) % 2,
        "masks": torch.rand(number, 1, *size, generator=generator),
    }
    return {**found, **changes}


def test_images_follow_each_other_with_their_own_sizes() -> None:
    preds = to_predictions(
        [output(2), output(0), output(3, (9, 5))], [7, 8, 9], category_ids=[4, 1]
    )
    assert preds.image_id.tolist() == [7, 7, 9, 9, 9]
    assert preds.category_id.tolist() == [4, 1, 4, 1, 4]
    assert preds.boxes.tolist() == [[1, 2, 4, 2]] * 5
    assert preds.segmentations.strings.sizes.tolist() == [[4, 6]] * 2 + [[9, 5]] * 3


def test_masks_alone_and_boxes_alone_will_do() -> None:
    masks = to_predictions([output(2, boxes=None)], [1])
    boxes = to_predictions([output(2, masks=None)], [1])
    assert masks.has_box.tolist() == [False, False]
    assert boxes.has_box.tolist() == [True, True]


def test_an_image_without_predictions_need_not_have_masks() -> None:
    preds = to_predictions([output(2), {"scores": [], "labels": []}], [1, 2])
    assert preds.image_id.tolist() == [1, 1]


MASK = torch.tensor([[[0, 1, 1], [0, 1, 0]]])


@pytest.mark.parametrize(
    "masks",
    [
        MASK.bool(),
        MASK.to(torch.uint8) * 255,
        MASK.float()[:, None],
        MASK.half(),
        MASK.bfloat16().requires_grad_(),
        MASK.numpy(),
        MASK.numpy().astype(bool),
    ],
)
def test_masks_may_be_of_many_kinds(masks: Any) -> None:
    found = to_predictions([output(1, boxes=None, masks=masks)], [1])
    assert found.segmentations.strings.decode().counts.tolist() == [2, 3, 1]


def test_the_threshold_of_logits_is_0() -> None:
    found = to_predictions([output(1, masks=8 * MASK - 4.0)], [1], threshold=0)
    assert found.segmentations.strings.decode().counts.tolist() == [2, 3, 1]


def test_numbers_of_16_bits_and_ids_on_a_device_will_do() -> None:
    scores = torch.tensor([0.5]).bfloat16()
    found = to_predictions([output(1, scores=scores)], torch.tensor([7]), category_ids=[4])
    assert (found.image_id.tolist(), found.score.tolist()) == ([7], [0.5])


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(FormatError, match=r"image 7: has no scores, only labels, masks\."):
        to_predictions([{"labels": [], "masks": []}], [7])
    with pytest.raises(FormatError, match="image 7: has no classes"):
        to_predictions([{"scores": []}], [7])
    with pytest.raises(FormatError, match="image 8: has no masks, though other images do"):
        to_predictions([output(1), output(1, masks=None)], [7, 8])


def test_a_class_without_an_id_is_refused_and_not_taken_for_another() -> None:
    for wrong in (-1, 2):
        labels = torch.tensor([wrong, wrong, 0])
        with pytest.raises(FormatError, match=f"image 7: class {wrong}, expected 0 to 1.* 1 more"):
            to_predictions([output(3, labels=labels)], [7], category_ids=[4, 9])
    with pytest.raises(FormatError, match=r"class is 0\.5, expected a whole number"):
        to_predictions([output(1, labels=torch.tensor([0.5]))], [7])


def test_tensors_that_do_not_agree_are_refused() -> None:
    with pytest.raises(ShapeError, match="image 1: 2 scores and 3 boxes"):
        to_predictions([output(2, boxes=torch.zeros(3, 4))], [1])
    with pytest.raises(ShapeError, match=r"image 1: boxes have shape \(2, 5\), expected \(N, 4\)"):
        to_predictions([output(2, boxes=torch.zeros(2, 5))], [1])
    with pytest.raises(ShapeError, match=r"masks have shape \(2, 3, 4, 6\)"):
        to_predictions([output(2, masks=torch.zeros(2, 3, 4, 6))], [1])
    with pytest.raises(ShapeError, match="1 output for 2 image ids"):
        to_predictions([output(2)], [1, 2])


def test_masks_may_be_runs_already() -> None:
    masks = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(2))
    output = {"scores": torch.ones(3), "labels": torch.zeros(3, dtype=torch.int64)}
    dense = to_predictions([output | {"masks": masks}], [1])
    packed = to_predictions([output | {"masks": runs_of_masks(masks)}], [1])
    assert packed.segmentations.strings.text.tobytes() == dense.segmentations.strings.text.tobytes()


def test_text_stays_text_and_is_never_made_a_number() -> None:
    preds = to_predictions(
        [output(2), output(1)], ["0001", "IMG_1"], category_ids=["cat", "0002"], source="model"
    )
    assert preds.to_dict()["image_id"].tolist() == ["0001", "0001", "IMG_1"]
    assert preds.to_dict()["category_id"].tolist() == ["cat", "0002", "cat"]
    gt = {
        "images": [{"id": 1, "height": 4, "width": 6}],
        "categories": [{"id": 1}],
        "annotations": [],
    }
    with pytest.raises(MismatchError, match=r'image_id is text \("0001"\), but ground truth has'):
        average_precision(preds, gt)


def test_classes_may_be_ids_of_any_kind() -> None:
    outputs = [output(2, labels=["dog", "cat"]), output(1, labels=["ant"]), output(0, labels=[])]
    preds = to_predictions(outputs, [2**64 - 1, 5, 6])
    assert preds.to_dict()["category_id"].tolist() == ["dog", "cat", "ant"]
    assert preds.to_dict()["image_id"].tolist() == [2**64 - 1, 2**64 - 1, 5]


@pytest.mark.parametrize(
    ("image_ids", "problem"),
    [
        ([1.7], "image #0: image_id is 1.7, expected a whole number."),
        (torch.tensor([1.5]), "image #0: image_id is 1.5, expected a whole number."),
        ([True], "image #0: image_id is true, expected a whole number."),
        ([b"IMG_1"], "image #0: image_id is b'IMG_1', bytes, expected a whole number."),
        ([None], "image #0: image_id is null, expected a whole number."),
        (
            torch.tensor([2.0**24]),
            (
                "image #0: image_id is 16777216.0, a float above 2^24: two ids may have become "
                "one. Write whole numbers."
            ),
        ),
        (
            torch.tensor([512.0]).bfloat16(),
            (
                "image #0: image_id is 512.0, a float above 2^8: two ids may have become one. "
                "Write whole numbers."
            ),
        ),
    ],
)
def test_image_ids_are_not_cast(image_ids: Any, problem: str) -> None:
    with pytest.raises(FormatError) as error:
        to_predictions([output(1)], image_ids)
    assert error.value.message == f"predictions: {problem}"


def test_a_class_that_is_text_or_true_is_no_index() -> None:
    with pytest.raises(FormatError, match='class "cat", expected 0 to 1, an index into category'):
        to_predictions([output(1, labels=["cat"])], [7], category_ids=[4, 1])
    with pytest.raises(FormatError, match="prediction #0: class is true, expected a whole number"):
        to_predictions([output(1, labels=torch.tensor([True]))], [7], category_ids=[4, 1])
