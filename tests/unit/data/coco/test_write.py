"""Files are written whole, in the same bytes each time, and hold what was loaded."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.data import (
    Format,
    GroundTruth,
    Predictions,
    load_ground_truth,
    load_predictions,
    predictions_from_arrays,
    save_ground_truth,
    save_predictions,
)
from segeval.data.coco import write as writing
from segeval.errors import FormatError, InputError
from tests.build import build_gt, build_masks, build_preds, coco_rle

MASKS = build_masks(3, 6, 9)
POLYGON = [[1.5, 1, 5, 1, 5, 4.25], [0, 0, 1e-3, 2, 3, 3]]


def some_predictions() -> list[dict[str, Any]]:
    """Records of every form of mask, with and without box."""
    return [
        {"image_id": 1, "category_id": 2, "score": 0.1, "segmentation": coco_rle(MASKS[0])},
        {"image_id": 1, "category_id": 1, "score": 1 / 3, "segmentation": POLYGON},
        {
            "image_id": 2,
            "category_id": 1,
            "bbox": [0.1, 0.2, 5e-324, 1e300],
            "score": -2.5,
            "segmentation": {"size": [2, 3], "counts": [1, 2, 3]},
        },
        {"image_id": -3, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1},
    ]


def some_ground_truth() -> dict[str, Any]:
    """A dict with everything that can be given or left out."""
    gt: dict[str, Any] = build_gt([(6, 9), (6, 9)], [{"mask": MASKS[0]}, {"image_id": 2}])
    gt["annotations"][1].update(segmentation=POLYGON, ignore=1, iscrowd=1)
    gt["annotations"].append({"id": 9, "image_id": 2, "category_id": 1})
    gt["images"].append({"id": 70})
    gt["categories"].append({"id": 4, "name": 'a "chair"\n\\'})
    return gt


@pytest.mark.parametrize("suffix", [".json", ".json.gz", ".jsonl", ".jsonl.gz"])
def test_predictions_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    preds = load_predictions(some_predictions())
    path = tmp_path / f"preds{suffix}"
    save_predictions(preds, path)
    back = load_predictions(path)
    for name in ("image_id", "category_id", "score", "boxes"):
        np.testing.assert_array_equal(getattr(back, name), getattr(preds, name))
    assert back.segmentations.format.tolist() == preds.segmentations.format.tolist()
    assert back.segmentations.strings.strings() == preds.segmentations.strings.strings()
    assert back.segmentations.strings.sizes.tolist() == preds.segmentations.strings.sizes.tolist()


def test_predictions_are_coco_records(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    save_predictions(load_predictions(some_predictions()), path)
    assert json.loads(path.read_text()) == some_predictions()


@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
def test_ground_truth_comes_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    gt = load_ground_truth(some_ground_truth())
    path = tmp_path / f"gt{suffix}"
    save_ground_truth(gt, path)
    back = load_ground_truth(path)
    for name in ("id", "image_id", "category_id", "area", "boxes", "is_crowd", "crowd_missing"):
        np.testing.assert_array_equal(getattr(back, name), getattr(gt, name))
    assert back.ignore.tolist() == [False, True, False]
    assert back.segmentations.strings.strings() == gt.segmentations.strings.strings()
    assert back.images.sizes.tolist() == gt.images.sizes.tolist()
    assert back.images.file_names == gt.images.file_names
    assert back.categories.names == gt.categories.names


def test_ground_truth_is_a_coco_file(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    save_ground_truth(load_ground_truth(some_ground_truth()), path)
    assert json.loads(path.read_text()) == some_ground_truth()


def test_lvis_keys_are_kept(tmp_path: Path) -> None:
    data = build_gt([(6, 9), (6, 9)], [{"mask": MASKS[0]}])
    data["images"][0].update(neg_category_ids=[1, 5], not_exhaustive_category_ids=[])
    data["images"][1].update(neg_category_ids=[], not_exhaustive_category_ids=[1])
    data["categories"][0]["frequency"] = "c"
    path = tmp_path / "gt.json"
    save_ground_truth(load_ground_truth(data), path)
    assert load_ground_truth(path).is_lvis
    assert json.loads(path.read_text()) == data


def test_nothing_is_a_valid_file(tmp_path: Path) -> None:
    for suffix in (".json", ".jsonl"):
        path = tmp_path / f"preds{suffix}"
        save_predictions(load_predictions([]), path)
        assert len(load_predictions(path)) == 0
    save_ground_truth(
        load_ground_truth({"images": [], "categories": [], "annotations": []}), tmp_path / "gt.json"
    )
    assert len(load_ground_truth(tmp_path / "gt.json")) == 0


def test_long_files_are_written_in_slices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "SLICE", 3)
    records = build_preds([{"mask": MASKS[0], "score": place / 10} for place in range(10)])
    save_predictions(load_predictions(records), tmp_path / "preds.json")
    assert json.loads((tmp_path / "preds.json").read_text()) == records
    save_predictions(load_predictions(records), tmp_path / "preds.jsonl")
    assert len((tmp_path / "preds.jsonl").read_text().splitlines()) == 10


def test_a_record_of_json_lines_stays_on_its_line(tmp_path: Path) -> None:
    indented = tmp_path / "indented.json"
    indented.write_text(json.dumps(some_predictions(), indent=2))
    path = tmp_path / "preds.jsonl"
    save_predictions(load_predictions(indented), path)
    assert [json.loads(line) for line in path.read_text().splitlines()] == some_predictions()


@pytest.mark.parametrize("name", ["preds.json", "preds.json.gz"])
def test_the_same_columns_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    preds = load_predictions(some_predictions())
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        save_predictions(preds, tmp_path / folder / name)
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_compressed_files_are_compressed(tmp_path: Path) -> None:
    preds = load_predictions(some_predictions())
    save_predictions(preds, tmp_path / "a.json.gz")
    save_predictions(preds, tmp_path / "b.json")
    assert gzip.decompress((tmp_path / "a.json.gz").read_bytes()) == (
        (tmp_path / "b.json").read_bytes()
    )


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "preds.json"
    path.write_text("old")

    def full_disk(*_: object) -> list[Any]:
        raise OSError("no space left on device")

    monkeypatch.setattr(writing, "prediction_text", full_disk)
    with pytest.raises(OSError, match="no space left"):
        save_predictions(load_predictions(some_predictions()), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_numbers_that_json_cannot_hold_are_refused(tmp_path: Path) -> None:
    preds = predictions_from_arrays(
        image_id=1, category_id=1, score=[0.5, np.nan, np.inf], boxes=np.ones((3, 4))
    )
    with pytest.raises(FormatError) as raised:
        save_predictions(preds, tmp_path / "preds.json")
    assert raised.value.message == (
        "predictions: record #1: score is nan, expected finite numbers. JSON has no others."
    )
    assert (raised.value.index, raised.value.count) == (1, 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("save", "name", "expected"),
    [
        (save_predictions, "preds.csv", ".json, .jsonl, .json.gz, .jsonl.gz"),
        (save_ground_truth, "gt.jsonl", ".json, .json.gz"),
    ],
)
def test_another_suffix_is_refused(tmp_path: Path, save: Any, name: str, expected: str) -> None:
    data: Predictions | GroundTruth = load_predictions([])
    if save is save_ground_truth:
        data = load_ground_truth(some_ground_truth())
    with pytest.raises(InputError) as raised:
        save(data, tmp_path / name)
    assert raised.value.message == (
        f"{tmp_path / name}: the suffix gives the format, expected one of {expected}."
    )


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no folder .*nowhere. Create it first"):
        save_predictions(load_predictions([]), tmp_path / "nowhere" / "preds.json")


def test_masks_made_from_arrays_are_written_as_text(tmp_path: Path) -> None:
    preds = predictions_from_arrays(image_id=1, category_id=1, score=[1, 1, 1], masks=MASKS)
    save_predictions(preds, tmp_path / "preds.json")
    records = json.loads((tmp_path / "preds.json").read_text())
    assert [record["segmentation"] for record in records] == [coco_rle(mask) for mask in MASKS]
    assert (
        load_predictions(tmp_path / "preds.json").segmentations.format.tolist()
        == [Format.STRING] * 3
    )
