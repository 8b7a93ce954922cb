"""Parts that share some of their images say what one run says, to the last byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segeval import average_precision
from segeval.data.synthetic import furniture
from segeval.errors import InputError, MismatchError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.parts.merging import merge
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from tests.parity.scenes import nasty_pair
from tests.unit.metrics.coco.parts.test_notes_of_parts import SCENES, Files
from tests.unit.metrics.coco.test_matches import PROTOCOL_NAMES, scene, settings_of

SLICES = ((1, 2), (2, 3), (3, 3), (2, 4))
"""Of the images: the second shares some with the first and the third with none."""


def merged(folder: Path, preds: Any, gt: Any, *, errors: bool = False, **settings: Any) -> Path:
    """A part of slices that share images, merged in two steps."""
    paths = [folder / f"{place}-{number}.match" for place, number in SLICES]
    for path, shard in zip(paths, SLICES, strict=True):
        match_part(preds, gt, path, Arguments(**settings), shard=shard, errors=errors)
    merge_parts([paths[3], paths[1]], folder / "some.match")
    notes = merge_parts([paths[2], folder / "some.match", paths[0]], folder / "all.match")
    assert [note.code for note in notes] == ["images-in-several-parts"]
    return folder / "all.match"


def assert_one_run(path: Path, preds: Any, gt: Any, **settings: Any) -> None:
    found = ap_of_part(path).to_dict()
    expected = average_precision(preds, gt, **settings).to_dict()
    for name in ("results", "settings", "notes"):
        assert found[name] == expected[name]


@pytest.mark.parametrize(("make", "settings", "codes"), SCENES)
def test_what_is_said_of_shared_images_is_said_once(
    tmp_path: Path, make: Callable[[], Files], settings: dict[str, Any], codes: set[str]
) -> None:
    del codes
    preds, gt = make()
    if "images" in settings:
        settings = {**settings, "images": (20, 30, 250, 110, 140, 150, 200)}
    assert_one_run(merged(tmp_path, preds, gt, **settings), preds, gt, **settings)


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize("errors", [False, True])
def test_protocols_count_shared_images_once(tmp_path: Path, protocol: str, errors: bool) -> None:
    preds, gt = scene(6, protocol)
    settings = settings_of(protocol)
    path = merged(tmp_path, preds, gt, errors=errors, **settings)
    assert_one_run(path, preds, gt, **settings)


@pytest.mark.parametrize("compat", [None, "official"])
@pytest.mark.parametrize("lvis", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_odd_files_with_shared_images_say_what_one_run_says(
    tmp_path: Path, seed: int, lvis: bool, compat: str | None
) -> None:
    preds, gt = nasty_pair(seed, lvis=lvis)
    settings: dict[str, Any] = {"compat": compat, "skip_unknown": compat is None and seed % 2 == 0}
    try:
        average_precision(preds, gt, **settings)
        path = merged(tmp_path, preds, gt, **settings)
    except InputError:
        return  # as tests of slices without shared images say
    assert_one_run(path, preds, gt, **settings)


def with_ids(files: tuple[Any, Any], name: Callable[[int], Any]) -> tuple[Any, Any]:
    """The same files with other ids of images."""
    preds, gt = files
    named = [
        [{**each, "image_id": name(each["image_id"])} for each in records]
        for records in (preds, gt["annotations"])
    ]
    images = [{**each, "id": name(each["id"])} for each in gt["images"]]
    return named[0], {**gt, "images": images, "annotations": named[1]}


def test_text_and_numbers_are_no_ids_of_one_set(tmp_path: Path) -> None:
    found = furniture(images=4)
    files = found.better, found.ground_truth
    match_part(*files, tmp_path / "a.match", shard=(1, 2))
    match_part(*with_ids(files, str), tmp_path / "b.match")
    words = (
        r"b\.match: ids of images are such as \"1\", in .*a\.match such as 1, expected all text or "
        r"all numbers\."
    )
    with pytest.raises(MismatchError, match=words):
        merge_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")
    assert not (tmp_path / "all.match").exists()


def test_ids_that_start_anew_in_every_part_are_told_by_file_names(tmp_path: Path) -> None:
    gt = dict(furniture(images=2).ground_truth)
    gt["annotations"] = []
    other = {**gt, "images": [{**each, "file_name": "second.png"} for each in gt["images"]]}
    match_part([], gt, tmp_path / "a.match")
    match_part([], other, tmp_path / "b.match")
    words = (
        r"b\.match: image 1 is 'second\.png', in .*a\.match it is 'room_0001\.png'\. Ids must be "
        r"those of one set of images\."
    )
    with pytest.raises(MismatchError, match=words):
        merge_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")


def test_an_image_in_more_parts_than_are_open_at_a_time_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge, "AT_ONCE", 3)
    found = furniture(images=4)
    for place in (1, 2):
        path = tmp_path / f"{place}.match"
        match_part(found.better, found.ground_truth, path, shard=(place, 2))
    paths = [tmp_path / f"{place}.match" for place in (1, 2, 1, 1, 2, 2, 1, 1)]
    [note] = merge_parts(paths, tmp_path / "all.match")
    assert note.message == "4 images are in several parts with equal content"
    assert_one_run(tmp_path / "all.match", found.better, found.ground_truth)


def test_zeros_of_either_sign_are_one_score_in_notes(tmp_path: Path) -> None:
    found = furniture(images=4)
    preds = [
        {**each, "score": -0.0 if place % 2 else 0.0} for place, each in enumerate(found.better)
    ]
    for place in (1, 2):
        path = tmp_path / f"{place}.match"
        match_part(preds, found.ground_truth, path, shard=(place, 2))
    merge_parts([tmp_path / "2.match", tmp_path / "1.match"], tmp_path / "all.match")
    assert_one_run(tmp_path / "all.match", preds, found.ground_truth)
    messages = " ".join(each.message for each in ap_of_part(tmp_path / "all.match").notes)
    assert "have the score 0: file order decides" in messages
