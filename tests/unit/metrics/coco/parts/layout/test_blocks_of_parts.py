"""Images, objects and rows of parts in many blocks: merged from disk, they are those of one run."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval import average_precision
from segeval.errors import FormatError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import matches_of
from segeval.metrics.coco.parts.layout import sorted_blocks
from segeval.metrics.coco.parts.layout.matches import read_part
from segeval.metrics.coco.parts.layout.texts import Texts
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from segeval.metrics.parts.beginning import HEADER
from segeval.metrics.parts.files import PartReader, written_part
from tests.unit.metrics.coco.parts.test_parts import (
    KINDS,
    assert_same_result,
    furniture_files,
    in_parts,
    small_blocks,
)
from tests.unit.metrics.coco.test_matches import PROTOCOL_NAMES, scene, settings_of

Change = Callable[[NDArray[Any]], NDArray[Any]]


@pytest.fixture(autouse=True)
def _many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    small_blocks(monkeypatch)
    monkeypatch.setattr(sorted_blocks, "AT_ONCE", 2)


def with_text_ids(preds: Any, gt: Any) -> tuple[Any, Any]:
    """The same files with text as ids of images, and names that are not ASCII."""

    def name(image: int) -> str:
        return f"b\u00fcro {image % 7} \U0001f6cb {image}"

    def renamed(records: Any) -> list[Any]:
        return [{**record, "image_id": name(record["image_id"])} for record in records]

    images = [
        {**image, "id": name(image["id"]), "file_name": f"\u732b{image['id'] % 5}"}
        for image in gt["images"]
    ]
    return renamed(preds), {**gt, "images": images, "annotations": renamed(gt["annotations"])}


@pytest.mark.parametrize("text", [False, True])
def test_nested_merges_in_many_blocks_have_the_same_bytes(tmp_path: Path, text: bool) -> None:
    preds, gt = furniture_files()
    if text:
        preds, gt = with_text_ids(preds, gt)
    parts = in_parts(tmp_path, preds, gt, 9, iou=KINDS)
    merge_parts(parts, tmp_path / "all.match")
    merge_parts(parts[:4], tmp_path / "left.match")
    merge_parts(parts[3:], tmp_path / "right.match")
    merge_parts([tmp_path / "right.match", tmp_path / "left.match"], tmp_path / "nested.match")
    assert (tmp_path / "nested.match").read_bytes() == (tmp_path / "all.match").read_bytes()
    assert_same_result(tmp_path / "all.match", preds, gt, iou=KINDS)


@pytest.mark.parametrize("text", [False, True])
def test_images_and_objects_of_many_blocks_are_those_of_one_run(tmp_path: Path, text: bool) -> None:
    preds, gt = furniture_files()
    if text:
        preds, gt = with_text_ids(preds, gt)
    merge_parts(in_parts(tmp_path, preds, gt, 7, iou=KINDS), tmp_path / "all.match")
    merged, _ = read_part(tmp_path / "all.match")
    for found, one in zip(merged, matches_of(preds, gt, Arguments(iou=KINDS), None), strict=True):
        assert found.file_names == one.file_names
        assert found.image_keys == one.image_keys
        for name in ("image_ids", "gt", "gt_image", "gt_category", "gt_counted", "image_origin"):
            assert np.array_equal(getattr(found, name), getattr(one, name))
        assert found.evidence is not None
        assert one.evidence is not None
        for name, column in vars(one.evidence.images).items():
            assert np.array_equal(getattr(found.evidence.images, name), column)


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_pooled_ap_of_a_part_is_that_of_one_run(tmp_path: Path, protocol: str) -> None:
    preds, gt = scene(6, protocol)
    settings = settings_of(protocol)
    parts = in_parts(tmp_path, preds, gt, 2, **settings)
    merge_parts(parts, tmp_path / "all.match")
    found = ap_of_part(tmp_path / "all.match", pool=True).to_dict()["results"]
    assert found == average_precision(preds, gt, pool=True, **settings).to_dict()["results"]


def test_pooled_ap_of_few_scores_goes_by_image_and_category(tmp_path: Path) -> None:
    preds, gt = furniture_files()
    preds = [{**each, "score": round(each["score"], 1)} for each in preds]
    match_part(preds, gt, tmp_path / "a.match", Arguments(iou=KINDS))
    found = ap_of_part(tmp_path / "a.match", pool=True).to_dict()["results"]
    assert found == average_precision(preds, gt, pool=True, iou=KINDS).to_dict()["results"]
    assert found["segm"]["pool"]["all"] > 0


@pytest.mark.parametrize("lacks", ["predictions", "annotations", "both"])
def test_one_image_without_records_is_a_part(tmp_path: Path, lacks: str) -> None:
    preds, gt = furniture_files(6)
    gone = {image["id"] for image in gt["images"][2:]}
    if lacks != "annotations":
        preds = [each for each in preds if each["image_id"] not in gone]
    if lacks != "predictions":
        kept = [each for each in gt["annotations"] if each["image_id"] not in gone]
        gt = {**gt, "annotations": kept}
    parts = in_parts(tmp_path, preds, gt, 6, iou=KINDS)
    merge_parts(parts, tmp_path / "all.match")
    assert_same_result(tmp_path / "all.match", preds, gt, iou=KINDS)
    found = ap_of_part(tmp_path / "all.match", pool=True).to_dict()["results"]
    assert found == average_precision(preds, gt, pool=True, iou=KINDS).to_dict()["results"]


def test_files_without_any_record_are_parts(tmp_path: Path) -> None:
    _, gt = furniture_files(4)
    gt = {**gt, "annotations": []}
    parts = in_parts(tmp_path, [], gt, 2)
    merge_parts(parts, tmp_path / "all.match")
    assert_same_result(tmp_path / "all.match", [], gt)


def changed(path: Path, name: str, change: Change) -> None:
    """Change one member of a part file, whose checksums are right again."""
    with PartReader(path) as reader:
        header, arrays = reader.header, {each: reader.array(each) for each in sorted(reader.names)}
    header.pop("schema")
    arrays[name] = change(arrays[name])
    with written_part(path, header) as writer:
        for each, array in arrays.items():
            if each != HEADER:
                writer.add(each, array)


DAMAGE: list[tuple[str, Change]] = [
    ("images/00000001/id", lambda own: own - 1000),
    ("images/00000000/id", lambda own: own[::-1]),
    ("images/00000000/id", lambda own: own[1:]),
    ("images/00000000/origin", lambda own: own + 1),
    ("images/00000000/name_text", lambda own: own | 0x80),
    ("images/00000000/name_lengths", lambda own: own + 1),
    ("images/00000000/digest_segm", lambda own: own.astype(np.int64)),
    ("images/00000000/tally_number_segm", lambda own: own + 1),
    ("images/00000000/judged_segm", lambda own: own.astype(np.float64)),
    ("objects/0/00000000/image", lambda own: own + 40),
    ("objects/0/00000000/category", lambda own: own + 90),
    ("objects/0/00000000/gt", lambda own: own[::-1]),
    ("objects/0/00000000/counted_segm", lambda own: own[:, 1:]),
]


@pytest.mark.parametrize(("name", "change"), DAMAGE)
def test_blocks_that_cannot_be_are_not_merged(tmp_path: Path, name: str, change: Change) -> None:
    preds, gt = furniture_files()
    match_part(preds, gt, tmp_path / "a.match")
    changed(tmp_path / "a.match", name, change)
    with pytest.raises(FormatError, match=r"a.match: is no part .* or is damaged"):
        merge_parts([tmp_path / "a.match"], tmp_path / "all.match")
    assert not (tmp_path / "all.match").exists()


@pytest.mark.parametrize("name", ["image", "category", "counted_segm"])
def test_objects_that_cannot_be_are_not_counted(tmp_path: Path, name: str) -> None:
    preds, gt = furniture_files()
    match_part(preds, gt, tmp_path / "a.match")
    changed(tmp_path / "a.match", f"objects/0/00000002/{name}", lambda own: own[..., :-1])
    with pytest.raises(FormatError, match=r"a.match: .* damaged \(objects/0/00000002\)"):
        ap_of_part(tmp_path / "a.match")


def test_texts_are_taken_and_joined_as_words() -> None:
    words = ["", "a", "\u732b", "", "\ud83d", "xyz"]
    texts = Texts.of(words)
    assert texts.words() == words
    assert texts.are_sound()
    assert texts.take(slice(1, 4)).words() == words[1:4]
    assert texts.take(np.array([5, 2, 0])).words() == ["xyz", "\u732b", ""]
    halves = [texts.take(slice(*pair)) for pair in pairwise([0, 3, 6])]
    assert Texts.joined(halves).words() == words
    cut = Texts(np.array([1, 2]), Texts.of(["\u732b"]).text)
    assert not cut.are_sound()
