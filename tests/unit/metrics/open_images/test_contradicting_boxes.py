"""Masks of Open Images against the boxes of their objects."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segeval.data.open_images import load_open_images_ground_truth, load_open_images_predictions
from segeval.masks import CompressedMasks, compress, encode
from segeval.metrics.open_images import open_images_ap
from tests.open_images_files import Scene

MASKS = np.zeros((3, 60, 100), np.uint8)
MASKS[0, 5:20, 10:30] = 1
MASKS[1, 30:50, 60:95] = 1
MASKS[2, 8:50, 40:52] = 1


def notes(folder: Path, masks: CompressedMasks | None = None) -> list[str]:
    """What is said of three objects with other masks."""
    scene = Scene()
    for mask in MASKS:
        scene.gt(mask).pred(mask, 0.9)
    files = scene.write(folder)
    gt = load_open_images_ground_truth(files["gt"], boxes=files["boxes"])
    if masks is not None:
        gt = replace(gt, masks=masks)
    found = open_images_ap(load_open_images_predictions(files["preds"]), gt).notes
    return [note.message for note in found if note.code == "mask-and-box"]


def test_masks_in_their_boxes_are_no_news(tmp_path: Path) -> None:
    assert notes(tmp_path) == []


@pytest.mark.parametrize("by_rows", [True, False])
def test_masks_beside_their_boxes_are_told(tmp_path: Path, *, by_rows: bool) -> None:
    if by_rows:
        runs = encode(np.ascontiguousarray(MASKS.transpose(0, 2, 1)))
        masks = compress(replace(runs, sizes=np.ascontiguousarray(runs.sizes[:, ::-1])))
    else:
        masks = compress(encode(np.roll(MASKS, 50, axis=2)))
    [message] = notes(tmp_path, masks)
    assert " of 3 masks looked at lie elsewhere than the box of their objects (first: mask " in (
        message
    )
    assert message.endswith("RLE runs down the columns") is by_rows
