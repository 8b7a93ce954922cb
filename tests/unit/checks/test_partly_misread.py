"""Masks or boxes of some images or of one category that fit only in another way are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from segeval import average_precision, check
from tests.build import build_gt, build_preds
from tests.unit.checks.test_other_masks import SIZE, Dense, along_rows

Record = dict[str, Any]


def objects() -> list[Record]:
    """Six objects of three categories in each of twelve images, at their own places."""
    rng = np.random.default_rng(5)
    found = []
    for image in range(1, 13):
        for place in range(6):
            mask = np.zeros(SIZE, np.uint8)
            height, width = rng.integers(8, 20, 2)
            row, column = rng.integers(0, 50), 25 * place + rng.integers(0, 5)
            mask[row : row + height, column : column + width] = 1
            found.append({"mask": mask, "image_id": image, "category_id": 1 + place % 3})
    return found


def told(
    changes: Callable[[Record], bool], change: Callable[[Dense], Dense], **settings: Any
) -> Any:
    """What AP says, and `check` as well, where the masks of some records are changed."""
    truth = objects()
    changed = [{**each, "mask": change(each["mask"])} if changes(each) else each for each in truth]
    preds = [{**each, "score": 1 - number / 500} for number, each in enumerate(changed)]
    records, gt = build_preds(preds), build_gt([SIZE] * 12, truth)
    notes = average_precision(records, gt, **settings).notes
    found = [note.message for note in notes if note.code == "other-reading"]
    findings = [each for each in check(records, gt).findings if each.code == "other-reading"]
    assert found == [f"{f.path}: {f.message}. {f.hint}".removesuffix(".") for f in findings]
    return found


def test_runs_along_the_rows_in_a_third_of_the_images_are_told() -> None:
    assert told(lambda record: record["image_id"] % 3 == 0, along_rows) == [
        (
            "predictions: the masks of 4 of the 12 images looked at, first image 3, fit the other "
            "file only if they are read in another way. They fit with runs along the rows: RLE "
            "runs down the columns"
        )
    ]


def test_runs_along_the_rows_in_one_category_are_told() -> None:
    assert told(lambda record: record["category_id"] == 2, along_rows) == [
        (
            "predictions: the masks of category 2 fit the other file only if they are read in "
            "another way. They fit with runs along the rows: RLE runs down the columns"
        )
    ]


def test_images_that_were_mirrored_are_told() -> None:
    [message] = told(lambda record: record["image_id"] % 4 == 0, lambda mask: mask[:, ::-1])
    assert "of 3 of the 12 images looked at, first image 4," in message
    assert message.endswith("They fit mirrored left to right")


def test_sound_masks_and_masks_at_random_in_some_images_tell_nothing() -> None:
    rng = np.random.default_rng(0)
    assert told(lambda _: False, along_rows) == []
    scattered = told(
        lambda record: record["image_id"] % 3 == 0,
        lambda mask: np.roll(mask, rng.integers(20, 90, 2), axis=(0, 1)),
    )
    assert scattered == []


@pytest.mark.parametrize("part", ["image_id", "category_id"])
def test_boxes_of_a_part_that_have_another_form_are_told(part: str) -> None:
    truth = build_gt([(400, 400)] * 12, objects())
    preds = []
    for number, annotation in enumerate(truth["annotations"]):
        x, y, w, h = annotation["bbox"]
        annotation["bbox"] = [x + 100, y + 60, w, h]
        form = [x + 100, y + 60, x + 100 + w, y + 60 + h] if annotation[part] % 3 == 0 else None
        record = {name: annotation[name] for name in ("image_id", "category_id")}
        preds.append({**record, "bbox": form or annotation["bbox"], "score": 1 - number / 500})
        del annotation["segmentation"]
    notes = average_precision(preds, truth, iou="bbox").notes
    [message] = [note.message for note in notes if note.code == "other-reading"]
    which = "4 of the 12 images looked at, first image 3," if part == "image_id" else "category 3"
    assert message == (
        f"predictions: the boxes of {which} fit the other file only if they are read in another "
        "way. Are they x1, y1, x2, y2? Boxes are x, y, width, height"
    )
