"""Run-length masks that were written in another way are told, and sound ones are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval import average_precision, check
from tests.build import build_gt, build_preds

Dense = NDArray[np.uint8]

SIZE = (96, 160)
OTHERWISE = "predictions: the masks fit the other file only if they are read in another way. "


def objects() -> list[dict[str, Any]]:
    """Eight objects of different sides in each of four images, in the upper left part."""
    rng = np.random.default_rng(3)
    found = []
    for image in range(1, 5):
        for place in range(8):
            mask = np.zeros(SIZE, np.uint8)
            height, width = rng.integers(6, 14, 2)
            row, column = 20 * (place // 4) + 4, 18 * (place % 4) + 6
            mask[row : row + height, column : column + width] = 1
            mask[row + height - 2, column + width - 2] = 0
            found.append({"mask": mask, "image_id": image, "category_id": 1 + place % 3})
    return found


def told(change: Callable[[Dense], Dense], extra: int = 0) -> list[str]:
    """Notes on masks of AP, which `check` says as well; `extra` false positives are added."""
    truth = objects()
    preds = [{**each, "mask": change(each["mask"])} for each in truth]
    for number in range(extra):
        mask = np.zeros(SIZE, np.uint8)
        mask[60 + number % 20 : 70 + number % 20, 3 * number % 140 : 3 * number % 140 + 9] = 1
        preds.append({"mask": mask, "image_id": 1 + number % 4, "category_id": 1})
    preds = [{**each, "score": 1 - number / 500} for number, each in enumerate(preds)]
    records, gt = build_preds(preds), build_gt([SIZE] * 4, truth)
    codes = ("other-reading", "whole-image")
    notes = [note for note in average_precision(records, gt).notes if note.code in codes]
    findings = [each for each in check(records, gt).findings if each.code in codes]
    assert [each.code for each in findings] == [note.code for note in notes]
    return [note.message for note in notes]


def along_rows(mask: Dense) -> Dense:
    return np.ascontiguousarray(mask.ravel().reshape(mask.shape[1], mask.shape[0]).T)


def moved(mask: Dense) -> Dense:
    return np.roll(mask, (30, 60), axis=(0, 1))


def cropped(mask: Dense) -> Dense:
    rows, columns = np.nonzero(mask)
    return np.roll(mask, (-rows.min(), -columns.min()), axis=(0, 1))


def halved(mask: Dense) -> Dense:
    small = np.zeros_like(mask)
    half = mask[::2, ::2]
    small[: half.shape[0], : half.shape[1]] = half
    return small


@pytest.mark.parametrize("extra", [0, 60])
@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (along_rows, "They fit with runs along the rows: RLE runs down the columns"),
        (lambda mask: mask[:, ::-1], "They fit mirrored left to right"),
        (lambda mask: mask[::-1], "They fit turned upside down"),
        (lambda mask: mask[::-1, ::-1], "They fit turned by 180 degrees"),
        (moved, "They fit moved by -60, -30 pixels (x, y)"),
    ],
)
def test_masks_of_another_way_are_told_whatever_else_is_predicted(
    change: Callable[[Dense], Dense], hint: str, extra: int
) -> None:
    assert told(change, extra) == [OTHERWISE + hint]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (
            cropped,
            "They start in the upper left corner: crops that were not put in their place?",
        ),
        (lambda mask: 1 - mask, "They fit if 0 and 1 are exchanged: inverted?"),
    ],
)
def test_crops_and_inverted_masks_are_told(change: Callable[[Dense], Dense], hint: str) -> None:
    assert told(change) == [OTHERWISE + hint]


def test_masks_of_half_the_size_are_told() -> None:
    [message] = told(halved)
    assert message.startswith(OTHERWISE + "They fit ground truth multiplied by ")
    assert message.endswith(": another scale?")


def test_masks_of_whole_images_are_told() -> None:
    assert told(np.ones_like) == [
        (
            "predictions: 32 predictions reach over the whole image, those of ground truth do not. "
            "Is each mask that of one object?"
        )
    ]


def test_ground_truth_is_not_called_inverted_because_predictions_are_of_nearly_whole_images() -> (
    None
):
    whole = np.ones(SIZE, np.uint8)
    whole[:12] = whole[:, -20:] = 0  # the inverse of any small mask has the box of the image
    assert told(lambda mask: whole) == []


@pytest.mark.parametrize("extra", [0, 60])
def test_sound_masks_are_not_read_in_another_way(extra: int) -> None:
    assert told(lambda mask: mask, extra) == []


def test_masks_at_random_places_are_not_read_in_another_way() -> None:
    rng = np.random.default_rng(0)
    assert told(lambda mask: np.roll(mask, rng.integers(20, 90, 2), axis=(0, 1))) == []


def test_predictions_of_other_images_are_told() -> None:
    truth = objects()
    rng = np.random.default_rng(9)
    for each in truth:
        each["mask"] = np.roll(each["mask"], rng.integers(0, 60, 2), axis=(0, 1))
    preds = [
        {**each, "image_id": 1 + each["image_id"] % 4, "score": 1 - number / 500}
        for number, each in enumerate(truth)
    ]
    records, gt = build_preds(preds), build_gt([SIZE] * 4, truth)
    [note] = [n.message for n in average_precision(records, gt).notes if n.code == "other-images"]
    assert note == (
        "predictions: predictions of 4 of 4 images looked at fit the objects of other images, "
        "those of image 1 the objects of image 4. Were the images in another order when ids were "
        "given?"
    )
    [found] = [each for each in check(records, gt).findings if each.code == "other-images"]
    assert found.message in note
    sound = build_preds([{**each, "score": 0.5 + n / 99} for n, each in enumerate(truth)])
    assert all(each.code != "other-images" for each in average_precision(sound, gt).notes)
