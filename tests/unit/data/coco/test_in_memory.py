"""Data in memory become the same columns as the same data in a file."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval.data import (
    Format,
    Predictions,
    load_ground_truth,
    load_predictions,
    predictions_from_arrays,
)
from segeval.errors import FormatError, InputError, ShapeError
from segeval.host_arrays import host_array
from segeval.masks import RunLengths, compress, decode_one, encode
from tests.build import build_gt, build_masks, coco_rle
from tests.other_arrays import OnlyDlpack

MASK = build_masks(1, 6, 9)[0]
RECORD = {"image_id": 1, "category_id": 2, "score": 0.5}


class Tensor:
    """Stands for a torch tensor that requires grad on another device: numpy cannot take it."""

    def __init__(self, values: Any, *, here: bool = False) -> None:
        self.values = np.asarray(values)
        self.here = here

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return Tensor(self.values, here=True)

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        if not self.here:
            raise TypeError("can't convert device tensor to numpy")
        return self.values


def pixels(preds: Predictions) -> list[Any]:
    """Dense masks of predictions with run lengths."""
    runs = preds.segmentations.strings.decode()
    return [decode_one(runs, place).tolist() for place in range(len(runs))]


def one_mask(segmentation: Any) -> Predictions:
    """The prediction with this segmentation."""
    return load_predictions([{**RECORD, "segmentation": segmentation}])


def test_counts_may_be_text_or_bytes() -> None:
    rle = coco_rle(MASK)
    as_bytes = {"size": rle["size"], "counts": rle["counts"].encode()}
    assert pixels(one_mask(rle)) == pixels(one_mask(as_bytes)) == [MASK.tolist()]


def test_counts_may_be_a_list_or_an_array() -> None:
    for counts in ([3, 4, 5], np.array([3, 4, 5], np.uint32)):
        preds = one_mask({"size": (3, 4), "counts": counts})
        assert preds.segmentations.format.tolist() == [Format.COUNTS]


def test_polygons_may_be_arrays() -> None:
    corners = [1.5, 1, 5, 1, 5, 4.25]
    for polygon in ([corners], [np.array(corners)], np.array([corners]), [tuple(corners)]):
        preds = one_mask(polygon)
        polygons, defects = preds.segmentations.polygons()
        assert defects.tolist() == [0]
        assert polygons.points.ravel().tolist() == corners


def test_a_dense_bool_mask_is_encoded() -> None:
    assert pixels(one_mask(MASK.astype(bool))) == [MASK.tolist()]
    assert pixels(one_mask(Tensor(MASK.astype(bool)))) == [MASK.tolist()]


def test_a_dense_mask_of_numbers_is_not_taken_for_polygons() -> None:
    with pytest.raises(FormatError, match=r"record #0: segmentation: .* is a mask, not polygons"):
        one_mask(MASK)


def test_scalars_of_numpy_and_torch_are_numbers() -> None:
    preds = load_predictions(
        [
            {
                "image_id": np.int64(7),
                "category_id": np.uint8(2),
                "score": np.float32(0.1),
                "bbox": np.array([1, 2, 3, 4.5]),
            },
            {"image_id": Tensor(8), "category_id": 3, "score": np.float64(0.1), "bbox": None},
        ]
    )
    assert preds.image_id.tolist() == [7, 8]
    assert preds.category_id.tolist() == [2, 3]
    assert preds.score.tolist() == [float(np.float32(0.1)), 0.1]
    assert preds.boxes[0].tolist() == [1, 2, 3, 4.5]
    assert preds.has_box.tolist() == [True, False]


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_not_finite_survive_for_the_check_of_scores(score: float) -> None:
    records = [{**RECORD, "score": score, "bbox": [0, 0, 1, 1]}]
    preds = load_predictions(records)
    np.testing.assert_array_equal(preds.score, [score])


def test_an_empty_list_is_no_predictions() -> None:
    assert len(load_predictions([])) == 0


def test_a_foreign_object_is_named_with_its_place() -> None:
    records = [{**RECORD, "bbox": [0, 0, 1, 1]}, {**RECORD, "bbox": object()}]
    with pytest.raises(FormatError) as raised:
        load_predictions(records)
    assert raised.value.message == (
        "predictions: record #1: bbox: object is neither number, text, list nor array."
    )


def test_errors_of_records_are_those_of_files() -> None:
    with pytest.raises(FormatError, match=r"predictions: prediction #1 .* has no score") as raised:
        load_predictions([RECORD, {"image_id": 1, "category_id": 2}])
    assert (raised.value.index, raised.value.field) == (1, "score")


def test_ground_truth_may_hold_arrays() -> None:
    data = build_gt([(6, 9)], [{"mask": MASK}])
    data["annotations"][0].update(
        id=np.int64(5), area=np.float32(2), bbox=np.array([0, 0, 1, 2]), iscrowd=np.bool_(True)
    )
    data["annotations"][0]["segmentation"]["counts"] = coco_rle(MASK)["counts"].encode()
    gt = load_ground_truth(data)
    assert gt.id.tolist() == [5]
    assert gt.area.tolist() == [2.0]
    assert gt.boxes.tolist() == [[0, 0, 1, 2]]
    assert gt.is_crowd.tolist() == [True]


def test_ground_truth_with_a_foreign_object_names_it() -> None:
    data = build_gt([(6, 9)], [{"mask": MASK}])
    data["annotations"][0]["area"] = object()
    with pytest.raises(FormatError, match="annotations: record #0: area: object is neither"):
        load_ground_truth(data)


def from_masks(masks: Any, n: int = 2) -> Predictions:
    """Predictions of masks given as arrays."""
    return predictions_from_arrays(
        image_id=1, category_id=np.arange(n), score=np.linspace(0, 1, n), masks=masks
    )


def test_masks_may_come_in_many_forms() -> None:
    dense = build_masks(2, 6, 9)
    expected = [mask.tolist() for mask in dense]
    forms = {
        "uint8": dense,
        "bool": dense.astype(bool),
        "float": dense.astype(np.float32),
        "list": list(dense),
        "nested lists": dense.tolist(),
        "tensor": Tensor(dense),
        "list of tensors": [Tensor(mask) for mask in dense],
        "dlpack": OnlyDlpack(dense),
        "runs": encode(dense),
        "strings": compress(encode(dense)),
    }
    for name, masks in forms.items():
        assert pixels(from_masks(masks)) == expected, name


def test_masks_of_several_sizes() -> None:
    masks = [build_masks(1, 3, 4)[0], build_masks(1, 5, 2)[0]]
    assert from_masks(masks).segmentations.strings.sizes.tolist() == [[3, 4], [5, 2]]


def test_probabilities_are_not_masks() -> None:
    probabilities = np.full((2, 3, 4), 0.25)
    with pytest.raises(FormatError) as raised:
        from_masks(probabilities)
    assert raised.value.message == (
        "predictions: mask #0 holds values from 0.25 to 0.25, expected 0 and 1. "
        "Threshold first: `masks > 0.5`."
    )


def test_masks_with_a_channel_axis_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(1, 3, 4\), expected \(height, width\)"):
        from_masks(np.zeros((2, 1, 3, 4), bool))


def test_one_image_id_serves_all() -> None:
    assert from_masks(np.zeros((2, 3, 4), bool)).image_id.tolist() == [1, 1]


def test_boxes_alone_and_missing_boxes() -> None:
    boxes = np.array([[1, 2, 3, 4], [np.nan] * 4])
    preds = predictions_from_arrays(
        image_id=[1, 2], category_id=[1, 1], score=[0.5, 0.25], boxes=boxes
    )
    assert preds.has_box.tolist() == [True, False]
    assert preds.segmentations.format.tolist() == [Format.NONE, Format.NONE]


@pytest.mark.parametrize("masks", [[], np.zeros((0, 3, 4)), None])
def test_no_predictions_at_all(masks: Any) -> None:
    preds = predictions_from_arrays(
        image_id=[], category_id=[], score=[], masks=masks, boxes=np.empty((0, 4))
    )
    assert len(preds) == 0
    assert preds.image_id.dtype == np.int64


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            {"image_id": [1, 2, 3]},
            ShapeError,
            "predictions: `image_id` has shape (3,), expected (2,): one for each score.",
        ),
        (
            {"category_id": [1, 1.5]},
            FormatError,
            "predictions: prediction #1: category_id is 1.5, expected a whole number.",
        ),
        (
            {"image_id": [1, "b"]},
            FormatError,
            (
                'predictions: prediction #1: image_id is text ("b"), but other image ids '
                "are numbers, such as 1. Write it as a number."
            ),
        ),
        (
            {"score": [[0.5], [0.25]]},
            ShapeError,
            "predictions: `score` has shape (2, 1), expected (N,) for N predictions.",
        ),
        (
            {"boxes": [[1, 2, 3, 4]]},
            ShapeError,
            "predictions: `boxes` has shape (1, 4), expected (2, 4): one for each score.",
        ),
        (
            {"boxes": [[1, 2, 3, 4], [1, 2, np.inf, 4]]},
            FormatError,
            (
                "predictions: prediction #1: bbox is [1.0, 2.0, inf, 4.0], expected four finite "
                "numbers."
            ),
        ),
        (
            {"masks": np.zeros((3, 2, 2), bool)},
            ShapeError,
            "predictions: `masks` has shape (3, H, W), expected (2, H, W): one for each score.",
        ),
        (
            {"boxes": None},
            InputError,
            "predictions: neither `masks` nor `boxes` are given, expected at least one.",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_named(
    change: dict[str, Any], kind: type[InputError], message: str
) -> None:
    arguments: dict[str, Any] = {
        "image_id": [1, 2],
        "category_id": [1, 1],
        "score": [0.5, 0.25],
        "boxes": np.ones((2, 4)),
    }
    with pytest.raises(kind) as raised:
        predictions_from_arrays(**{**arguments, **change})
    assert raised.value.message == message


def test_arrays_of_other_libraries_become_numpy() -> None:
    for values in (Tensor([1, 2]), OnlyDlpack([1, 2]), [1, 2], range(1, 3)):
        assert host_array(values).tolist() == [1, 2]


def test_runs_are_taken_as_they_are() -> None:
    runs = RunLengths(
        np.array([4, 0, 2], np.uint32), np.array([0, 3]), np.array([[2, 3]], np.int32)
    )
    assert from_masks(runs, 1).segmentations.strings.strings() == compress(runs).strings()


def test_masks_of_text_are_refused() -> None:
    with pytest.raises(FormatError) as raised:
        from_masks(np.full((2, 3, 4), "1"))
    assert raised.value.message == "predictions: mask #0 holds <U1, expected 0 and 1."
