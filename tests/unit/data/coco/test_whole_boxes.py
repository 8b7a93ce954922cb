"""Files have a box in every row or in none, as pycocotools reads them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

import segeval
from segeval.data import load_predictions, save_predictions
from tests.build import build_gt, build_masks, coco_rle

MASKS = build_masks(4, 12, 15)
IDS = {"image_id": 1, "category_id": 1}
COUNTS = {"size": [12, 15], "counts": [100, 5, 75]}
EMPTY = coco_rle(np.zeros((12, 15), np.uint8))


def mixed() -> list[dict[str, Any]]:
    """A row with a box and a mask, and rows with a mask alone."""
    masks = [*map(coco_rle, MASKS), COUNTS, EMPTY]
    rows = [
        IDS | {"score": 0.9 - 0.1 * place, "segmentation": mask} for place, mask in enumerate(masks)
    ]
    rows[0]["bbox"] = [0.25, 0.5, 3.0, 4.0]
    return rows


def written(tmp_path: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of the file that rows are saved as."""
    save_predictions(load_predictions(rows), tmp_path / "preds.json")
    found: list[dict[str, Any]] = json.loads((tmp_path / "preds.json").read_text())
    return found


def test_rows_without_a_box_get_that_of_their_mask_where_any_row_has_one(tmp_path: Path) -> None:
    first, *others = written(tmp_path, mixed())
    assert first["bbox"] == [0.25, 0.5, 3.0, 4.0]
    for row in others:
        mask = row["segmentation"]
        if isinstance(mask["counts"], list):
            mask = coco_mask.frPyObjects(mask, *mask["size"])
        assert row["bbox"] == coco_mask.toBbox(mask).tolist()


def test_no_row_gets_a_box_where_none_has_one(tmp_path: Path) -> None:
    assert all("bbox" not in row for row in written(tmp_path, mixed()[1:]))


@pytest.mark.parametrize("order", [1, -1])
def test_pycocotools_loads_files_of_mixed_rows(tmp_path: Path, order: int) -> None:
    gt = build_gt([(12, 15)], [{"mask": MASKS[0]}])
    rows = [row for row in mixed() if not isinstance(row["segmentation"]["counts"], list)]
    written(tmp_path, rows[::order])
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = gt
        coco.createIndex()
        loaded = coco.loadRes(str(tmp_path / "preds.json"))
    assert len(loaded.anns) == len(rows)


def test_boxes_that_were_added_leave_mask_ap_as_it_was(tmp_path: Path) -> None:
    gt = build_gt([(12, 15)], [{"mask": mask} for mask in MASKS[:3]])
    before = segeval.average_precision(mixed(), gt, iou="segm")
    after = segeval.average_precision(written(tmp_path, mixed()), gt, iou="segm")
    assert after.to_dict()["results"] == before.to_dict()["results"]


def test_rows_whose_mask_is_malformed_or_a_polygon_stay_without_a_box(tmp_path: Path) -> None:
    rows = [
        mixed()[0],
        IDS | {"score": 0.5, "segmentation": {"size": [12, 15], "counts": "~"}},
        IDS | {"score": 0.5, "segmentation": {"size": [12, 15], "counts": [1, 2]}},
        IDS | {"score": 0.5, "segmentation": [[1, 1, 5, 1, 5, 4]]},
    ]
    assert ["bbox" in row for row in written(tmp_path, rows)] == [True, False, False, False]
