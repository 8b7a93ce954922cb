"""What may be evaluated, with which settings, and what must not change the numbers."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import average_precision, load_ground_truth, load_predictions
from segeval.errors import FormatError, InputError
from segeval.kernels.stop import WORD
from segeval.metrics import LVIS, SizeBucket
from segeval.metrics.coco import inputs
from tests.build import build_gt
from tests.parity.scenes import clean_pair
from tests.unit.metrics.strips import evaluate, exact, scene, strip

A = strip(0, 20)


def many_images(count: int, *, seed: int = 0) -> tuple[list[Any], dict[str, Any]]:
    """One set from many small ones, enough for all threads to have work."""
    preds: list[Any] = []
    gt: dict[str, Any] = {
        "images": [],
        "annotations": [],
        "categories": [{"id": i} for i in range(41)],
    }
    for place in range(count):
        found, truth = clean_pair(seed + place)
        new = {image["id"]: len(gt["images"]) + n for n, image in enumerate(truth["images"], 1)}
        gt["images"] += [{**image, "id": new[image["id"]]} for image in truth["images"]]
        first = len(gt["annotations"]) + 1
        for number, record in enumerate(truth["annotations"], first):
            gt["annotations"].append({**record, "id": number, "image_id": new[record["image_id"]]})
        preds += [{**record, "image_id": new[record["image_id"]]} for record in found]
    return preds, gt


@pytest.mark.parametrize("workers", [1, 2, 3, 4, None])
def test_the_number_of_threads_changes_no_bit(workers: int | None) -> None:
    preds, gt = many_images(60)
    one = average_precision(preds, gt, iou=("segm", "bbox"), workers=1)
    other = average_precision(preds, gt, iou=("segm", "bbox"), workers=workers)
    assert other.to_dict(per_image=True)["results"] == one.to_dict(per_image=True)["results"]
    np.testing.assert_array_equal(other.matches.matched_bits, one.matches.matched_bits)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_images_changes_no_bit(seed: int) -> None:
    preds, gt = many_images(10, seed=500)
    order = np.random.default_rng(seed).permutation(len(gt["images"]))
    images = [gt["images"][place] for place in order]
    shuffled = {
        **gt,
        "images": images,
        "annotations": [
            a for image in images for a in gt["annotations"] if a["image_id"] == image["id"]
        ],
    }
    moved = [p for image in images for p in preds if p["image_id"] == image["id"]]
    expected = average_precision(preds, gt).to_dict(per_image=True)["results"]
    assert average_precision(moved, shuffled).to_dict(per_image=True)["results"] == expected


def test_paths_records_and_columns_give_the_same_numbers(tmp_path: Path) -> None:
    preds, gt = clean_pair(7)
    preds_path, gt_path = tmp_path / "preds.json", tmp_path / "gt.json"
    preds_path.write_text(json.dumps(preds))
    gt_path.write_text(json.dumps(gt))
    from_paths = average_precision(str(preds_path), gt_path)
    columns = load_predictions(preds), load_ground_truth(gt_path)
    assert from_paths.ap == average_precision(preds, gt).ap == average_precision(*columns).ap
    assert from_paths.inputs["preds"] == {"path": str(preds_path), "count": len(preds)}
    assert from_paths.inputs["gt"] == {
        "path": str(gt_path),
        "count": len(gt["annotations"]),
        "images": len(gt["images"]),
        "categories": len(gt["categories"]),
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"iou": "mask"}, "`iou` is 'mask', expected segm or boundary or bbox."),
        ({"iou": ()}, "`iou` names no kind, expected segm or boundary or bbox."),
        ({"compat": "coco"}, "`compat` is 'coco', expected one of official, pycocotools, lvis."),
        ({"area_from": "box"}, "`area_from` is 'box', expected one of mask, bbox."),
        ({"workers": 0}, "`workers` is 0, expected 1 or more."),
        (
            {"compat": "pycocotools", "area_from": "mask"},
            "`area_from` does not go with `compat`: pycocotools has its own rule.",
        ),
        (
            {"compat": "pycocotools", "honour_ignore": True},
            "`honour_ignore` does not go with `compat`: pycocotools has its own rule.",
        ),
        (
            {"protocol": "voc"},
            "`protocol` is 'voc', expected one of coco, lvis, lvis-fixed, lvis-2021, ap-star.",
        ),
        (
            {"compat": "lvis", "protocol": "coco"},
            "`compat='lvis'` has the protocol lvis, not coco.",
        ),
        (
            {"protocol": "lvis", "agnostic": True},
            "`agnostic` does not go with lvis: each image is annotated for some categories only.",
        ),
        ({"max_dets": ()}, "`max_dets=[]`: expected different whole numbers; 0 is no limit."),
        ({"max_dets": "5"}, "`max_dets='5'`: expected different whole numbers; 0 is no limit."),
        (
            {"max_dets": range(1, 1002)},
            "`max_dets` has 1,001 values, expected at most 1,000.",
        ),
        ({"max_dets": -1}, "`max_dets=-1`: expected different whole numbers; 0 is no limit."),
        (
            {"max_dets": (5, 5)},
            "`max_dets=[5, 5]`: expected different whole numbers; 0 is no limit.",
        ),
        (
            {"max_dets": 7, "compat": "pycocotools"},
            "`max_dets=[7]`: pycocotools needs three caps of at least 1.",
        ),
        ({"max_dets": (1, 7), "compat": "lvis"}, "`max_dets=[1, 7]`: lvis has a single cap."),
        ({"thresholds": ()}, "`thresholds=[]`: an IoU threshold must be above 0 and at most 1."),
        (
            {"thresholds": (0, 0.5)},
            "`thresholds=[0, 0.5]`: an IoU threshold must be above 0 and at most 1.",
        ),
        (
            {"thresholds": (50,)},
            "`thresholds=[50]`: an IoU threshold must be above 0 and at most 1.",
        ),
        (
            {"thresholds": (0.5, 0.5)},
            "`thresholds=[0.5, 0.5]`: expected up to 64 different thresholds, not 2.",
        ),
        (
            {"thresholds": [n / 100 for n in range(1, 66)]},
            (
                "`thresholds=[0.01, 0.02, 0.03, 0.04, 0.05, 0.06, ...]`: expected up to 64 "
                "different thresholds, not 65."
            ),
        ),
    ],
)
def test_settings_that_make_no_sense_are_explained(settings: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        evaluate([{"mask": A}], [{"mask": A}], **settings)
    assert caught.value.message == message


def test_as_many_thresholds_as_fit_are_all_used() -> None:
    thresholds = [place / 64 for place in range(1, 65)]
    result = evaluate([{"mask": A}], [{"mask": strip(0, 10)}], thresholds=thresholds)
    assert result.ap == exact(1 / 2)  # IoU 1/2 reaches the 32 thresholds up to 32 / 64


def test_a_protocol_may_be_given_as_such() -> None:
    preds, gt = clean_pair(3, lvis=True)
    result = average_precision(preds, gt, protocol=LVIS, sizes=[SizeBucket("tiny", 0, 10)])
    assert result.protocol.name == "lvis"
    assert [size.name for size in result.first.sizes] == ["tiny"]


def test_lvis_files_are_recognised_by_their_keys() -> None:
    preds, gt = clean_pair(3, lvis=True)
    assert average_precision(preds, gt).protocol.name == "lvis"
    assert average_precision(preds, gt, protocol="coco").protocol.name == "coco"


def test_swapped_files_are_told_to_be_swapped(tmp_path: Path) -> None:
    preds, gt = tmp_path / "preds.json", tmp_path / "gt.json"
    for path, content in zip((preds, gt), scene([{"mask": A}], [{"mask": A}]), strict=True):
        path.write_text(json.dumps(content))
    with pytest.raises(InputError) as caught:
        average_precision(gt, preds)
    assert caught.value.message == (
        "the first file is ground truth (its annotations have no score), the second a list of "
        f"predictions. Swap them: `average_precision('{preds}', '{gt}')`"
    )
    assert caught.value.code == "swapped"


def test_swapped_records_and_columns_are_told_to_be_swapped() -> None:
    preds, gt = scene([{"mask": A}], [{"mask": A}])
    with pytest.raises(
        InputError, match=r"annotations have no score\).* predictions\. Swap them\.$"
    ):
        average_precision(gt, preds)  # type: ignore[arg-type]
    swapped: Any = load_ground_truth(gt), load_predictions(preds)
    for pair in (swapped, (preds, swapped[1])):
        with pytest.raises(
            InputError, match=r"preds and gt are swapped\. Predictions come first\."
        ):
            average_precision(*pair)


def test_ground_truth_twice_is_not_told_to_be_swapped(tmp_path: Path) -> None:
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(build_gt([(1, 200)], [{"mask": A}])))
    with pytest.raises(FormatError) as caught:
        average_precision(path, path)
    assert caught.value.message == (
        f"{path}: is ground truth (its annotations have no score); predictions are a list of "
        "{image_id, category_id, segmentation, score}."
    )


def test_ids_may_be_far_apart() -> None:
    preds, gt = scene([{"mask": A, "image_id": 10**15}], [{"mask": A, "image_id": 10**15}])
    gt["images"].append({**gt["images"][0], "id": 10**15})
    result = average_precision(preds, gt, images=[10**15])
    assert (result.ap, result.matches.image_ids.tolist()) == (exact(1), [10**15])


def test_standard_input_cannot_be_both_files() -> None:
    with pytest.raises(InputError, match="only one of the two files can be standard input"):
        average_precision("-", "-")


BOX = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}


def box_scene() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One box, predicted perfectly."""
    gt = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "categories": [{"id": 1, "name": "chair"}],
        "annotations": [{**BOX, "id": 1, "area": 81, "iscrowd": 0}],
    }
    return [{**BOX, "score": 0.9}], gt


@pytest.mark.parametrize(
    "settings",
    [
        {"categories": "chair"},
        {"categories": 1},
        {"images": "a.jpg"},
        {"thresholds": 0.5},
        {"sizes": (32, 96)},
        {"max_dets": 10},
    ],
)
def test_a_single_value_may_stand_for_itself(settings: dict[str, Any]) -> None:
    preds, gt = box_scene()
    gt["categories"].append({"id": 2, "name": "lamp"})
    gt["images"].append({"id": 2, "file_name": "b.jpg"})
    several = {key: [value] for key, value in settings.items() if key != "sizes"}
    alone, listed = (
        average_precision(preds, gt, iou="bbox", **each).to_dict()["results"]
        for each in (settings, several or settings)
    )
    assert alone == listed
    assert alone["bbox"]["gt"] == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"categories": []}, "`categories` is empty, expected ids or names, or None for all."),
        ({"thresholds": "0.5"}, "`thresholds='0.5'`: expected numbers."),
        ({"max_dets": 1.5}, "`max_dets=1.5`: expected different whole numbers; 0 is no limit."),
    ],
)
def test_values_of_no_use_are_refused(settings: dict[str, Any], message: str) -> None:
    preds, gt = box_scene()
    with pytest.raises(InputError) as raised:
        average_precision(preds, gt, iou="bbox", **settings)
    assert str(raised.value) == message


def test_what_was_chosen_stands_in_the_settings() -> None:
    preds, gt = box_scene()
    settings = average_precision(preds, gt, iou="bbox", categories="chair").to_dict()["settings"]
    assert (settings["categories"], settings["images"]) == (["chair"], None)
    assert (settings["skip_unknown"], settings["honour_ignore"]) == (False, False)


def test_a_file_with_some_lvis_keys_is_refused() -> None:
    preds, gt = box_scene()
    gt["images"][0] |= {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    with pytest.raises(FormatError) as raised:
        average_precision(preds, gt, iou="bbox")
    assert str(raised.value) == (
        "ground truth: some records have LVIS keys, but category #0 (id 1) has no frequency, "
        'expected "r", "c" or "f". Complete the file, or choose `protocol="coco"`.'
    )
    assert average_precision(preds, gt, iou="bbox", protocol="coco").ap50 is not None


def test_results_and_columns_show_themselves_in_one_line() -> None:
    preds, gt = load_predictions(box_scene()[0]), load_ground_truth(box_scene()[1])
    result = average_precision(preds, gt, iou="bbox")
    assert repr(result) == "APResult(predictions vs ground truth: bbox AP 100.0)"
    assert repr(preds) == "Predictions(predictions: 1 prediction)"
    assert repr(gt) == "GroundTruth(ground truth: 1 annotation, 1 image, 1 category)"
    assert repr(result.matches) == "Matches(1 prediction, 1 ground truth)"


def test_masks_that_cover_no_pixel_are_counted() -> None:
    square = {"size": [4, 4], "counts": "05;"}
    gt = {
        "images": [{"id": 1, "height": 4, "width": 4}],
        "categories": [{"id": 1}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "segmentation": square, "area": 5}
        ],
    }
    preds = [
        {"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": mask}
        for mask in (square, {"size": [4, 4], "counts": "`0"})
    ]
    notes = {note.code: note.message for note in average_precision(preds, gt).notes}
    assert notes["empty-mask"] == "1 mask of predictions covers no pixel and matches nothing"


@pytest.mark.parametrize("iou", ["segm", "boundary", "bbox"])
def test_an_empty_string_is_no_mask_whatever_is_compared(iou: str) -> None:
    _, gt = box_scene()
    mask = {"size": [9, 9], "counts": ""}
    found = [{"image_id": 1, "category_id": 1, "score": 0.5, "segmentation": mask}]
    gt["images"][0] |= {"height": 9, "width": 9}
    gt["annotations"][0]["segmentation"] = [[0, 0, 9, 0, 9, 9]]
    with pytest.raises(FormatError, match=r"prediction #0 .*: the runs add up to 0 pixels"):
        average_precision(found, gt, iou=iou)


def test_ctrl_c_does_not_wait_for_the_other_file(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, asked = threading.Event(), threading.Event()

    def ground_truth(_: object) -> None:
        begun.set()
        deadline = time.monotonic() + 5
        while not WORD.is_asked and time.monotonic() < deadline:
            time.sleep(0.001)
        if WORD.is_asked:
            asked.set()

    def predictions(*_: object, **__: object) -> None:
        begun.wait(5)
        raise KeyboardInterrupt

    monkeypatch.setattr(inputs, "loaded_ground_truth", ground_truth)
    monkeypatch.setattr(inputs, "_columns", predictions)
    with pytest.raises(KeyboardInterrupt):
        inputs.loaded("preds.json", "gt.json", 1)
    assert asked.is_set()
