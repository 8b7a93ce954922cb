"""AP of folders of id maps, and that of the same objects in COCO's files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import segeval
from segeval import InputError
from segeval.masks import compress, encode
from segeval.metrics.id_maps import id_maps_ap


def cells(seed: int, size: int = 48) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Squares, and what a model might make of them."""
    rng = np.random.default_rng(seed)
    gt, pred = np.zeros((size, size), np.uint16), np.zeros((size, size), np.uint16)
    for own in range(1, 15):
        y, x = rng.integers(0, size - 10, 2)
        side = int(rng.integers(3, 10))
        gt[y : y + side, x : x + side] = 300 * own
        if rng.random() < 0.8:
            dy, dx = rng.integers(0, 3, 2)
            pred[y + dy : y + side, x + dx : x + side + 1] = own
    return pred, gt


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Four images, in a file format each."""
    preds, gt = tmp_path / "preds", tmp_path / "gt"
    preds.mkdir()
    gt.mkdir()
    for seed in range(4):
        pred_ids, gt_ids = cells(seed)
        np.save(preds / f"{seed}.npy", pred_ids.astype(np.int64))
        Image.fromarray(gt_ids).save(gt / f"{seed}.png")
    return preds, gt


def as_coco(folder: Path, scores: Any = None) -> tuple[list[Any], dict[str, Any]]:
    """The same objects as COCO's records, each mask by itself."""
    preds: list[Any] = []
    gt: dict[str, Any] = {
        "images": [], "annotations": [], "categories": [{"id": 1, "name": "object"}]
    }  # fmt: skip
    for seed in range(4):
        pred_ids, gt_ids = cells(seed)
        gt["images"].append({"id": seed + 1, "height": 48, "width": 48, "file_name": f"{seed}.png"})
        for ids, records in ((pred_ids, preds), (gt_ids, gt["annotations"])):
            for own in np.unique(ids[ids > 0]).tolist():
                mask = compress(encode([ids == own])).strings()[0]
                record = {
                    "image_id": seed + 1, "category_id": 1,
                    "segmentation": {"size": [48, 48], "counts": mask},
                }  # fmt: skip
                if records is preds:
                    record["score"] = 1.0 if scores is None else scores(seed, own)
                else:
                    record |= {
                        "id": len(records) + 1,
                        "iscrowd": 0,
                        "area": int((ids == own).sum()),
                    }
                records.append(record)
    return preds, gt


def test_ap_equals_that_of_coco_files_to_the_bit(folders: tuple[Path, Path]) -> None:
    found = id_maps_ap(*folders)
    coco = segeval.average_precision(*as_coco(folders[0]), max_dets=0)
    assert found.scores["segm"].to_dict() == coco.scores["segm"].to_dict()
    assert 0 < (found.ap or 0) < 1
    assert found.settings["protocol"] == "id-maps"


def test_scores_of_a_csv_file_rank_the_objects(folders: tuple[Path, Path], tmp_path: Path) -> None:
    def score(seed: int, own: int) -> float:
        return (seed * 31 + own * 17) % 11 / 10

    rows = [
        f"{seed},{own},{score(seed, own)}"
        for seed in range(4)
        for own in np.unique(cells(seed)[0]).tolist()
        if own
    ]
    (tmp_path / "scores.csv").write_text("\n".join(["image,id,score", *rows]))
    found = id_maps_ap(*folders, scores=tmp_path / "scores.csv")
    coco = segeval.average_precision(*as_coco(folders[0], score), max_dets=0)
    assert found.scores["segm"].to_dict() == coco.scores["segm"].to_dict()
    assert "no-scores" not in {note.code for note in found.notes}
    few = id_maps_ap(*folders, scores=tmp_path / "scores.csv", min_score=0.5)
    kept = sum(float(row.rpartition(",")[2]) >= 0.5 for row in rows)
    assert few.thresholds[0].tp + few.thresholds[0].fp == kept


def test_true_positives_are_those_of_the_coco_protocol(folders: tuple[Path, Path]) -> None:
    found = id_maps_ap(*folders)
    images = found.scores["segm"].images
    assert found.thresholds[0].tp == sum(each.tp50 or 0 for each in images)
    assert found.thresholds[0].fn == sum(each.fn50 or 0 for each in images)
    assert found.accuracy == pytest.approx(
        sum(each.accuracy or 0 for each in found.thresholds) / 10, abs=1e-15
    )


def test_numbers_do_not_depend_on_the_number_of_threads(folders: tuple[Path, Path]) -> None:
    documents = [id_maps_ap(*folders, workers=workers).to_dict() for workers in (1, 3)]
    assert documents[0]["results"] == documents[1]["results"]
    json.dumps(documents[0], allow_nan=False)


def test_a_folder_without_scores_says_what_ap_then_is(folders: tuple[Path, Path]) -> None:
    preds, _ = folders
    [note] = [note for note in id_maps_ap(*folders).notes if note.code == "no-scores"]
    assert note.message == (
        f"{preds}: without scores all {note.count} predictions rank alike, and AP depends on the "
        "order of images and ids. TP/(TP+FP+FN) does not; `scores` reads a CSV file"
    )
    assert not [note for note in id_maps_ap(*folders).notes if note.code == "equal-scores"]


def test_files_that_are_not_read_beside_those_of_cellpose_are_told(tmp_path: Path) -> None:
    for name in ("preds", "gt"):
        (tmp_path / name).mkdir()
        for file in ("a_masks.npy", "a_img.npy", "b_img.npy"):
            np.save(tmp_path / name / file, np.ones((4, 4), int))
    preds, gt = tmp_path / "preds", tmp_path / "gt"
    message = f"{gt}: 2 files are not read, as others are *_masks: a_img.npy"
    for found in (
        id_maps_ap(preds, gt).notes,
        segeval.panoptic_quality(preds, gt).notes,
        segeval.data.id_maps_to_coco(gt).gt.notes,
    ):
        assert message in [note.message for note in found]
    only_one = [each for each in id_maps_ap(preds, gt).notes if each.code == "left-out-files"]
    assert len(only_one) == 2


def test_masks_of_foreground_are_told(folders: tuple[Path, Path]) -> None:
    preds, gt = folders
    for seed in range(4):
        ids = np.where(np.load(preds / f"{seed}.npy") > 0, 255, 0)
        np.save(preds / f"{seed}.npy", ids)
    [note] = [note for note in id_maps_ap(preds, gt).notes if note.code == "one-object"]
    assert note.message == (
        f"{preds}: 255 is the only id in all 4 maps with objects. Masks of foreground need an id "
        "for each object"
    )


def test_ids_that_are_all_other_numbers_change_nothing(folders: tuple[Path, Path]) -> None:
    preds, gt = folders
    before = id_maps_ap(preds, gt).to_dict()["results"]
    for seed in range(4):
        np.save(preds / f"{seed}.npy", np.load(preds / f"{seed}.npy") * 100_000)
    assert id_maps_ap(preds, gt).to_dict()["results"] == before


def test_wrong_arguments_are_refused_before_files_are_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="thresholds"):
        id_maps_ap(tmp_path / "a", tmp_path / "b", thresholds=[0.0])


def test_maps_without_objects_are_undefined(tmp_path: Path) -> None:
    for name in ("preds", "gt"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", np.zeros((4, 4), int))
    found = id_maps_ap(tmp_path / "preds", tmp_path / "gt")
    assert [found.ap, found.accuracy, found.image_accuracy] == [None, None, None]
