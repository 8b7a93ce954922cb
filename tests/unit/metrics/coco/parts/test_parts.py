"""Parts of an evaluation merge in any order to the numbers of one evaluation of everything."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.data.synthetic import furniture
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import matches_of
from segeval.metrics.coco.parts.layout.matches import read_part, save_part
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from tests.unit.metrics.coco.test_matches import PROTOCOL_NAMES, scene, settings_of

KINDS = ("segm", "bbox")


def furniture_files(images: int = 40) -> tuple[Any, Any]:
    found = furniture(images=images)
    return found.better, found.ground_truth


def in_parts(
    folder: Path, preds: Any, gt: Any, number: int, *, seed: int = 0, **settings: Any
) -> list[Path]:
    """Part files of contiguous slices of the images, in random order."""
    paths = [folder / f"{place}.match" for place in range(1, number + 1)]
    for place, path in enumerate(paths, 1):
        match_part(preds, gt, path, Arguments(**settings), shard=(place, number))
    random.Random(seed).shuffle(paths)
    return paths


def assert_same_result(path: Path, preds: Any, gt: Any, **settings: Any) -> None:
    found = ap_of_part(path).to_dict()
    expected = average_precision(preds, gt, **settings).to_dict()
    for key in ("results", "settings", "notes"):
        assert found[key] == expected[key]


@pytest.mark.parametrize("number", [1, 2, 7, 40])
@pytest.mark.parametrize("kinds", [("segm",), KINDS, ("boundary", "bbox")])
def test_slices_give_the_result_of_one_run(
    tmp_path: Path, number: int, kinds: tuple[str, ...]
) -> None:
    preds, gt = furniture_files()
    parts = in_parts(tmp_path, preds, gt, number, iou=kinds)
    merge_parts(parts, tmp_path / "all.match")
    assert_same_result(tmp_path / "all.match", preds, gt, iou=kinds)


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_every_protocol_gives_the_numbers_of_one_run(
    tmp_path: Path, protocol: str, seed: int
) -> None:
    preds, gt = scene(seed, protocol)
    settings = settings_of(protocol)
    number = len(gt["images"])
    parts = in_parts(tmp_path, preds, gt, number, seed=seed, **settings)
    merge_parts(parts, tmp_path / "all.match")
    assert_same_result(tmp_path / "all.match", preds, gt, **settings)


def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of few rows in several blocks."""
    for module, name, length in (
        ("layout.writing", "BLOCK", 5), ("layout.groups", "BLOCK", 5),
        ("streaming.source", "BLOCK", 5),
        ("layout.image_blocks", "IMAGES", 3), ("layout.groups", "IMAGES", 3),
        ("layout.object_blocks", "OBJECTS", 4), ("layout.groups", "OBJECTS", 4),
        ("streaming.pooled", "PIECE", 7), ("streaming.pooled", "SAMPLES", 50),
    ):  # fmt: skip
        monkeypatch.setattr(f"segeval.metrics.coco.parts.{module}.{name}", length)


def test_any_grouping_gives_the_same_bytes(tmp_path: Path) -> None:
    preds, gt = furniture_files()
    parts = in_parts(tmp_path, preds, gt, 9, iou=KINDS)
    merge_parts(parts, tmp_path / "all.match")
    merge_parts(parts[:4], tmp_path / "left.match")
    merge_parts(parts[4:], tmp_path / "right.match")
    merge_parts([tmp_path / "right.match", tmp_path / "left.match"], tmp_path / "nested.match")
    assert (tmp_path / "nested.match").read_bytes() == (tmp_path / "all.match").read_bytes()


def test_blocks_of_any_length_give_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_blocks(monkeypatch)
    preds, gt = furniture_files()
    parts = in_parts(tmp_path, preds, gt, 7, iou=KINDS)
    merge_parts(parts, tmp_path / "all.match")
    assert_same_result(tmp_path / "all.match", preds, gt, iou=KINDS)
    for iou in KINDS:
        whole = ap_of_part(tmp_path / "all.match").scores[iou].matches
        one = average_precision(preds, gt, iou=iou).matches
        assert np.array_equal(whole.score, one.score)
        assert np.array_equal(whole.matched_bits, one.matched_bits)


def test_a_file_holds_all_that_was_matched(tmp_path: Path) -> None:
    preds, gt = furniture_files(6)
    found = matches_of(preds, gt, Arguments(iou=KINDS), None)
    save_part(found, tmp_path / "a.match")
    again, compat = read_part(tmp_path / "a.match")
    assert compat is None
    for one, other in zip(found, again, strict=True):
        assert other.to_bytes() == one.to_bytes()


def test_equal_images_of_two_parts_count_once(tmp_path: Path) -> None:
    preds, gt = furniture_files()
    match_part(preds, gt, tmp_path / "whole.match")
    parts = in_parts(tmp_path, preds, gt, 4)
    [note] = merge_parts([*parts, tmp_path / "whole.match"], tmp_path / "all.match")
    assert note.message == "40 images are in several parts with equal content"
    assert_same_result(tmp_path / "all.match", preds, gt)


def test_one_image_with_two_contents_is_refused(tmp_path: Path) -> None:
    preds, gt = furniture_files()
    match_part(preds, gt, tmp_path / "a.match", shard=(1, 2))
    match_part(furniture().weaker, gt, tmp_path / "b.match")
    with pytest.raises(MismatchError, match=r"b.match: image 1 is also in .*a.match, with other"):
        merge_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")
    assert not (tmp_path / "all.match").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"thresholds": 0.5}, "thresholds is"),
        ({"iou": "bbox"}, "iou is"),
        ({"compat": "official"}, "compat is"),
        ({"sizes": "area:9"}, "sizes is"),
        ({"agnostic": True}, "agnostic is"),
    ],
)
def test_parts_by_other_rules_are_refused(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    preds, gt = furniture_files()
    match_part(preds, gt, tmp_path / "a.match", shard=(1, 2))
    match_part(preds, gt, tmp_path / "b.match", Arguments(**settings), shard=(2, 2))
    with pytest.raises(MismatchError, match=f"b.match: {words}"):
        merge_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")


def test_a_damaged_part_is_refused(tmp_path: Path) -> None:
    preds, gt = furniture_files(8)
    path = tmp_path / "a.match"
    match_part(preds, gt, path)
    data = path.read_bytes()
    bad = tmp_path / "b.match"
    for cut in range(0, len(data), max(len(data) // 60, 1)):
        for damaged in (data[:cut], data[:cut] + bytes([data[cut] ^ 1]) + data[cut + 1 :]):
            bad.write_bytes(damaged)
            try:
                found = ap_of_part(bad).to_dict()["results"]
            except FormatError:
                continue
            assert found == ap_of_part(path).to_dict()["results"]  # in what nobody reads


def test_slices_must_exist(tmp_path: Path) -> None:
    preds, gt = furniture_files(4)
    for shard in ((0, 2), (3, 2)):
        with pytest.raises(InputError, match=f"`shard` is {shard[0]}/2, expected 1/2 to 2/2"):
            match_part(preds, gt, tmp_path / "a.match", shard=shard)
    with pytest.raises(InputError, match=r"`shard` asks for 9 slices, and .* has only 4 images"):
        match_part(preds, gt, tmp_path / "a.match", shard=(1, 9))


def test_categories_and_images_can_be_chosen_afterwards(tmp_path: Path) -> None:
    preds, gt = furniture_files()
    match_part(preds, gt, tmp_path / "a.match", Arguments(iou=KINDS))
    for chosen in ({"categories": ["bed", "chair"]}, {"images": [3, 5, 8]}):
        found = ap_of_part(tmp_path / "a.match", **chosen).to_dict()
        expected = average_precision(preds, gt, iou=KINDS, **chosen).to_dict()
        for key in ("results", "settings"):
            assert found[key] == expected[key]


def test_images_cannot_be_chosen_under_a_cap_over_the_set(tmp_path: Path) -> None:
    preds, gt = scene(0, "lvis-fixed")
    path = tmp_path / "a.match"
    match_part(preds, gt, path, Arguments(**settings_of("lvis-fixed")))
    with pytest.raises(InputError, match="`images` cannot be chosen from matches of lvis-fixed"):
        ap_of_part(path, images=[gt["images"][0]["id"]])


def test_predictions_for_unknown_images_are_in_one_slice(tmp_path: Path) -> None:
    preds, gt = furniture_files()
    stray = [replace_image(preds[0], image) for image in (-5, 10**6)]
    settings: dict[str, Any] = {"skip_unknown": True}
    parts = in_parts(tmp_path, [*preds, *stray], gt, 7, **settings)
    merge_parts(parts, tmp_path / "all.match")
    assert_same_result(tmp_path / "all.match", [*preds, *stray], gt, **settings)


def replace_image(record: dict[str, Any], image: int) -> dict[str, Any]:
    return {**record, "image_id": image}


def test_messages_name_the_record_of_the_file(tmp_path: Path) -> None:
    preds, gt = furniture_files()
    preds = [dict(record) for record in preds]
    wrong = next(place for place, record in enumerate(preds) if record["image_id"] == 30)
    preds[wrong]["segmentation"] = {**preds[wrong]["segmentation"], "counts": "\x01"}
    with pytest.raises(FormatError, match=f"prediction #{wrong}: counts"):
        match_part(preds, gt, tmp_path / "a.match", shard=(2, 2))


def copied(preds: Any, gt: Any, number: int) -> tuple[Any, Any]:
    """The same data again and again, with other ids."""
    far = 100_000
    own = [
        {**each, "image_id": each["image_id"] + far * n} for n in range(number) for each in preds
    ]
    images = [
        {**each, "id": each["id"] + far * n, "file_name": f"{n}-{each['file_name']}"}
        for n in range(number)
        for each in gt["images"]
    ]
    objects = [
        {**each, "id": each["id"] + far * n, "image_id": each["image_id"] + far * n}
        for n in range(number)
        for each in gt["annotations"]
    ]
    return own, {**gt, "images": images, "annotations": objects}


@pytest.mark.parametrize("kinds", [("segm",), KINDS, ("segm", "boundary", "bbox")])
def test_a_part_takes_32_bytes_a_prediction_12_a_kind_24_an_object_and_64_an_image(
    tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    preds, gt = furniture_files()
    sizes = {}
    for number in (5, 20):
        path = tmp_path / f"{number}.match"
        match_part(*copied(preds, gt, number), path, Arguments(iou=kinds))
        sizes[number] = path.stat().st_size
    bound = (
        (32 + 12 * (len(kinds) - 1)) * len(preds)
        + 24 * len(gt["annotations"])
        + 64 * len(gt["images"])
    )
    assert sizes[20] - sizes[5] <= 15 * bound
    assert sizes[20] <= 20 * bound
