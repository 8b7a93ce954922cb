"""What is said of merged parts is what one evaluation of everything says, to the last letter."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pycocotools import mask as coco_mask

from segeval import average_precision
from segeval.data.synthetic import furniture
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.parts import evaluate_parts
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from tests.parity.scenes import nasty_pair
from tests.unit.metrics.coco.parts.shards.test_mapping import written

Record = dict[str, Any]
Files = tuple[list[Record], dict[str, Any]]
IMAGES = 28


def files() -> Files:
    """Sound predictions of some images with objects of several categories."""
    found = furniture(images=IMAGES)
    gt = {**found.ground_truth}
    gt["annotations"] = [dict(own) for own in gt["annotations"]]
    return [dict(own) for own in found.better], gt


def boxes(*, step: int = 1) -> Files:
    """One object of two categories in every image, found by its box."""
    images = [{"id": 10 * n, "width": 100, "height": 80} for n in range(1, IMAGES + 1)]
    objects = [
        {"id": n, "image_id": 10 * n, "category_id": n % 2 + 1, "bbox": [5 + n, 7, 30, 20 + n],
         "area": 30 * (20 + n), "iscrowd": 0}
        for n in range(1, IMAGES + 1)
    ]  # fmt: skip
    preds = [
        {**{name: own[name] for name in ("image_id", "category_id", "bbox")}, "score": 0.9 - k / 99}
        for k, own in enumerate(objects)
    ]
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    return preds[::step], {"images": images, "categories": categories, "annotations": objects}


def equal_scores() -> Files:
    preds, gt = boxes()
    return [{**own, "score": 0.5} for own in preds], gt


def two_scales() -> Files:
    preds, gt = boxes()
    return [
        {**own, "score": own["score"] * (100 if k < 9 else 1)} for k, own in enumerate(preds)
    ], gt


def inverted() -> Files:
    preds, gt = boxes()
    lost = [{**own, "bbox": [60, 60, 9, 9], "score": 0.95} for own in preds]
    return [*({**own, "score": own["score"] / 4} for own in preds), *lost], gt


def unpredicted_images() -> Files:
    preds, gt = boxes()
    return [own for own in preds if own["image_id"] > 90], gt


def unpredicted_category() -> Files:
    preds, gt = boxes()
    return [own for own in preds if own["category_id"] == 1], gt


def crowds() -> Files:
    preds, gt = boxes()
    for own in gt["annotations"][::2]:
        own["iscrowd"] = 1
    return preds, gt


def a_category_of_crowds() -> Files:
    preds, gt = boxes()
    gt["categories"].append({"id": 3, "name": "herd"})
    for place in range(0, IMAGES, 5):
        gt["annotations"].append(
            {**gt["annotations"][place], "id": 900 + place, "category_id": 3, "iscrowd": 1}
        )
    return preds, gt


def nothing_counts() -> Files:
    preds, gt = boxes()
    for own in gt["annotations"]:
        own["iscrowd"] = 1
    return preds, gt


def repeats() -> Files:
    preds, gt = boxes()
    return [*preds, preds[20], preds[3], preds[3]], gt


def repeated_objects() -> Files:
    preds, gt = boxes()
    gt["annotations"] += [{**own, "id": 700 + own["id"]} for own in gt["annotations"][4::9]]
    return preds, gt


def near_repeats() -> Files:
    preds, gt = boxes()
    return [*preds, *({**own, "score": own["score"] / 2} for own in preds[::3])], gt


def shifted_categories() -> Files:
    preds, gt = boxes()
    return [{**own, "category_id": 3 - own["category_id"]} for own in preds], gt


def corners() -> Files:
    preds, gt = boxes()
    for own, true in zip(preds, gt["annotations"], strict=True):
        own["bbox"] = true["bbox"] = [30 + own["bbox"][0] / 3, 29, 12, 11]
        x, y, w, h = own["bbox"]
        own["bbox"] = [x, y, x + w, y + h]
    return preds, gt


def elsewhere() -> Files:
    preds, gt = boxes()
    return [{**own, "bbox": [70, 60, 8, 9]} for own in preds], gt


def repeated_names() -> Files:
    preds, gt = boxes()
    gt["categories"][1]["name"] = "cat"
    return preds, gt


def unknown_ids() -> Files:
    preds, gt = boxes()
    odd = [{**preds[5], "image_id": 5}, {**preds[6], "image_id": 999}]
    return [*preds, *odd, {**preds[7], "category_id": 9}, {**preds[20], "category_id": 9}], gt


def id_zero() -> Files:
    preds, gt = boxes()
    gt["annotations"][17]["id"] = 0
    return preds, gt


def ignored() -> Files:
    preds, gt = boxes()
    for own in gt["annotations"][::4]:
        own["ignore"] = 1
    return preds, gt


def low_scores() -> Files:
    preds, gt = boxes()
    return [*preds, *({**own, "score": 0.01 + k / 999} for k, own in enumerate(preds[3:]))], gt


def no_areas() -> Files:
    preds, gt = boxes()
    for own in gt["annotations"][::3]:
        del own["area"]
    return preds, gt


def wrong_areas() -> Files:
    preds, gt = files()
    for own in gt["annotations"]:
        own["area"] = 1
    return preds, gt


def boxes_beside_masks() -> Files:
    preds, gt = files()
    for own in preds[1:]:
        own["bbox"] = [1, 1, 5, 5]
    return preds, gt


def boxes_of_masks() -> Files:
    preds, gt = files()
    for own in preds[1:]:
        own["bbox"] = coco_mask.toBbox(own["segmentation"]).tolist()
    return preds, gt


def empty_masks() -> Files:
    preds, gt = files()
    for own in preds[::9]:
        height, width = own["segmentation"]["size"]
        own["segmentation"] = {"size": [height, width], "counts": [height * width]}
    return preds, gt


def crossed(make: Callable[[], Files]) -> Callable[[], Files]:
    """The same with the predictions of images in another order."""

    def made() -> Files:
        preds, gt = make()
        random.Random(5).shuffle(preds)
        return preds, gt

    return made


BOX: dict[str, Any] = {"iou": "bbox"}
SCENES: list[tuple[Callable[[], Files], dict[str, Any], set[str]]] = [
    (equal_scores, BOX, {"equal-scores"}),
    (two_scales, BOX, {"two-score-scales"}),
    (inverted, BOX, {"inverted-scores"}),
    (unpredicted_images, BOX, {"no-prediction-for-images"}),
    (unpredicted_category, BOX, {"no-prediction-for-category"}),
    (crowds, BOX, {"crowd-share"}),
    (a_category_of_crowds, BOX, {"crowd-share"}),
    (nothing_counts, BOX, {"nothing-counts", "crowd-share"}),
    (repeats, BOX, {"repeats"}),
    (crossed(repeats), BOX, {"repeats"}),
    (repeated_objects, BOX, {"repeats"}),
    (near_repeats, BOX, {"near-repeats"}),
    (shifted_categories, BOX, {"mapped-categories"}),
    (corners, BOX, {"other-reading"}),
    (elsewhere, BOX, set()),
    (repeated_names, BOX, {"repeated-name"}),
    (unknown_ids, {**BOX, "skip_unknown": True}, {"unknown-image", "unknown-category"}),
    (id_zero, BOX, {"id-zero"}),
    (ignored, BOX, {"ignore-unused"}),
    (low_scores, {**BOX, "min_score": 0.3}, {"min-score"}),
    (low_scores, {**BOX, "max_dets": 1}, {"max-dets"}),
    (no_areas, BOX, {"area-computed"}),
    (wrong_areas, {}, {"mask-area"}),
    (boxes_beside_masks, {}, {"mask-and-box"}),
    (boxes_of_masks, {"area_from": "bbox"}, {"area-from-bbox"}),
    (boxes_of_masks, BOX, {"area-from-bbox"}),
    (empty_masks, {"iou": ("boundary", "segm")}, {"empty-mask", "thin-objects"}),
    (boxes, {**BOX, "images": (20, 30, 250, 110)}, set()),
    (shifted_categories, {**BOX, "agnostic": True}, set()),
]


def parts_of(folder: Path, preds: Any, gt: Any, number: int, **settings: Any) -> list[Path]:
    """Part files of slices, in random order."""
    paths = [folder / f"{number}-{place}.match" for place in range(1, number + 1)]
    for place, path in enumerate(paths, 1):
        match_part(preds, gt, path, Arguments(**settings), shard=(place, number))
    random.Random(number).shuffle(paths)
    return paths


def notes_of(path: Path) -> list[Record]:
    return list(ap_of_part(path).to_dict()["notes"])


def assert_same_notes(folder: Path, preds: Any, gt: Any, **settings: Any) -> set[str]:
    """The codes of the notes, once every grouping was found to say the same as one run."""
    expected = average_precision(preds, gt, **settings).to_dict()["notes"]
    match_part(preds, gt, folder / "one.match", Arguments(**settings))
    assert notes_of(folder / "one.match") == expected
    paths: list[Path] = []
    for number in (1, 2, 7):
        paths = parts_of(folder, preds, gt, number, **settings)
        whole = folder / f"all-{number}.match"
        merge_parts(paths, whole)
        assert notes_of(whole) == expected
    merge_parts(paths[:3], folder / "left.match")
    merge_parts(paths[3:], folder / "right.match")
    merge_parts([folder / "right.match", folder / "left.match"], folder / "nested.match")
    assert notes_of(folder / "nested.match") == expected
    return {note["code"] for note in expected}


@pytest.mark.parametrize(("make", "settings", "codes"), SCENES)
def test_slices_say_what_one_run_says(
    tmp_path: Path, make: Callable[[], Files], settings: dict[str, Any], codes: set[str]
) -> None:
    preds, gt = make()
    assert codes <= assert_same_notes(tmp_path, preds, gt, **settings)


OF_FILES = (
    equal_scores, two_scales, inverted, unpredicted_images, unpredicted_category, crowds,
    a_category_of_crowds, nothing_counts, repeats, repeated_objects, repeated_names, id_zero,
    ignored, no_areas,
)  # fmt: skip


@pytest.mark.parametrize("make", OF_FILES)
@pytest.mark.parametrize("number", [2, 6])
def test_files_of_predictions_say_what_one_run_says(
    tmp_path: Path, make: Callable[[], Files], number: int
) -> None:
    records, gt = make()
    preds, name = written(tmp_path, records, gt, number)
    found = evaluate_parts(preds, name, Arguments(**BOX)).to_dict()
    expected = average_precision(preds, name, **BOX).to_dict()
    assert expected["notes"]
    for part in ("results", "settings", "notes"):
        assert found[part] == expected[part]


def result_or_refusal(preds: Any, gt: Any, **settings: Any) -> dict[str, Any] | InputError:
    try:
        return average_precision(preds, gt, **settings).to_dict()
    except InputError as refusal:
        return refusal


@pytest.mark.parametrize("compat", [None, "official"])
@pytest.mark.parametrize("lvis", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_slices_of_odd_files_say_what_one_run_says_or_refuse_as_it_does(
    tmp_path: Path, seed: int, lvis: bool, compat: str | None
) -> None:
    preds, gt = nasty_pair(seed, lvis=lvis)
    settings: dict[str, Any] = {"compat": compat, "skip_unknown": compat is None and seed % 2 == 0}
    number = len({own["id"] for own in gt["images"]})
    expected = result_or_refusal(preds, gt, **settings)
    if isinstance(expected, InputError):
        with pytest.raises(type(expected)) as raised:
            parts_of(tmp_path, preds, gt, number, **settings)
        assert (raised.value.code, raised.value.path) == (expected.code, expected.path)
        return
    if any(own["score"] != own["score"] for own in preds):
        with pytest.raises(FormatError, match=r"scores? (is|are) NaN, expected numbers: a part"):
            parts_of(tmp_path, preds, gt, number, **settings)
        return
    merge_parts(parts_of(tmp_path, preds, gt, number, **settings), tmp_path / "all.match")
    found = ap_of_part(tmp_path / "all.match").to_dict()
    for name in ("results", "settings", "notes"):
        assert found[name] == expected[name]


def test_parts_of_other_versions_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preds, gt = boxes()
    match_part(preds, gt, tmp_path / "a.match", Arguments(**BOX), shard=(1, 2))
    monkeypatch.setattr("segeval.metrics.coco.parts.layout.writing.__version__", "9.9")
    match_part(preds, gt, tmp_path / "b.match", Arguments(**BOX), shard=(2, 2))
    with pytest.raises(MismatchError, match=r"b.match: was matched by version 9.9, and .*a.match"):
        merge_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")
