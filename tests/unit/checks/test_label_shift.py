"""Label maps that are one too low or too high, and those of a single class, are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import check, mean_iou
from segeval.errors import MismatchError

TRUTH = np.repeat(np.array([[1, 2, 3, 4, 5, 0]], np.uint8), 4, axis=0)


def as_files(folder: Path, labels: Any) -> str:
    folder.mkdir()
    Image.fromarray(np.asarray(labels, np.uint8)).save(folder / "a.png")
    return str(folder)


@pytest.mark.parametrize(
    ("shift", "told"),
    [(-1, ("+ 1", "Add 1 to")), (1, ("- 1", "Subtract 1 from"))],
)
def test_labels_that_are_all_off_by_one_are_an_error(
    tmp_path: Path, shift: int, told: tuple[str, str]
) -> None:
    preds = as_files(tmp_path / "preds", np.clip(TRUTH.astype(int) + shift, 0, 6))
    gt = as_files(tmp_path / "gt", TRUTH)
    with pytest.raises(MismatchError) as raised:
        mean_iou(preds, gt, classes=7, ignore=0)
    assert raised.value.code == "shifted-labels"
    assert raised.value.message == (
        f"{preds}: predictions {told[0]} agree with 100.0 % of the ground truth, as they are with "
        f"0.0 %: off by one? {told[1]} every label of the predictions."
    )
    [found] = check(preds, gt, classes=7, ignore=0).errors
    assert found.refusal().message == raised.value.message


def test_labels_that_are_mostly_off_by_one_are_a_note() -> None:
    preds = TRUTH - (TRUTH > 1)
    result = mean_iou([preds], [TRUTH], classes=6, ignore=0)
    [note] = [each.message for each in result.notes if each.code == "shifted-labels"]
    assert note == (
        "preds: predictions + 1 agree with 80.0 % of the ground truth, as they are with 20.0 %: "
        "off by one? Add 1 to every label of the predictions"
    )


@pytest.mark.parametrize("preds", [np.zeros_like(TRUTH), TRUTH, TRUTH * (TRUTH > 2)])
def test_a_bad_model_is_not_off_by_one(preds: Any) -> None:
    result = mean_iou([preds], [TRUTH], classes=6)
    assert "shifted-labels" not in {note.code for note in result.notes}


def test_a_single_class_left_after_void_is_told() -> None:
    truth = np.where(TRUTH == 2, 2, 0).astype(np.uint8)
    result = mean_iou([np.full_like(truth, 2)], [truth], classes={2: "cup", 3: "fish"}, ignore=0)
    [note] = [each.message for each in result.notes if each.code == "one-class"]
    assert note == (
        "cup is the only class in the evaluated ground truth, the rest is void: its IoU is its "
        "recall, for nothing can be taken for it wrongly"
    )
    both = mean_iou([TRUTH], [TRUTH], classes=6)
    assert "one-class" not in {each.code for each in both.notes}


def exchanged(result: Any) -> list[str]:
    return [note.message for note in result.notes if note.code == "exchanged-labels"]


def test_two_exchanged_classes_are_scored_and_told_as_exchanged() -> None:
    truth = np.repeat([[0, 1, 0, 1]], 3, axis=0).astype(np.uint8)
    result = mean_iou([1 - truth], [truth], classes=2)
    assert result.miou == 0.0
    [note] = exchanged(result)
    assert note == (
        "preds: predictions have other labels than the ground truth (0 where it has 1, 1 where it "
        "has 0): 100.0 % of the pixels agree if these are exchanged, 0.0 % as they are. Are the "
        "classes in another order?"
    )


def test_labels_of_which_some_are_off_by_one_are_told() -> None:
    truth = np.repeat([[0] * 8 + [1, 2, 3, 4, 4]], 4, axis=0).astype(np.uint8)
    preds = truth - (truth > 2).astype(np.uint8)  # 3 and 4 one too low, so 2 and 3 are both 2
    [note] = exchanged(mean_iou([preds], [truth], classes=5))
    assert note == (
        "preds: predictions have other labels than the ground truth (3 where it has 4): 92.3 % of "
        "the pixels agree if these are exchanged, 76.9 % as they are. Are the classes in another "
        "order?"
    )


def test_train_ids_for_label_ids_are_told_as_such_even_where_some_of_them_are_evaluated(
    tmp_path: Path,
) -> None:
    """Train ids 7, 8, 11, 12, 13 and 17 are label ids of other classes."""
    truth = np.repeat([[22, 21, 24, 25, 26, 32, 7]], 3, axis=0).astype(np.uint8)
    preds = np.repeat([[9, 8, 11, 12, 13, 17, 0]], 3, axis=0).astype(np.uint8)
    result = mean_iou([preds], [truth], classes="cityscapes")
    [note] = exchanged(result)
    assert "0 where it has 7, 8 where it has 21, 9 where it has 22, ...): 100.0 %" in note
    assert note.endswith(
        'Train ids (0..18, 255)? Write label ids, or use `classes="cityscapes-train"`'
    )


@pytest.mark.parametrize("labels", [1, 2, 3])
def test_classes_that_a_model_takes_for_another_one_are_not_exchanged(labels: int) -> None:
    """A label that fits its own class too means that class."""
    truth = np.repeat([[0, 0, 1, 1, 2, 2, 3, 3]], 3, axis=0).astype(np.uint8)
    preds = np.where(truth <= labels, 0, truth).astype(np.uint8)
    assert exchanged(mean_iou([preds], [truth], classes=4)) == []


def test_predictions_of_one_label_are_told() -> None:
    result = mean_iou([np.full_like(TRUTH, 2)], [TRUTH], classes=6)
    [note] = [each.message for each in result.notes if each.code == "constant-labels"]
    assert note == (
        "preds: all evaluated pixels are predicted as 2. Are the label maps those of the model?"
    ).removesuffix(".")


def test_ground_truth_in_train_ids_is_told_and_its_labels_are_not_exchanged(
    tmp_path: Path,
) -> None:
    train = np.repeat([[0, 1, 2, 8, 10, 13, 7]], 3, axis=0).astype(np.uint8)
    labels = np.repeat([[7, 8, 11, 21, 23, 26, 20]], 3, axis=0).astype(np.uint8)
    gt = as_files(tmp_path / "gt", train)
    for name, preds in (("train", train), ("labels", labels)):
        given = as_files(tmp_path / name, preds)
        result = mean_iou(given, gt, classes="cityscapes")
        [note] = [note for note in result.notes if note.code == "train-ids"]
        assert note.message == (
            f"{gt}: the ground truth has only the labels 0..2, 7, 8, 10, 13, of which 3 are "
            "evaluated. Train ids (0..18, 255)? Write label ids, or use "
            '`classes="cityscapes-train"`'
        )
        assert exchanged(result) == []
        assert [each.code for each in check(given, gt, classes="cityscapes").warnings] == [
            "train-ids"
        ]


def blobs(seed: int) -> Any:
    """A label map of five classes without any symmetry, uint8, shape (40, 60)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:40, :60]
    labels = np.zeros((40, 60), np.uint8)
    for _ in range(12):
        row, column, radius = rng.integers(0, 40), rng.integers(0, 60), rng.integers(5, 14)
        labels[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = rng.integers(1, 5)
    return labels


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        (lambda labels: labels[:, ::-1], "mirrored left to right"),
        (lambda labels: labels[::-1], "turned upside down"),
        (lambda labels: labels[::-1, ::-1], "turned by 180 degrees"),
    ],
)
def test_label_maps_that_are_turned_are_told(turn: Any, told: str) -> None:
    truth = [blobs(seed) for seed in range(3)]
    result = mean_iou([turn(each) for each in truth], truth, classes=5)
    [note] = [each.message for each in result.notes if each.code == "misplaced-labels"]
    assert note.startswith(
        f"preds: predictions {told} agree with 100.0 % of the ground truth, as they are with "
    )


def test_label_maps_of_other_images_are_told(tmp_path: Path) -> None:
    for folder, first in (("gt", 0), ("preds", 1)):
        (tmp_path / folder).mkdir()
        for number in range(4):
            labels = Image.fromarray(blobs((first + number) % 4))
            labels.save(tmp_path / folder / f"{number}.png")
    preds, gt = tmp_path / "preds", tmp_path / "gt"
    result = mean_iou(preds, gt, classes=5)
    [note] = [each.message for each in result.notes if each.code == "misplaced-labels"]
    assert note.startswith(
        f"{preds}: predictions moved to other images ({preds / '0.png'} to {gt / '1.png'}) agree "
        "with 100.0 % of the ground truth, as they are with "
    )
    assert "misplaced-labels" not in {each.code for each in mean_iou(gt, gt, classes=5).notes}


def test_label_maps_of_a_bad_model_are_not_misplaced() -> None:
    truth = [blobs(seed) for seed in range(3)]
    preds = [blobs(seed) for seed in range(10, 13)]
    codes = {each.code for each in mean_iou(preds, truth, classes=5).notes}
    assert not codes & {"misplaced-labels", "exchanged-labels", "shifted-labels"}


def test_label_maps_that_are_turned_are_told_though_most_of_them_is_background() -> None:
    truth = []
    for place in (3, 15, 65):
        labels = np.zeros((80, 100), np.uint8)
        labels[5:27, place : place + 22] = 1
        labels[40:62, place + 5 : place + 27] = 2
        truth.append(labels)
    result = mean_iou([each[:, ::-1] for each in truth], truth, classes=3)
    [note] = [each.message for each in result.notes if each.code == "misplaced-labels"]
    assert note.startswith(
        "preds: predictions mirrored left to right agree with 100.0 % of the ground truth, as they "
        "are with 75.8 %"
    )


def test_files_that_are_both_prediction_and_truth_are_told(tmp_path: Path) -> None:
    folder = as_files(tmp_path / "gt", TRUTH)
    result = mean_iou(folder, folder, classes=6)
    [note] = [each.message for each in result.notes if each.code == "same-files"]
    assert note == ("1 file is both prediction and ground truth: is the same folder given twice?")
