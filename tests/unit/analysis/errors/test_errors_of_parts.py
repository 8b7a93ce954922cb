"""Error kinds of part files are those of one run, to the last bit."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import error_kinds
from segeval.analysis import (
    error_differences,
    error_differences_of_parts,
    error_kinds_of_part,
)
from segeval.analysis.errors.confusion import confusion
from segeval.analysis.errors.of_parts import confusion_of_part
from segeval.data.synthetic import furniture
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from segeval.metrics.coco.parts.shards.mapping import match_parts
from segeval.metrics.parts.files import PartReader, written_part
from tests.unit.metrics.coco.test_matches import scene, settings_of

SCENE = furniture(images=14)
"""Two models."""


def merged(
    folder: Path, preds: Any, gt: Any, number: int, *, seed: int = 0, **settings: Any
) -> Path:
    """One part file from several in random order, with what error kinds need."""
    paths = [folder / f"{place}.match" for place in range(1, number + 1)]
    for place, path in enumerate(paths, 1):
        match_part(preds, gt, path, Arguments(**settings), shard=(place, number), errors=True)
    random.Random(seed).shuffle(paths)
    merge_parts(paths, folder / "all.match")
    return folder / "all.match"


def assert_same(
    found: Any, expected: Any, keys: tuple[str, ...] = ("results", "settings", "notes")
) -> None:
    for key in keys:
        assert found.to_dict()[key] == expected.to_dict()[key]


@pytest.mark.parametrize("number", [1, 2, 7])
@pytest.mark.parametrize("kinds", [("segm",), ("boundary", "bbox", "segm")])
def test_slices_give_the_error_kinds_of_one_run(
    tmp_path: Path, number: int, kinds: tuple[str, ...]
) -> None:
    path = merged(tmp_path, SCENE.weaker, SCENE.ground_truth, number, iou=kinds)
    assert_same(
        error_kinds_of_part(path, per=("category", "size", "confusion")),
        error_kinds(
            SCENE.weaker, SCENE.ground_truth, iou=kinds, per=("category", "size", "confusion")
        ),
    )


@pytest.mark.parametrize("files", [1, 3])
def test_shards_of_several_files_hold_what_error_kinds_need(tmp_path: Path, files: int) -> None:
    paths = [tmp_path / f"{place}.json" for place in range(files)]
    for place, path in enumerate(paths):
        path.write_text(json.dumps(SCENE.weaker[place::files]))
    match_parts(paths, SCENE.ground_truth, tmp_path / "all.match", shards=3, errors=True)
    expected = error_kinds(
        [each for path in paths for each in json.loads(path.read_text())], SCENE.ground_truth
    )
    assert_same(error_kinds_of_part(tmp_path / "all.match"), expected, ("results", "settings"))


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.75, 0.95, (0.5, 0.75)])
@pytest.mark.parametrize("seed", range(4))
def test_any_threshold_of_the_file_can_be_asked_for(
    tmp_path: Path, threshold: Any, seed: int
) -> None:
    preds, gt = scene(seed, "coco")
    path = merged(tmp_path, preds, gt, len(gt["images"]), seed=seed)
    found = error_kinds_of_part(path, thresholds=threshold, per="confusion")
    expected = error_kinds(preds, gt, thresholds=threshold, per="confusion")
    assert_same(found, expected)


@pytest.mark.parametrize("protocol", ["coco", "lvis", "lvis-fixed", "lvis-2021"])
@pytest.mark.parametrize("kind", ["segm", "bbox"])
@pytest.mark.parametrize("seed", range(2))
def test_every_protocol_gives_the_error_kinds_of_one_run(
    tmp_path: Path, protocol: str, kind: str, seed: int
) -> None:
    preds, gt = scene(seed, protocol)
    settings = {**settings_of(protocol), "iou": kind}
    settings.pop("compat", None)
    settings.pop("thresholds", None)
    path = merged(tmp_path, preds, gt, len(gt["images"]), seed=seed, **settings)
    found, expected = error_kinds_of_part(path), error_kinds(preds, gt, **settings)
    assert_same(found, expected)


def test_masks_are_poor_in_the_same_ways(tmp_path: Path) -> None:
    path = merged(tmp_path, SCENE.weaker, SCENE.ground_truth, 3)
    for threshold in (0.5, 0.6, 0.9):
        found = error_kinds_of_part(path, thresholds=threshold)
        expected = error_kinds(SCENE.weaker, SCENE.ground_truth, thresholds=threshold)
        own, its = found.kinds.poor, expected.kinds.poor
        assert own is not None
        assert its is not None
        assert np.array_equal(own.flags, its.flags)
        assert np.array_equal(own.looked_at, its.looked_at)
        assert own.counts()["all"]["loc"] > 0


def test_intervals_and_slices_are_those_of_one_run(tmp_path: Path) -> None:
    path = merged(tmp_path, SCENE.better, SCENE.ground_truth, 2)
    images = [image["id"] for image in SCENE.ground_truth["images"]]
    labels = {each: "odd" if each % 2 else "even" for each in images}
    more: dict[str, Any] = {"slices": labels, "ci": True, "resamples": 20}
    assert_same(
        error_kinds_of_part(path, **more), error_kinds(SCENE.better, SCENE.ground_truth, **more)
    )


def test_two_models_differ_as_in_one_run(tmp_path: Path) -> None:
    paths = []
    for name, preds in (("a", SCENE.better), ("b", SCENE.weaker)):
        (tmp_path / name).mkdir()
        paths.append(merged(tmp_path / name, preds, SCENE.ground_truth, 7))
    assert_same(
        error_differences_of_parts(*paths, per="size"),
        error_differences(SCENE.better, SCENE.weaker, SCENE.ground_truth, per="size"),
    )


def test_ap_is_that_of_a_part_without_error_kinds(tmp_path: Path) -> None:
    path = merged(tmp_path, SCENE.better, SCENE.ground_truth, 2)
    match_part(SCENE.better, SCENE.ground_truth, tmp_path / "bare.match")
    assert ap_of_part(path).to_dict() | {"seconds": 0} == (
        ap_of_part(tmp_path / "bare.match").to_dict() | {"seconds": 0}
    )


def test_any_grouping_gives_the_same_bytes(tmp_path: Path) -> None:
    path = merged(tmp_path, SCENE.better, SCENE.ground_truth, 7, iou=("segm", "bbox"))
    first = [tmp_path / f"{place}.match" for place in (6, 2, 7)]
    others = [tmp_path / f"{place}.match" for place in (1, 5, 3, 4)]
    merge_parts(first, tmp_path / "first.match")
    merge_parts([*others, tmp_path / "first.match"], tmp_path / "nested.match")
    assert (tmp_path / "nested.match").read_bytes() == path.read_bytes()


def test_blocks_of_any_length_give_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("layout.writing", "layout.groups", "streaming.source"):
        monkeypatch.setattr(f"segeval.metrics.coco.parts.{module}.BLOCK", 5)
    path = merged(tmp_path, SCENE.weaker, SCENE.ground_truth, 3)
    assert_same(error_kinds_of_part(path), error_kinds(SCENE.weaker, SCENE.ground_truth))


def test_a_part_without_predictions_misses_everything(tmp_path: Path) -> None:
    match_part([], SCENE.ground_truth, tmp_path / "none.match", errors=True)
    found = error_kinds_of_part(tmp_path / "none.match")
    assert_same(found, error_kinds([], SCENE.ground_truth))
    assert found.first.overall.kinds["miss"].share == 1


def test_a_part_without_what_error_kinds_need_names_the_option(tmp_path: Path) -> None:
    path = tmp_path / "bare.match"
    match_part(SCENE.better, SCENE.ground_truth, path)
    with pytest.raises(
        InputError, match=r"bare.match: does not hold .* `match_part\(errors=True\)`."
    ) as caught:
        error_kinds_of_part(path)
    assert caught.value.option == "errors"


def test_parts_with_and_without_are_not_merged(tmp_path: Path) -> None:
    match_part(SCENE.better, SCENE.ground_truth, tmp_path / "a.match", shard=(1, 2))
    match_part(SCENE.better, SCENE.ground_truth, tmp_path / "b.match", shard=(2, 2), errors=True)
    words = r"a.match: was matched without what error kinds need, .*b.match with it"
    for pair in ("ab", "ba"):
        with pytest.raises(MismatchError, match=words):
            merge_parts([tmp_path / f"{name}.match" for name in pair], tmp_path / "all.match")


def test_an_image_with_other_overlaps_is_other_content(tmp_path: Path) -> None:
    preds = [dict(each) for each in SCENE.better]
    match_part(preds, SCENE.ground_truth, tmp_path / "a.match", errors=True)
    with PartReader(tmp_path / "a.match") as reader:
        digest = reader.array("images/00000000/digest_segm")
    match_part(preds, SCENE.ground_truth, tmp_path / "b.match")
    with PartReader(tmp_path / "b.match") as reader:
        assert (reader.array("images/00000000/digest_segm") != digest).all()


def test_other_thresholds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.match"
    match_part(SCENE.better, SCENE.ground_truth, path, Arguments(thresholds=(0.6,)), errors=True)
    with pytest.raises(InputError, match=r"`thresholds` asks for 0.5, and .* matched with 0.6"):
        error_kinds_of_part(path)


def test_parts_of_other_objects_are_not_compared(tmp_path: Path) -> None:
    gt = {**SCENE.ground_truth, "annotations": SCENE.ground_truth["annotations"][1:]}
    match_part(SCENE.better, SCENE.ground_truth, tmp_path / "a.match", errors=True)
    match_part(SCENE.better, gt, tmp_path / "b.match", errors=True)
    with pytest.raises(
        MismatchError, match=r"b.match: image 1 was matched with other gr.* in .*a.m"
    ):
        error_differences_of_parts(tmp_path / "a.match", tmp_path / "b.match")


@pytest.mark.parametrize("iou", ["segm", "bbox", "boundary"])
@pytest.mark.parametrize("categories", [(1,), (2, 3, 5)])
def test_some_categories_give_the_numbers_of_their_files(
    tmp_path: Path, iou: str, categories: tuple[int, ...]
) -> None:
    path = tmp_path / "a.match"
    match_part(SCENE.better, SCENE.ground_truth, path, Arguments(iou=iou), errors=True)
    found = error_kinds_of_part(path, categories=categories)
    expected = error_kinds(SCENE.better, SCENE.ground_truth, iou=iou, categories=categories)
    results = {**expected.to_dict()["results"][iou]}
    if found.first.poor_masks is None:
        assert [note.code for note in found.notes if note.code == "poor-masks-unknown"] == (
            ["poor-masks-unknown"] if iou == "segm" else []
        )
        results.pop("poor_masks", None)
    assert found.to_dict()["results"][iou] == results


def test_categories_of_crowd_regions_that_are_left_out_are_not_chosen(tmp_path: Path) -> None:
    box = {"image_id": 1, "bbox": [0, 0, 9, 9]}
    images = [{"id": 1, "width": 20, "height": 20}]
    categories = [{"id": place, "name": f"c{place}"} for place in (1, 2)]
    crowd = {**box, "id": 1, "category_id": 2, "area": 81, "iscrowd": 1}
    real = {**box, "bbox": [10, 10, 5, 5], "id": 2, "category_id": 1, "area": 25, "iscrowd": 0}
    gt = {"images": images, "categories": categories, "annotations": [crowd, real]}
    preds = [{**box, "category_id": 1, "score": 0.9}]
    match_part(preds, gt, tmp_path / "a.match", Arguments(iou="bbox"), errors=True)
    words = r"`categories` cannot be chosen: 1 prediction lies on crowd regions or annotations "
    with pytest.raises(InputError, match=words):
        error_kinds_of_part(tmp_path / "a.match", categories=[1])
    assert error_kinds_of_part(tmp_path / "a.match", categories=[1, 2]).first.overall.ap is not None


@pytest.mark.parametrize(
    "asked", [{}, {"thresholds": (0.75,)}, {"min_score": 0.2}, {"categories": (1, 2)},
              {"images": (1, 2, 3)}]
)  # fmt: skip
@pytest.mark.parametrize("iou", ["segm", "bbox"])
def test_confusion_of_a_part_is_that_of_its_files(
    tmp_path: Path, iou: str, asked: dict[str, Any]
) -> None:
    path = tmp_path / "a.match"
    match_part(SCENE.weaker, SCENE.ground_truth, path, Arguments(iou=iou), errors=True)
    found, _ = confusion_of_part(path, **asked)
    least, thresholds = asked.get("min_score", 0.5), asked.get("thresholds", (0.5,))
    arguments = Arguments(**{"iou": iou, **asked, "min_score": least})
    [evaluation] = evaluations(SCENE.weaker, SCENE.ground_truth, arguments, None)
    expected = confusion(evaluation, threshold=thresholds[0], min_score=least)
    assert (found.worst(None), found.right()) == (expected.worst(None), expected.right())
    assert found.right()


def test_confusion_needs_the_scores_and_the_kind_of_a_part(tmp_path: Path) -> None:
    path = tmp_path / "a.match"
    arguments = Arguments(iou=("segm", "bbox"), min_score=0.6)
    match_part(SCENE.weaker, SCENE.ground_truth, path, arguments, errors=True)
    with pytest.raises(InputError, match=r"`iou` is None, and .*a.match was matched with segm,b"):
        confusion_of_part(path)
    with pytest.raises(InputError, match=r"`min_score` is 0.5, and .*a.match was matched with 0.6"):
        confusion_of_part(path, iou="bbox")


@pytest.mark.parametrize("name", ["count", "beside", "place", "iou", "box", "shape"])
def test_damaged_overlaps_are_refused(tmp_path: Path, name: str) -> None:
    match_part(SCENE.better, SCENE.ground_truth, tmp_path / "a.match", errors=True)
    with (
        PartReader(tmp_path / "a.match") as reader,
        written_part(tmp_path / "b.match", reader.header) as writer,
    ):
        for each in sorted(reader.names - {"header"}):
            column = reader.array(each)
            if each.endswith(f"/{name}_segm"):
                column = column + column.dtype.type(100)
            writer.add(each, column)
    with pytest.raises(FormatError, match=r"b.match: is no part of an evaluation, or is damaged"):
        error_kinds_of_part(tmp_path / "b.match")


def test_single_predictions_need_the_files(tmp_path: Path) -> None:
    path = merged(tmp_path, SCENE.better, SCENE.ground_truth, 2)
    with pytest.raises(InputError, match="part files hold no ids of annotations"):
        next(error_kinds_of_part(path).kinds.records())
