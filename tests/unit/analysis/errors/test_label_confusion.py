"""Which classes of label maps are taken for which."""

from __future__ import annotations

import numpy as np
import pytest

import segeval
from segeval.analysis import label_confusion
from segeval.analysis.errors import label_confusion as module
from segeval.errors import InputError, MismatchError


def test_pixels_are_counted_by_true_and_predicted_class() -> None:
    gt = np.array([[0, 0, 0, 1], [1, 1, 9, 9]], np.uint8)
    pred = np.array([[0, 1, 9, 1], [0, 1, 0, 1]], np.uint8)
    found = label_confusion([pred], [gt], classes={0: "road", 1: "car"}, ignore=9)
    # void is left out, and the third pixel of the road is predicted as what is not evaluated
    assert found.counts.tolist() == [[1, 1, 1], [1, 2, 0], [0, 0, 0]]
    assert (found.ids, found.names, found.iou) == ((0, 1), ("road", "car"), None)
    assert [(pair.gt_name, pair.pred_name, pair.count) for pair in found.worst()] == [
        ("road", "car", 1), ("road", "ignored", 1), ("car", "road", 1),
    ]  # fmt: skip
    assert found.worst()[0].share == 1 / 3


def test_the_counts_are_those_of_mean_iou_for_any_number_of_threads() -> None:
    random = np.random.default_rng(4)
    gt = [random.integers(0, 5, (13, 17)).astype(np.uint8) for _ in range(7)]
    preds = [np.where(random.random(one.shape) < 0.8, one, 3).astype(np.uint8) for one in gt]
    found = label_confusion(preds, gt, classes=5, workers=1)
    usual = segeval.mean_iou(preds, gt, classes=5).scores
    right = np.diagonal(found.counts)[:5]
    union = found.counts.sum(axis=1)[:5] + found.counts.sum(axis=0)[:5] - right
    assert (right / union).tolist() == [each.iou for each in usual.categories]
    assert found.counts.sum(axis=1)[:5].tolist() == [each.pixels for each in usual.categories]
    again = label_confusion(preds, gt, classes=5, workers=3)
    assert again.counts.tolist() == found.counts.tolist()


@pytest.mark.parametrize("classes", [254, 255, 256, 300])
def test_many_classes_are_counted_likewise(classes: int) -> None:
    random = np.random.default_rng(4)
    kind = np.uint8 if classes <= 256 else np.uint16
    gt = random.integers(0, classes, (40, 50)).astype(kind)
    pred = np.where(random.random(gt.shape) < 0.7, gt, 1).astype(kind)
    found = label_confusion([pred], [gt], classes=classes)
    slow = np.zeros((classes + 1, classes + 1), np.int64)
    np.add.at(slow, (gt.ravel().astype(np.int64), pred.ravel().astype(np.int64)), 1)
    assert found.counts.tolist() == slow.tolist()


def test_too_many_classes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CLASSES", 2)
    gt = np.zeros((2, 2), np.uint8)
    with pytest.raises(InputError, match="`classes` has 3 classes, expected at most 2") as raised:
        label_confusion([gt], [gt], classes=3)
    assert raised.value.option == "classes"


def test_labels_and_sizes_are_checked_as_by_mean_iou() -> None:
    gt = np.zeros((2, 2), np.uint8)
    with pytest.raises(InputError, match="has the label 7") as raised:
        label_confusion([gt + 7], [gt], classes=2)
    with pytest.raises(InputError) as usual:
        segeval.mean_iou([gt + 7], [gt], classes=2)
    assert str(raised.value) == str(usual.value)
    with pytest.raises(MismatchError):
        label_confusion([np.zeros((2, 3), np.uint8)], [gt], classes=2)


def test_notes_are_those_of_label_maps() -> None:
    gt = np.array([[0, 0, 1, 1]], np.uint8)
    found = label_confusion([gt], [gt], classes=4)
    assert "absent" in [note.code for note in found.notes]
