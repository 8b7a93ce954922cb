"""Size buckets at quantiles of the ground truth that counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segeval
from segeval.analysis.official import verify
from segeval.errors import InputError
from segeval.metrics import buckets
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from segeval.metrics.coco.parts.shards.mapping import evaluate_parts
from segeval.pictures import seen_image
from tests.build import build_gt, build_preds
from tests.parity.scenes import clean_pair


def square(side: int) -> np.ndarray[Any, Any]:
    mask = np.zeros((20, 20), np.uint8)
    mask[:side, :side] = 1
    return mask


def scene() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Areas 4, 9, 16 and 25 count; a crowd region, an ignored object and a third image beside."""
    records: list[dict[str, Any]] = [
        {"category_id": number, "mask": square(side), "image_id": 1 + number % 2}
        for number, side in enumerate((2, 3, 4, 5), 1)
    ]
    others: list[dict[str, Any]] = [
        {"category_id": 1, "mask": square(20), "iscrowd": 1},
        {"category_id": 2, "mask": square(18), "ignore": 1},
        {"category_id": 1, "mask": square(17), "image_id": 3},
        {"category_id": 5, "mask": square(16)},
    ]
    return build_preds(records[1:3]), build_gt([(20, 20)] * 3, [*records, *others])


HOW: dict[str, Any] = {"images": [1, 2], "categories": [1, 2, 3, 4], "honour_ignore": True}


def edges(result: segeval.APResult) -> list[float]:
    return [own["min_area"] for own in result.settings["sizes"]][1:]


def test_edges_are_those_of_the_objects_that_count() -> None:
    preds, gt = scene()
    result = segeval.average_precision(preds, gt, sizes="quantiles:4", **HOW)
    assert edges(result) == [6.5, 12.5, 20.5]
    sizes = result.first.sizes
    assert [(own.name, own.gt) for own in sizes] == [("q1", 1), ("q2", 1), ("q3", 1), ("q4", 1)]
    assert [own.ap for own in sizes] == pytest.approx([0.0, 1.0, 1.0, 0.0])


def test_areas_that_a_file_lacks_are_those_of_masks() -> None:
    preds, gt = scene()
    for record in gt["annotations"]:
        del record["area"]
    for kind in ("segm", "boundary", "bbox"):
        result = segeval.average_precision(preds, gt, sizes="quantiles:4", iou=kind, **HOW)
        assert edges(result) == [6.5, 12.5, 20.5]


def test_every_kind_of_iou_has_the_same_edges_where_boundaries_ignore_more() -> None:
    preds, gt = scene()
    own = {**HOW, "honour_ignore": False}  # then masks count the ignored object of 324 pixels
    for kinds in ("segm", "boundary", ["boundary", "segm"]):
        found = segeval.average_precision(preds, gt, sizes="quantiles:4", iou=kinds, **own)
        assert edges(found) == [12.5, 20.5, 174.5]


@pytest.mark.parametrize("lvis", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_numbers_are_those_of_explicit_edges(seed: int, lvis: bool) -> None:
    preds, gt = clean_pair(seed, lvis=lvis)
    found = segeval.average_precision(preds, gt, sizes="quantiles:3")
    given = buckets(f"area:{','.join(map(repr, edges(found)))}")
    explicit = segeval.average_precision(preds, gt, sizes=given)
    assert found.settings == explicit.settings
    assert found.first.means() == explicit.first.means()


def test_other_predictions_get_the_same_edges() -> None:
    preds, gt = clean_pair(3, lvis=False)
    none = segeval.average_precision([], gt, sizes="quantiles:5")
    assert edges(none) == edges(segeval.average_precision(preds, gt, sizes="quantiles:5"))


def test_slices_of_the_images_get_the_edges_of_all_and_merge(tmp_path: Path) -> None:
    preds, gt = clean_pair(1, lvis=False)
    arguments = Arguments(sizes="quantiles:4")
    parts = []
    for number in (1, 2):
        path = tmp_path / f"{number}.match"
        match_part(preds, gt, path, arguments, shard=(number, 2))
        parts.append(path)
    whole = segeval.average_precision(preds, gt, sizes="quantiles:4")
    merged = tmp_path / "all.match"
    merge_parts(parts, merged)
    assert ap_of_part(merged).first.means() == whole.first.means()


def test_files_of_some_images_each_get_the_edges_of_all(tmp_path: Path) -> None:
    preds, gt = clean_pair(1, lvis=False)
    ids = [image["id"] for image in gt["images"]]
    files = []
    for place in (0, 1):
        own = [record for record in preds if ids.index(record["image_id"]) % 2 == place]
        files.append(tmp_path / f"{place}.json")
        files[-1].write_text(json.dumps(own))
    found = evaluate_parts(files, gt, Arguments(sizes="quantiles:4"))
    whole = segeval.average_precision(preds, gt, sizes="quantiles:4")
    assert found.first.means() == whole.first.means()


def test_one_image_by_itself_has_the_edges_of_all() -> None:
    preds, gt = scene()
    arguments = Arguments(sizes="quantiles:4", **HOW)
    seen, _ = seen_image(preds, gt, arguments, 1)
    assert [own.min_area for own in seen.matches.buckets[2:]] == [6.5, 12.5, 20.5]


def test_the_official_package_takes_the_edges_that_came_out() -> None:
    preds, gt = clean_pair(2, lvis=False)
    assert verify(preds, gt, sizes="quantiles:3").agrees


@pytest.mark.parametrize("text", ["quantiles:", "quantiles:1", "quantiles:x", "quantiles:101"])
def test_an_impossible_number_of_quantiles_is_refused_before_files_are_read(text: str) -> None:
    with pytest.raises(InputError) as caught:
        segeval.average_precision("no.json", "none.json", sizes=text)
    assert caught.value.message == (
        f"`sizes={text!r}`: expected a number of buckets from 2 to 100, such as quantiles:4."
    )


def test_a_loop_refuses_quantiles_of_what_it_has_not_seen() -> None:
    with pytest.raises(InputError, match="quantiles are those of a whole ground truth, which a"):
        segeval.Metric([1], sizes="quantiles:4")


def test_quantiles_of_no_ground_truth_are_refused() -> None:
    with pytest.raises(InputError, match="these are quantiles of a ground truth, and there is"):
        buckets("quantiles:4")
