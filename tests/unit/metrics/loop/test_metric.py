"""Numbers of batches are those of files, in any order and any number of parts."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from segeval import APResult, Metric, average_precision
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.coco.evidence import ORDER
from segeval.metrics.loop import images, part, state
from segeval.metrics.parts.packing import pack, unpack
from tests.loop_batches import (
    Item,
    batch_items,
    numbers,
    parts_of,
    updated,
    with_dense_masks,
)
from tests.parity.scenes import Pair, clean_pair
from tests.spoilt_json import ABSENT, places, with_value

SEEDS = range(8)

CAPS: dict[str, Any] = {"coco": [1, 2], "lvis": 6}
"""Caps that cut in small scenes, by protocol; others have one of 4."""

SQUARE = np.zeros((1, 8, 8), bool)
SQUARE[0, 2:6, 2:6] = True


def scene(seed: int, protocol: str) -> Pair:
    """A pair of files whose predictions all have different scores."""
    preds, gt = clean_pair(seed, lvis=protocol != "coco")
    scores = np.random.default_rng([seed, 2]).permutation(len(preds)) / max(len(preds), 1)
    return [{**p, "score": float(s)} for p, s in zip(preds, scores, strict=True)], gt


def settings_of(protocol: str) -> dict[str, Any]:
    kinds = ["boundary", "segm"] if protocol != "lvis" else "segm"
    return {"protocol": protocol, "max_dets": CAPS.get(protocol, 4), "iou": kinds}


def shuffled(items: list[Item], seed: int) -> list[Item]:
    return [items[place] for place in np.random.default_rng(seed).permutation(len(items))]


def one_square(**changes: Any) -> Item:
    """Image 1 with one object that is found."""
    preds = {"scores": [0.5], "labels": [1], "masks": SQUARE, **changes}
    return 1, preds, {"labels": [1], "masks": SQUARE}


@pytest.mark.parametrize("protocol", ["coco", "lvis", "lvis-fixed"])
@pytest.mark.parametrize("seed", SEEDS)
def test_images_one_by_one_in_any_order_give_the_numbers_of_files(
    seed: int, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "WAITING", 2)
    preds, gt = scene(seed, protocol)
    how = settings_of(protocol)
    expected = average_precision(preds, gt, **how)
    metric = Metric(gt["categories"], box_format="xywh", **how)
    found = updated(metric, shuffled(batch_items(preds, gt), seed)).compute()
    assert numbers(found) == numbers(expected)
    assert _added_up(found) == _added_up(expected)


def _added_up(result: APResult) -> list[str]:
    """The notes that count, but for those that give an example of what a file holds."""
    return [note.message for note in result.notes if note.code in ORDER]


@pytest.mark.parametrize("protocol", ["coco", "lvis", "lvis-fixed"])
@pytest.mark.parametrize("count", [2, 8])
@pytest.mark.parametrize("seed", [0, 2, 6])
def test_parts_merge_to_the_numbers_of_files_in_any_order(
    seed: int, count: int, protocol: str
) -> None:
    preds, gt = scene(seed, protocol)
    how = settings_of(protocol)
    expected = numbers(average_precision(preds, gt, **how))
    items = shuffled(batch_items(preds, gt), seed)
    parts = parts_of(items, count, lambda: Metric(gt["categories"], box_format="xywh", **how))
    for order in (1, -1):
        first, *others = [copy.deepcopy(part) for part in parts[::order]]
        for other in others:
            first.merge(other)
        assert numbers(first.compute()) == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_give_the_numbers_of_files(seed: int) -> None:
    preds, gt = clean_pair(seed, boxes=True)
    scores = np.random.default_rng([seed, 2]).permutation(len(preds)) / max(len(preds), 1)
    preds = [
        {**p, "score": float(s), "bbox": [*p["bbox"][:2], *np.abs(p["bbox"][2:]).tolist()]}
        for p, s in zip(preds, scores, strict=True)
    ]
    metric = Metric(gt["categories"], iou="bbox", box_format="xywh")
    found = updated(metric, batch_items(preds, gt)).compute()
    assert numbers(found) == numbers(average_precision(preds, gt, iou="bbox"))


@pytest.mark.parametrize("seed", SEEDS)
def test_dense_masks_give_the_numbers_of_runs(seed: int) -> None:
    preds, gt = scene(seed, "coco")
    for record in gt["annotations"]:
        record["iscrowd"] = int(record["iscrowd"])
    expected = average_precision(preds, gt)
    items = [with_dense_masks(item) for item in batch_items(preds, gt)]
    found = updated(Metric(gt["categories"], box_format="xywh"), items).compute()
    assert numbers(found) == numbers(expected)


def test_the_numbers_of_an_epoch_that_goes_on_are_those_so_far() -> None:
    preds, gt = scene(4, "coco")
    items = batch_items(preds, gt)
    metric = Metric(gt["categories"], box_format="xywh")
    for place, item in enumerate(items):
        updated(metric, [item])
        ids = {known[0] for known in items[: place + 1]}
        so_far = {
            **gt,
            "images": [image for image in gt["images"] if image["id"] in ids],
            "annotations": [a for a in gt["annotations"] if a["image_id"] in ids],
        }
        own = [p for p in preds if p["image_id"] in ids]
        assert numbers(metric.compute()) == numbers(average_precision(own, so_far))


def test_no_images_give_an_undefined_result() -> None:
    result = Metric([1, 2]).compute()
    assert result.ap is None
    assert {note.code for note in result.notes} == {"no-predictions", "no-ground-truth"}


def test_a_reset_metric_is_a_new_one() -> None:
    metric = updated(Metric([1]), [one_square()])
    metric.reset()
    assert len(metric) == 0
    assert metric.to_bytes() == Metric([1]).to_bytes()


@pytest.mark.parametrize("protocol", ["coco", "lvis", "lvis-fixed"])
def test_a_metric_goes_on_after_bytes_and_pickle(protocol: str) -> None:
    preds, gt = scene(6, protocol)
    items = batch_items(preds, gt)
    how = settings_of(protocol)
    whole = updated(Metric(gt["categories"], box_format="xywh", **how), items)
    half = updated(Metric(gt["categories"], box_format="xywh", **how), items[:2])
    for taken in (Metric.from_bytes(half.to_bytes()), pickle.loads(pickle.dumps(half))):
        assert len(taken) == 2
        assert taken.to_bytes() == half.to_bytes()
        updated(taken, items[2:])
        assert numbers(taken.compute()) == numbers(whole.compute())


def test_the_same_images_give_the_same_bytes_in_any_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state, "WAITING", 2)
    items = [(place, *one_square(scores=[place / 10])[1:]) for place in range(5)]
    metrics = [updated(Metric([1]), shuffled(items, size), size) for size in (1, 2, len(items))]
    assert len({metric.to_bytes() for metric in metrics}) == 1


def test_a_repeated_image_counts_once_and_is_noted() -> None:
    metric = updated(Metric([1]), [one_square(), one_square()])
    result = metric.compute()
    assert result.first.overall.gt == 1
    [note] = [note for note in result.notes if note.code == "repeated-image"]
    assert note.message == "1 image came again with equal content and counted once"


@pytest.mark.parametrize("flushed", [False, True])
def test_of_unequal_repeats_the_same_copy_stays_in_any_order(*, flushed: bool) -> None:
    copies = [one_square(), one_square(scores=[0.25]), one_square(scores=[0.75])]
    found = set()
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        metric = Metric([1])
        for place in order:
            updated(metric, [copies[place]])
            if flushed:
                metric.compute()
        parts = [updated(Metric([1]), [copies[place]]) for place in order]
        for other in parts[1:]:
            parts[0].merge(other)
        found |= {metric.to_bytes(), parts[0].to_bytes()}
        assert [note.message for note in metric.compute().notes] == [
            "1 image came again with other content: of each the copy with the smaller digest counts"
        ]
    assert len(found) == 1


def test_repeats_are_refused_if_asked() -> None:
    metric = updated(Metric([1], repeats="refuse"), [one_square()])
    expected = 'image 1 came before, expected every image once (`repeats="one"` takes one copy).'
    with pytest.raises(MismatchError) as caught:
        updated(metric, [one_square()])
    assert caught.value.message == expected
    with pytest.raises(MismatchError) as caught:
        metric.merge(updated(Metric([1], repeats="refuse"), [one_square()]))
    assert caught.value.message == expected
    assert len(metric) == 1


def test_metrics_of_other_settings_do_not_merge() -> None:
    with pytest.raises(MismatchError) as caught:
        Metric([1]).merge(Metric([1, 2]))
    assert caught.value.message == (
        "the other metric: categories is [1, 2], in this metric it is [1]. Parts must be matched "
        "by the same rules on the same categories."
    )


def test_ids_may_be_text() -> None:
    preds, gt = scene(4, "coco")
    names = {category["id"]: f"c{category['id']:03}" for category in gt["categories"]}
    metric = Metric(list(names.values()), box_format="xywh")
    for key, found, truth in shuffled(batch_items(preds, gt), 1):
        sides = [
            {**side, "labels": [names[label] for label in side["labels"]]}
            for side in (found, truth)
        ]
        metric.update([f"{key:09}.jpg"], [sides[0]], [sides[1]])
    expected = average_precision(preds, gt)
    assert metric.compute().ap == expected.ap
    assert metric.compute().matches.image_keys == tuple(
        sorted(f"{image['id']:09}.jpg" for image in gt["images"])
    )


def test_scores_in_float32_are_widened_exactly() -> None:
    score = np.array([0.1], np.float32)
    metric = updated(Metric([1]), [one_square(scores=score)])
    assert metric.compute().matches.score.tolist() == [float(score[0])]


def test_flat_numbers_have_the_names_of_papers_and_no_undefined_ones() -> None:
    metric = Metric([1], iou=("segm", "boundary"), max_dets=[1, 10])
    found = updated(metric, [one_square()]).compute().flat("val/")
    assert list(found) == [
        f"val/{kind}/{name}"
        for kind in ("segm", "boundary")
        for name in ("AP", "AP50", "AP75", "AP_small", "AR_1", "AR_10", "AR_small")
    ]
    assert all(value > 1 - 1e-12 for value in found.values())  # 101 terms are added
    assert list(updated(Metric([1]), [one_square()]).compute().flat())[:2] == ["AP", "AP50"]
    assert Metric([1]).compute().flat() == {}


VALUES: tuple[Any, ...] = (-1, 0.5, 2**31, 2**64, 1e308, None, "x", [], [1], {})
"""Values that a field of a header may not expect."""


def test_any_value_of_a_header_gives_a_metric_or_a_refusal() -> None:
    metric = updated(Metric({1: "cat"}, iou=("segm", "boundary")), [one_square(), one_square()])
    with pytest.raises(InputError):
        metric.update([2], [{}], [{}])
    header, arrays = unpack(metric.to_bytes(), part.SCHEMA)
    del header["schema"]
    refused = []
    for place in places(header):
        for value in (*VALUES, ABSENT):
            data = pack(part.SCHEMA, with_value(header, place, value), arrays)
            try:
                Metric.from_bytes(data).compute()
            except FormatError as error:
                refused.append(error.code)
    assert len(refused) > 100
    assert set(refused) == {"bad-part"}


@pytest.mark.parametrize("name", [*images.NUMBERS, "differs", "matches_0"])
def test_damaged_arrays_are_refused(name: str) -> None:
    header, arrays = unpack(updated(Metric([1]), [one_square()]).to_bytes(), part.SCHEMA)
    del header["schema"]
    for wrong in (arrays[name][:0], arrays[name].astype(np.float64), arrays[name][np.newaxis]):
        with pytest.raises(FormatError):
            Metric.from_bytes(pack(part.SCHEMA, header, {**arrays, name: wrong}))


def test_bytes_of_something_else_are_refused() -> None:
    data = updated(Metric([1]), [one_square()]).to_bytes()
    for wrong in (b"", data[:200], data[:400] + b"x" + data[401:]):
        with pytest.raises(FormatError) as caught:
            Metric.from_bytes(wrong)
        assert caught.value.message == "these bytes are not those of a metric, or are damaged."
