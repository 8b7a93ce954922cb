"""Parts of panoptic files merge in any order to the numbers and notes of one evaluation."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.errors import FormatError, InputError, MismatchError
from segeval.frozen import frozen
from segeval.metrics.panoptic import panoptic_quality
from segeval.metrics.panoptic.parts import (
    match_panoptic,
    merge_panoptic_parts,
    panoptic_quality_of_part,
)
from segeval.metrics.panoptic.parts.layout import read_part
from segeval.metrics.parts.files import PartReader
from segeval.metrics.parts.statistics_part import StatisticsPart
from tests.panoptic_build import build, drawing, segment
from tests.parity.panoptic_scenes import write_set

BOTH: dict[str, Any] = {"iou": ("segm", "boundary"), "boundary_px": 1}
CATEGORIES = (1, 2, 7)


def scene(
    folder: Path, images: int = 20, *, seed: int = 0, first: int = 1, suffix: str = ""
) -> tuple[Path, Path]:
    """Stripes of segments with crowd regions, void and wrong areas, and moved predictions."""
    rng = np.random.default_rng(seed)
    preds: list[Any] = []
    gt: list[Any] = []
    for _ in range(images):
        truth = np.zeros((12, 18), np.int64)
        for number in range(1, 6):
            y, x = rng.integers(0, (9, 13))
            truth[y : y + 5, x : x + 8] = number
        moved = np.roll(truth, rng.integers(0, 2, 2), (0, 1))
        moved[moved == rng.integers(1, 6)] = 0
        gt.append((truth, segments(rng, truth, crowds=True)))
        preds.append((moved, segments(rng, moved, like=gt[-1][1])))
    return (
        build(folder / f"preds{suffix}.json", *preds, first=first),
        build(folder / f"gt{suffix}.json", *gt, gt=True, first=first),
    )


def segments(
    rng: np.random.Generator, ids: Any, *, like: Any = (), crowds: bool = False
) -> list[dict[str, Any]]:
    known = {one["id"]: one["category_id"] for one in like}
    found: list[dict[str, Any]] = []
    for number in np.unique(ids[ids > 0]).tolist():
        category = known.get(number, int(rng.choice(CATEGORIES)))
        if like and rng.random() < 0.2:
            category = int(rng.choice(CATEGORIES))
        found.append({"id": number, "category_id": category})
        if crowds and rng.random() < 0.15:
            found[-1]["iscrowd"] = 1
        if crowds and rng.random() < 0.1:
            found[-1]["area"] = int((ids == number).sum()) + 3
    return found


def in_parts(
    folder: Path, preds: Path, gt: Path, number: int, *, seed: int = 0, **settings: Any
) -> list[Path]:
    """Part files of contiguous slices of the images, in random order."""
    paths = [folder / f"{place}-of-{number}.match" for place in range(1, number + 1)]
    for place, path in enumerate(paths, 1):
        match_panoptic(preds, gt, path, shard=(place, number), **settings)
    random.Random(seed).shuffle(paths)
    return paths


def merged(parts: Sequence[Path], folder: Path) -> Path:
    merge_panoptic_parts(parts, folder / "all.match")
    return folder / "all.match"


def assert_same_result(path: Path, preds: Path, gt: Path, **settings: Any) -> None:
    found = panoptic_quality_of_part(path)
    expected = panoptic_quality(preds, gt, **settings)
    one, other = (each.to_dict(per_image=True) for each in (found, expected))
    for key in ("settings", "notes", "results"):
        assert one[key] == other[key]
    assert found.file_names == expected.file_names
    assert found.inputs["gt"] == expected.inputs["gt"]


@pytest.mark.parametrize("number", [1, 2, 7, 20])
@pytest.mark.parametrize(
    "settings",
    [{}, BOTH, {"iou": "boundary", "compat": "official"}, {"compat": "official"}],
)
def test_slices_give_the_result_of_one_run(
    tmp_path: Path, number: int, settings: dict[str, Any]
) -> None:
    preds, gt = scene(tmp_path)
    parts = in_parts(tmp_path, preds, gt, number, seed=number, **settings)
    assert_same_result(merged(parts, tmp_path), preds, gt, **settings)
    assert "area-differs" in {note.code for note in panoptic_quality_of_part(parts[0]).notes} | {
        note.code for note in panoptic_quality_of_part(tmp_path / "all.match").notes
    }


def test_any_grouping_gives_the_same_bytes(tmp_path: Path) -> None:
    preds, gt = scene(tmp_path)
    parts = in_parts(tmp_path, preds, gt, 9, **BOTH)
    whole = merged(parts, tmp_path).read_bytes()
    left, right = tmp_path / "left.match", tmp_path / "right.match"
    merge_panoptic_parts(parts[:4], left)
    merge_panoptic_parts(parts[4:], right)
    assert merged([right, left], tmp_path).read_bytes() == whole


@pytest.mark.parametrize(
    "ids",
    [
        [f"town_{place * 7 % 20:02}" for place in range(20)],
        [2**63 + place * 7 % 20 for place in range(20)],
        [place * 7 % 20 - 5 for place in range(20)],
    ],
)
def test_ids_may_be_text_or_any_whole_numbers(tmp_path: Path, ids: list[Any]) -> None:
    preds, gt = scene(tmp_path)
    for path in (preds, gt):
        data = json.loads(path.read_text())
        for one, key in zip(data["annotations"], ids, strict=True):
            one["image_id"] = key
        path.write_text(json.dumps(data))
    assert_same_result(merged(in_parts(tmp_path, preds, gt, 7), tmp_path), preds, gt)


def test_ids_of_categories_may_be_text(tmp_path: Path) -> None:
    preds, gt = scene(tmp_path)
    for path in (preds, gt):
        data = json.loads(path.read_text())
        for one in data["annotations"]:
            for each in one["segments_info"]:
                each["category_id"] = f"c{each['category_id']}"
        for each in data.get("categories", []):
            each["id"] = f"c{each['id']}"
        path.write_text(json.dumps(data))
    assert_same_result(merged(in_parts(tmp_path, preds, gt, 3), tmp_path), preds, gt)


def exchanged(folder: Path) -> tuple[Path, Path]:
    truth = drawing("aabbcc", "aabbcc")
    gt = [(truth, [segment("a", 1), segment("b", 2), segment("c", 7)])] * 8
    preds = [(truth, [segment("a", 2), segment("b", 7), segment("c", 1)])] * 8
    return build(folder / "preds.json", *preds), build(folder / "gt.json", *gt, gt=True)


def turned(folder: Path) -> tuple[Path, Path]:
    preds, gt = scene(folder)
    data = json.loads(gt.read_text())
    maps = {}
    for place, one in enumerate(data["annotations"]):
        truth = np.zeros((12, 18), np.int64)
        truth[:4, : 5 + place % 6] = 1
        maps[one["file_name"]] = truth
        one["segments_info"] = [
            {"id": 1, "category_id": 1 + place % 2, "iscrowd": 0, "area": int(truth.sum())}
        ]
    write_set(gt, data, maps)
    write_set(preds, data, {name: each[::-1] for name, each in maps.items()})
    return preds, gt


def bare(folder: Path) -> tuple[Path, Path]:
    """Ground truth without areas and iscrowd, images without segments, and one too many."""
    preds, gt = scene(folder)
    for path in (preds, gt):
        data = json.loads(path.read_text())
        for place, one in enumerate(data["annotations"]):
            for each in one["segments_info"]:
                each.pop("area", None)
                each.pop("iscrowd", None)
                if path == preds:
                    each |= {"area": 5, "iscrowd": 0}
            if path == preds and place % 2:
                one["segments_info"] = []
                maps = {one["file_name"]: np.zeros((12, 18), np.int64)}
                write_set(preds, {}, maps)
        if path == preds:
            data["annotations"].append({**data["annotations"][1], "image_id": 99})
        path.write_text(json.dumps(data))
    return preds, gt


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (exchanged, {"mapped-categories"}),
        (turned, {"misplaced-labels"}),
        (bare, {"perhaps-swapped", "area-computed", "crowd-assumed", "unused-images"}),
    ],
)
@pytest.mark.parametrize("number", [1, 3, 8])
def test_notes_are_those_of_one_run(
    tmp_path: Path, make: Any, codes: set[str], number: int
) -> None:
    preds, gt = make(tmp_path)
    assert codes <= {note.code for note in panoptic_quality(preds, gt).notes}
    assert_same_result(merged(in_parts(tmp_path, preds, gt, number), tmp_path), preds, gt)


def test_files_of_other_images_merge_to_the_numbers_of_all(tmp_path: Path) -> None:
    paths = []
    for place in range(3):
        files = scene(tmp_path, 6, seed=place, first=10 * place + 1, suffix=str(place))
        paths.append(tmp_path / f"{place}.match")
        match_panoptic(*files, paths[-1])
    found = panoptic_quality_of_part(merged(paths, tmp_path))
    expected = [panoptic_quality_of_part(path) for path in paths]
    assert found.inputs["gt"]["images"] == 18
    assert found.inputs["gt"]["path"] == f"{tmp_path / 'gt0.json'} and 2 more"
    tp = [sum(each.tp for each in one.first.categories) for one in (found, *expected)]
    assert tp[0] == sum(tp[1:])


def test_equal_images_of_two_parts_count_once(tmp_path: Path) -> None:
    preds, gt = scene(tmp_path)
    match_panoptic(preds, gt, tmp_path / "whole.match")
    parts = in_parts(tmp_path, preds, gt, 4)
    [note] = merge_panoptic_parts([*parts, tmp_path / "whole.match"], tmp_path / "all.match")
    assert note.message == "20 images are in several parts with equal content"
    assert_same_result(tmp_path / "all.match", preds, gt)


@pytest.mark.parametrize("make", [exchanged, turned, bare])
def test_parts_that_share_some_images_say_what_one_run_says(tmp_path: Path, make: Any) -> None:
    preds, gt = make(tmp_path)
    parts = [*in_parts(tmp_path, preds, gt, 2), *in_parts(tmp_path, preds, gt, 3)[:2]]
    assert_same_result(merged(parts, tmp_path), preds, gt)


def test_one_image_with_two_contents_is_refused(tmp_path: Path) -> None:
    match_panoptic(*scene(tmp_path), tmp_path / "a.match", shard=(1, 2))
    match_panoptic(*scene(tmp_path, seed=1), tmp_path / "b.match")
    with pytest.raises(MismatchError, match=r"b.match: image 1 is also in .*a.match, with other"):
        merge_panoptic_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")
    assert not (tmp_path / "all.match").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"iou": "boundary"}, r"iou is \['boundary'\], in .*a.match it is \['segm', 'boundary'\]"),
        ({"boundary_px": 2}, "boundary_px is 2, in .*a.match it is 1"),
        ({"compat": "official"}, "compat is 'official', in .*a.match it is None"),
    ],
)
def test_parts_by_other_rules_are_refused(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    preds, gt = scene(tmp_path)
    match_panoptic(preds, gt, tmp_path / "a.match", shard=(1, 2), **BOTH)
    match_panoptic(preds, gt, tmp_path / "b.match", shard=(2, 2), **{**BOTH, **settings})
    with pytest.raises(MismatchError, match=f"b.match: {words}"):
        merge_panoptic_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")


def test_parts_of_other_categories_are_refused(tmp_path: Path) -> None:
    preds, gt = scene(tmp_path)
    match_panoptic(preds, gt, tmp_path / "a.match", shard=(1, 2))
    data = json.loads(gt.read_text())
    data["categories"][0]["name"] = "lion"
    gt.write_text(json.dumps(data))
    match_panoptic(preds, gt, tmp_path / "b.match", shard=(2, 2))
    with pytest.raises(MismatchError, match=r"b.match: table of categories is '[0-9a-f]{20}"):
        merge_panoptic_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")


def test_text_beside_numbers_as_ids_of_images_is_refused(tmp_path: Path) -> None:
    preds, gt = scene(tmp_path, 4)
    match_panoptic(preds, gt, tmp_path / "a.match")
    for path in (preds, gt):
        data = json.loads(path.read_text())
        for place, one in enumerate(data["annotations"]):
            one["image_id"] = f"x{place}"
        path.write_text(json.dumps(data))
    match_panoptic(preds, gt, tmp_path / "b.match")
    with pytest.raises(
        MismatchError, match=r'b.match: ids of images are such as "x0", in .*a.match'
    ):
        merge_panoptic_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")


def test_a_damaged_part_is_refused(tmp_path: Path) -> None:
    path, bad = tmp_path / "a.match", tmp_path / "b.match"
    match_panoptic(*scene(tmp_path, 4), path, **BOTH)
    data, expected = path.read_bytes(), panoptic_quality_of_part(path).to_dict()["results"]
    for cut in range(0, len(data), max(len(data) // 60, 1)):
        for damaged in (data[:cut], data[:cut] + bytes([data[cut] ^ 1]) + data[cut + 1 :]):
            bad.write_bytes(damaged)
            try:
                found = panoptic_quality_of_part(bad).to_dict()["results"]
            except FormatError:
                continue
            assert found == expected  # in what nobody reads


def test_slices_must_exist(tmp_path: Path) -> None:
    files = scene(tmp_path, 4)
    with pytest.raises(InputError, match=r"`shard` is 3/2, expected 1/2 to 2/2"):
        match_panoptic(*files, tmp_path / "a.match", shard=(3, 2))
    with pytest.raises(InputError, match=r"`shard` asks for 9 slices, and .* has only 4 images"):
        match_panoptic(*files, tmp_path / "a.match", shard=(1, 9))


def test_hashes_of_the_files_are_kept(tmp_path: Path) -> None:
    match_panoptic(*scene(tmp_path, 5), tmp_path / "a.match")
    with PartReader(tmp_path / "a.match") as reader:
        assert reader.header["task"] == "pq"
        assert len(set(reader.array("files/gt_digest").tolist())) == 5


@pytest.mark.parametrize(
    ("table", "column", "make"),
    [
        ("segm", "category", lambda own: own + 3),
        ("segm", "category", lambda own: own[::-1]),
        ("segm", "tp", lambda own: own * 0),
        ("boundary", "iou_units", lambda own: own + 2**53),
        ("boundary", "iou_whole", lambda own: own - 1),
        ("segm", "fp", lambda own: own[1:]),
        ("files", "fitted", lambda own: own + 3),
        ("files", "objects", lambda own: own + 100),
        ("files", "file_names", lambda own: own[1:]),
        ("files", "gt_digest", lambda own: own.astype(np.int64)),
    ],
)
def test_columns_that_no_images_have_are_refused(
    tmp_path: Path, table: str, column: str, make: Any
) -> None:
    path = tmp_path / "a.match"
    match_panoptic(*scene(tmp_path, 4), path, **BOTH)
    part, *_ = read_part(path)
    own: Any = part.tables[table]
    own = replace(own, **{column: make(getattr(own, column))})
    digests = part.digests()
    changed = Tampered(part.name, part.shared, part.brought, {**part.tables, table: own}, digests)
    changed.write(path, "pq")
    with pytest.raises(FormatError, match=r"a.match: is no part .* damaged \((?!digest)"):
        panoptic_quality_of_part(path)


@frozen(eq=False)
class Tampered(StatisticsPart):
    """A part with the hashes of another one."""

    other: Any

    def digests(self) -> Any:
        return self.other
