"""Lines that are there twice, and images without predictions, are told for Open Images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segeval.metrics.open_images import open_images_ap
from tests.open_images_files import (
    BOX_PREDS,
    BOXES,
    MASKS,
    PREDS,
    sides_of,
    strip,
    text_of,
    write_csv,
)


def notes(result: Any) -> list[str]:
    codes = ("repeats", "no-prediction-for-images")
    return [note.message for note in result.notes if note.code in codes]


def test_repeated_masks_are_told_in_both_files(tmp_path: Path) -> None:
    mask, other = strip(10, 50), strip(60, 90)
    gt = [["a", "cat", 100, 1, *sides_of(each), 0, text_of(each)] for each in (mask, mask, other)]
    preds = [["a", 100, 1, "cat", 0.5, text_of(each)] for each in (other, mask, other)]
    truth = write_csv(tmp_path / "gt.csv", MASKS, gt)
    found = write_csv(tmp_path / "preds.csv", PREDS, preds)
    assert notes(open_images_ap(found, truth)) == [
        (
            f"{found}: 1 prediction is there twice (same image, class, score and mask), first in "
            "image a. Gathered from several processes?"
        ),
        (
            f"{truth}: 1 object is there twice (same image, class and box), first in image a. Each "
            "counts as an object of its own"
        ),
    ]
    preds[2][4] = 0.4
    found = write_csv(tmp_path / "preds.csv", PREDS, preds)
    truth = write_csv(tmp_path / "gt.csv", MASKS, gt[1:])
    assert notes(open_images_ap(found, truth)) == []


def test_images_without_predictions_are_counted(tmp_path: Path) -> None:
    gt = [[image, "cat", 1, 0.1, 0.5, 0.1, 0.5, 0] for image in "abcd"]
    preds = [["c", "cat", 0.9, 0.1, 0.5, 0.1, 0.5], ["z", "cat", 0.9, 0.1, 0.5, 0.1, 0.5]]
    truth = write_csv(tmp_path / "boxes.csv", BOXES, gt)
    found = write_csv(tmp_path / "preds.csv", BOX_PREDS, preds)
    assert notes(open_images_ap(found, truth, iou="bbox")) == [
        (
            f"{found}: 3 of 4 images with objects have no prediction: their objects count as "
            "missed, first image a. Was the model run on a part?"
        ).removesuffix(".")
    ]
    preds += [[image, "cat", 0.9, 0.1, 0.5, 0.1, 0.5] for image in "ab"]
    found = write_csv(tmp_path / "preds.csv", BOX_PREDS, preds)
    assert notes(open_images_ap(found, truth, iou="bbox")) == []
