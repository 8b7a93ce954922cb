"""Parts matched from different files of predictions say together what one run over all says."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.data.synthetic import furniture
from segeval.metrics.coco import looked_at, looked_at_choice
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.parts import evaluate_parts
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from tests.unit.metrics.coco.parts.test_notes_of_parts import BOX, SCENES, Files, Record

MANY = 90
"""Images of sets of which not all records are looked at."""


def furnished() -> Files:
    """Masks and boxes of many images."""
    found = furniture(images=MANY)
    gt = dict(found.ground_truth)
    gt["annotations"] = [dict(own) for own in gt["annotations"]]
    return [dict(own) for own in found.better], gt


def many_boxes() -> Files:
    """Three objects of an image, found by their boxes."""
    rng = np.random.default_rng(3)
    images = [{"id": 7 * n, "width": 200, "height": 160} for n in range(1, MANY + 1)]
    corners = rng.integers(0, 80, (MANY, 3, 2)), rng.integers(20, 70, (MANY, 3, 2))
    objects: list[Record] = [
        {"id": 3 * n + k + 1, "image_id": 7 * n + 7, "category_id": int((n + k) % 4 + 1),
         "bbox": [*corners[0][n, k].tolist(), *corners[1][n, k].tolist()],
         "area": int(corners[1][n, k].prod()), "iscrowd": 0}
        for n in range(MANY) for k in range(3)
    ]  # fmt: skip
    preds = [
        {"image_id": own["image_id"], "category_id": own["category_id"], "bbox": list(own["bbox"]),
         "score": round(0.9 - place / 999, 4)}
        for place, own in enumerate(objects)
    ]  # fmt: skip
    categories = [{"id": n, "name": f"kind {n}"} for n in range(1, 5)]
    return preds, {"images": images, "categories": categories, "annotations": objects}


def corners() -> Files:
    preds, gt = many_boxes()
    for own in preds:
        x, y, width, height = own["bbox"]
        own["bbox"] = [x, y, x + width, y + height]
    return preds, gt


def corners_in_some_images() -> Files:
    preds, gt = corners()
    right, _ = many_boxes()
    return [
        own if own["image_id"] % 3 else other for own, other in zip(preds, right, strict=True)
    ], gt


def next_images() -> Files:
    preds, gt = many_boxes()
    return [{**own, "image_id": own["image_id"] % (7 * MANY) + 7} for own in preds], gt


def next_categories() -> Files:
    preds, gt = many_boxes()
    return [{**own, "category_id": own["category_id"] % 4 + 1} for own in preds], gt


def again_with_other_scores() -> Files:
    preds, gt = many_boxes()
    return [*preds, *({**own, "score": own["score"] / 2} for own in preds[::4])], gt


def again_in_other_categories() -> Files:
    preds, gt = many_boxes()
    gt["annotations"] += [
        {**own, "id": 9000 + own["id"], "category_id": own["category_id"] % 4 + 1}
        for own in gt["annotations"][::5]
    ]
    return preds, gt


def flat() -> Files:
    preds, gt = many_boxes()
    for own in preds[::7]:
        own["bbox"][2] = 0
    return preds, gt


def fractions_in_some() -> Files:
    preds, gt = many_boxes()
    for own in preds[::2]:
        own["bbox"] = [0.25, 0.25, 0.5, 0.5]
    return preds, gt


def areas_of_others() -> Files:
    preds, gt = furnished()
    for own in gt["annotations"][::3]:
        own["area"] *= 3
    return preds, gt


def boxes_elsewhere() -> Files:
    preds, gt = furnished()
    for own in preds:
        own["bbox"] = [1, 1, 5, 5]
    return preds, gt


def some_boxes() -> Files:
    preds, gt = furnished()
    for own in preds[1::2]:
        own["bbox"] = [1, 1, 500, 500]
    return preds, gt


def odd_polygons() -> Files:
    preds, gt = furnished()
    for place, own in enumerate(gt["annotations"]):
        x, y, width, height = own["bbox"]
        own["segmentation"] = [[x, y, x + width, y, x + width, y + height]]
        own["segmentation"] += [[], [[1, 1, 2, 2]], [[1, 1, 5, 2, 4, 4, 9]]][place % 3]
    for own in preds:
        own["bbox"] = [1, 1, 5, 5]
    return preds, gt


MORE: list[tuple[Callable[[], Files], dict[str, Any], set[str]]] = [
    (corners, BOX, {"outside-image", "other-reading"}),
    (corners_in_some_images, BOX, {"outside-image"}),
    (next_images, BOX, {"other-images"}),
    (next_categories, BOX, {"mapped-categories"}),
    (again_with_other_scores, BOX, {"near-repeats"}),
    (again_in_other_categories, BOX, {"near-repeats"}),
    (flat, BOX, {"flat-box"}),
    (fractions_in_some, BOX, {"fractions"}),
    (areas_of_others, {}, {"mask-area"}),
    (boxes_elsewhere, {}, {"mask-and-box", "area-from-mask"}),
    (some_boxes, {}, {"area-from-mask"}),
    (odd_polygons, {"compat": "official"}, {"short-part", "odd-part", "area-from-bbox"}),
]

NOT_IN_LISTS = [scene for scene in SCENES if "images" not in scene[1]]
"""Scenes whose parts need no lists of images of their own."""


def apart(preds: list[Record], gt: dict[str, Any], homes: dict[int, int]) -> Iterator[Files]:
    """Files of predictions and ground truth for each group of images."""
    for home in sorted(set(homes.values())):
        chosen = {image for image, own in homes.items() if own == home}
        known = [own for own in preds if own["image_id"] in chosen]
        if home == 0:  # predictions for unknown images are in one file
            known += [own for own in preds if own["image_id"] not in homes]
        images = [own for own in gt["images"] if own["id"] in chosen]
        objects = [own for own in gt["annotations"] if own["image_id"] in chosen]
        yield known, {**gt, "images": images, "annotations": objects}


def said(path: Path) -> dict[str, Any]:
    found = ap_of_part(path).to_dict()
    return {name: found[name] for name in ("results", "settings", "notes")}


@pytest.mark.parametrize(("make", "settings", "codes"), [*NOT_IN_LISTS, *MORE])
def test_parts_of_different_files_say_what_one_run_says(
    tmp_path: Path, make: Callable[[], Files], settings: dict[str, Any], codes: set[str]
) -> None:
    preds, gt = make()
    found = average_precision(preds, gt, **settings).to_dict()
    expected = {name: found[name] for name in ("results", "settings", "notes")}
    assert codes <= {note["code"] for note in expected["notes"]}
    rng = random.Random(5)
    homes = {own["id"]: rng.randrange(5) for own in gt["images"]}
    paths = [tmp_path / f"{place}.match" for place in sorted(set(homes.values()))]
    for path, files in zip(paths, apart(preds, gt, homes), strict=True):
        match_part(*files, path, Arguments(**settings))
    rng.shuffle(paths)
    merge_parts(paths, tmp_path / "all.match")
    assert said(tmp_path / "all.match") == expected
    merge_parts(paths[:2], tmp_path / "left.match")
    merge_parts([*paths[2:], tmp_path / "left.match"], tmp_path / "nested.match")
    assert said(tmp_path / "nested.match") == expected


@pytest.mark.parametrize(("make", "settings", "codes"), MORE)
def test_files_of_one_run_say_what_one_file_says(
    tmp_path: Path, make: Callable[[], Files], settings: dict[str, Any], codes: set[str]
) -> None:
    del codes
    preds, gt = make()
    rng = random.Random(8)
    homes = {own["id"]: rng.randrange(5) for own in gt["images"]}
    (tmp_path / "preds").mkdir()
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    for place, (own, _) in enumerate(apart(preds, gt, homes)):
        (tmp_path / "preds" / f"{place}.json").write_text(json.dumps(own))
    names = str(tmp_path / "preds"), str(tmp_path / "gt.json")
    found = evaluate_parts(*names, Arguments(**settings)).to_dict()
    expected = average_precision(*names, **settings).to_dict()
    for name in ("results", "settings", "notes"):
        assert found[name] == expected[name]


@pytest.mark.parametrize(("make", "settings", "codes"), [*NOT_IN_LISTS[::2], *MORE[::2]])
def test_different_files_that_share_images_say_what_one_run_says(
    tmp_path: Path, make: Callable[[], Files], settings: dict[str, Any], codes: set[str]
) -> None:
    del codes
    preds, gt = make()
    found = average_precision(preds, gt, **settings).to_dict()
    rng = random.Random(9)
    ids = [own["id"] for own in gt["images"]]
    first = set(rng.sample(ids, len(ids) // 2))
    second = set(ids) - first | set(rng.sample(sorted(first), len(first) // 3))
    for name, own in (("a", first), ("b", second)):
        homes = {image: 1 - (image in own) for image in ids}
        if name == "b":  # those for unknown images are in the first file
            files = next(apart([each for each in preds if each["image_id"] in homes], gt, homes))
        else:
            files = next(apart(preds, gt, homes))
        match_part(*files, tmp_path / f"{name}.match", Arguments(**settings))
    merge_parts([tmp_path / "b.match", tmp_path / "a.match"], tmp_path / "all.match")
    assert said(tmp_path / "all.match") == {
        name: found[name] for name in ("results", "settings", "notes")
    }


def test_files_that_are_named_after_other_images_are_counted_over_all_files(
    tmp_path: Path,
) -> None:
    preds, gt = many_boxes()
    for own in gt["images"]:
        own["file_name"] = f"{own['id']:03}.png"
    (tmp_path / "preds").mkdir()
    for own in gt["images"][:9]:
        image = own["id"] + 7 if own["id"] > 35 else own["id"]
        records = [each for each in preds if each["image_id"] == image]
        (tmp_path / "preds" / f"{own['id']:03}.json").write_text(json.dumps(records))
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    names = str(tmp_path / "preds"), str(tmp_path / "gt.json")
    found = evaluate_parts(*names, Arguments(**BOX)).to_dict()["notes"]
    expected = average_precision(*names, **BOX).to_dict()["notes"]
    assert found == expected
    [note] = [own for own in found if own["code"] == "named-after-other-image"]
    assert note["message"] == (
        f"{names[0]}: 4 files are named after another image than that of the predictions: "
        f"{names[0]}/042.json holds image 49, but 042.png is image 42. Predictions without "
        "image_id are for the number in the name of their file; write image_id"
    )


def test_what_a_part_keeps_of_its_records_is_bounded(tmp_path: Path) -> None:
    preds, gt = furnished()
    for own in gt["annotations"][::2]:
        x, y, width, height = own["bbox"]
        own["segmentation"] = [
            [v for k in range(900) for v in (x + (k % 2) * width, y + k * height / 900)]
        ]
    [found] = match_part(preds, gt, tmp_path / "a.match")
    assert found.evidence is not None
    assert found.evidence.looked is not None
    choice = looked_at_choice
    for place, side in enumerate(found.evidence.looked.sides):
        assert len(side) <= choice.LIMIT + choice.FIRST * choice.MOST[place]
        lengths = side.segmentations.strings.lengths
        assert lengths.max() <= choice.LONGEST
        assert lengths.sum() <= sum(choice.TEXT[place]) + 2 * choice.LONGEST
    assert all(len(own.known) == looked_at.REPEATS for own in found.evidence.looked.repeats)
