"""Label maps in batches have the numbers of `mean_iou`, in any order and any number of parts."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import LabelMapMetric, mean_iou
from segeval.errors import FormatError, InputError, MismatchError, ShapeError

SETTINGS: dict[str, Any] = {
    "ignore": 255, "trimap": [1, 3], "boundary": True, "boundary_f": True,
}  # fmt: skip


def maps(images: int = 6) -> tuple[Any, Any]:
    """Predicted and true label maps of four classes, with void."""
    rng = np.random.default_rng(0)
    gt = np.repeat(np.repeat(rng.integers(0, 4, (images, 5, 6)), 4, axis=1), 5, axis=2)
    preds = np.where(rng.random(gt.shape) < 0.2, rng.integers(0, 4, gt.shape), gt)
    gt[:, :2] = 255
    return preds, gt


def updated(order: list[int]) -> LabelMapMetric:
    """A metric of some images, in batches of two."""
    preds, gt = maps()
    metric = LabelMapMetric(4, **SETTINGS)
    for start in range(0, len(order), 2):
        own = order[start : start + 2]
        metric.update(own, preds[own], gt[own])
    return metric


def results(metric: LabelMapMetric) -> Any:
    return metric.compute().to_dict()["results"]


def test_batches_in_any_order_and_parts_give_the_numbers_of_one_run() -> None:
    preds, gt = maps()
    expected = mean_iou(list(preds), list(gt), classes=4, **SETTINGS).to_dict()["results"]
    assert results(updated([3, 1, 5, 0, 2, 4])) == expected
    first, second, third = updated([3, 1]), updated([5]), updated([0, 2, 4, 1])
    first.merge(third)
    first.merge(second)
    assert results(first) == expected
    assert [note.message for note in first.compute().notes] == [
        "1 image came again with equal content and counted once"
    ]


def test_label_maps_may_be_files(tmp_path: Path) -> None:
    preds, gt = maps(2)
    files = [tmp_path / f"{key}.npy" for key in (1, 2)]
    for file, labels in zip(files, gt, strict=True):
        np.save(file, labels)
    metric = LabelMapMetric(4, **SETTINGS)
    metric.update([1, 2], preds, files)
    assert results(metric) == mean_iou(preds, gt, classes=4, **SETTINGS).to_dict()["results"]
    with pytest.raises(MismatchError) as caught:
        metric.update([3], [preds[0][1:]], files[:1])
    assert caught.value.message == (
        f"image 3: `preds`: has 19 x 30 pixels, the ground truth {files[0]} 20 x 30. Predictions "
        "must have the size of the ground truth."
    )


def test_a_metric_goes_on_after_bytes_and_pickle() -> None:
    preds, gt = maps()
    half, whole = updated([3, 1, 5]), updated([0, 1, 2, 3, 4, 5])
    for taken in (LabelMapMetric.from_bytes(half.to_bytes()), pickle.loads(pickle.dumps(half))):
        taken.update([0, 2, 4], list(preds[::2]), list(gt[::2]))
        assert len(taken) == 6
        assert taken.to_bytes() == whole.to_bytes()


def test_of_unequal_repeats_the_same_copy_stays_in_any_order() -> None:
    preds, gt = maps()
    found = set()
    for order in ([0, 1, 2], [2, 0, 1]):
        metric = LabelMapMetric(4, **SETTINGS)
        for place in order:
            metric.update(["a"], preds[place : place + 1], gt[:1])
        found.add(metric.to_bytes())
        assert metric.compute().notes[-1].message == (
            "1 image came again with other content: of each the copy with the smaller digest counts"
        )
    assert len(found) == 1


def test_no_images_give_undefined_numbers() -> None:
    metric = updated([1])
    metric.reset()
    assert metric.compute().miou is None
    assert metric.compute().flat() == {}
    assert len(metric.gather()) == 0


def test_an_update_that_fails_changes_nothing_and_is_heard_by_all() -> None:
    preds, gt = maps()
    metric = updated([1])
    with pytest.raises(FormatError) as caught:
        metric.update([2, 3], np.full_like(preds[:2], 9), gt[:2])
    assert caught.value.message.startswith(
        "image 2: `preds`: pixel at row 0, column 0 has the label 9, expected 0..3 and 255 ignored"
    )
    assert len(metric) == 1
    with pytest.raises(FormatError) as heard:
        metric.gather()
    assert heard.value.message == f"process 0: {caught.value.message}"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda preds: preds[:, :3],
            MismatchError,
            (
                "image 7: `preds`: has 3 x 30 pixels, the ground truth image 7: `targets` 20 x 30. "
                "Predictions must have the size of the ground truth."
            ),
        ),
        (lambda preds: preds[:0], ShapeError, "`preds` has 0 label maps for 1 image id."),
        (
            lambda preds: np.zeros((1, 4, *preds.shape[1:])),
            ShapeError,
            (
                "image 7: `preds`: has the shape (4, 20, 30), expected a label map (H, W). Of a "
                "value for each class, take the class with the largest: `argmax`."
            ),
        ),
        (
            lambda preds: preds / 2,
            FormatError,
            (
                "image 7: `preds`: holds float64, expected whole numbers. A label map has ids of "
                "classes, not probabilities."
            ),
        ),
    ],
)
def test_label_maps_that_are_none_are_refused(
    change: Any, error: type[InputError], message: str
) -> None:
    preds, gt = maps(1)
    with pytest.raises(error) as caught:
        LabelMapMetric(4, ignore=255).update([7], change(preds), gt)
    assert caught.value.message == message


def test_metrics_that_treat_repeats_in_other_ways_do_not_merge() -> None:
    with pytest.raises(MismatchError) as caught:
        updated([1]).merge(LabelMapMetric(4, **SETTINGS, repeats="refuse"))
    assert caught.value.message == (
        "the other metric: repeats is 'refuse', in this metric it is 'one'. Parts must be matched "
        "by the same rules on the same categories."
    )


def test_an_empty_metric_has_the_settings_and_leaves_the_images() -> None:
    metric = updated([1, 2])
    empty = metric.empty()
    assert len(empty) == 0
    assert len(metric) == 2
    empty.merge(metric)
    assert empty.to_bytes() == metric.to_bytes()


def test_other_settings_and_other_bytes_are_refused() -> None:
    with pytest.raises(MismatchError):
        updated([1]).merge(LabelMapMetric(4))
    for data in (b"", updated([1]).to_bytes()[:300]):
        with pytest.raises(FormatError) as caught:
            LabelMapMetric.from_bytes(data)
        assert caught.value.message == (
            "these bytes are not those of a metric of miou, or are damaged."
        )
