"""What a batch has on a device comes by one copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from segeval import LabelMapMetric, Metric, PanopticMetric
from segeval.host_arrays import host_array
from segeval.host_batches import on_host
from tests.other_arrays import OnDevice, OnlyDlpack, on_device

MASKS = np.zeros((2, 4, 6), bool)
MASKS[0, 1:3, 1:3] = MASKS[1, 2:, 3:] = True

IDS = np.array([7, 9])
PREDS = [
    {
        "scores": np.array([0.5, 0.25], np.float32),
        "labels": np.array([1, 2]),
        "boxes": np.array([[1, 1, 3, 3], [3, 2, 6, 4]], np.float16),
        "masks": MASKS,
    },
    {"scores": np.zeros(0, np.float32), "labels": np.zeros(0, int), "masks": MASKS[:0]},
]
TARGETS = [
    {"labels": np.array([1, 2]), "masks": [*MASKS], "iscrowd": np.array([0, 1], np.uint8)},
    {"labels": [2], "masks": MASKS[1:], "size": np.array([4, 6]), "image_id": np.array(9)},
]
MAPS = np.array([[[0, 0, 1, 1]], [[0, 1, 1, 1]]])
SEGMENTS = [
    {"segmentation": np.ones((4, 6), int), "segments_info": [{"id": 1, "label_id": 3}]},
    {"segmentation": np.full((4, 6), 2), "segments_info": [{"id": 2, "label_id": 3}]},
]
METRICS: dict[str, tuple[Callable[[], Any], Any, Any]] = {
    "Metric": (lambda: Metric([1, 2]), PREDS, TARGETS),
    "LabelMapMetric": (lambda: LabelMapMetric(2), MAPS, [*MAPS[::-1]]),
    "PanopticMetric": (
        lambda: PanopticMetric([{"id": 3, "name": "cat", "isthing": 1}]), SEGMENTS, SEGMENTS,
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnDevice, "copies", [])


def arrays_of(given: Any) -> list[Any]:
    """All arrays of a batch, as those of numpy."""
    if isinstance(given, dict):
        return [one for each in given.values() for one in arrays_of(each)]
    if isinstance(given, list | tuple):
        return [one for each in given for one in arrays_of(each)]
    return [host_array(given)]


def assert_same(found: Any, expected: Any) -> None:
    pairs = list(zip(arrays_of(found), arrays_of(expected), strict=True))
    for one, other in pairs:
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert one.flags.aligned
        assert one.tolist() == other.tolist()


def test_a_batch_of_a_device_comes_by_one_copy() -> None:
    given = IDS, PREDS, TARGETS
    found = on_host(*(on_device(each) for each in given))
    assert OnDevice.copies == [sum(each.nbytes for each in arrays_of(given)) - 8]  # `[2]` is a list
    assert_same(found, given)


def test_what_lies_with_the_processor_stays_what_it_is() -> None:
    given = [IDS, PREDS, TARGETS, OnlyDlpack([1]), "text", None, [[[0.5, 1.5]]]]
    assert all(one is other for one, other in zip(on_host(*given), given, strict=True))


def test_the_largest_arrays_of_a_large_batch_stay_until_their_image_is_due() -> None:
    small, large = OnDevice(np.zeros(10)), OnDevice(np.zeros(100))
    found = on_host([small, large], OnDevice(np.ones(3)), most=200)
    assert found[0][1] is large
    assert_same([found[0][0], found[1]], [np.zeros(10), np.ones(3)])
    assert OnDevice.copies == [104]


def test_an_array_that_is_alone_is_not_laid_beside_others() -> None:
    alone = OnDevice(np.zeros(3))
    assert on_host([alone])[0][0] is alone


def test_values_that_were_expanded_come_one_by_one() -> None:
    given = [np.broadcast_to(np.float32(0.5), 3), np.broadcast_to(np.arange(2), (2, 2)), MASKS.T]
    assert_same(on_host([OnDevice(each) for each in given]), [given])
    assert len(OnDevice.copies) == 1


def test_arrays_of_two_devices_come_by_a_copy_each() -> None:
    others = [OnDevice(np.zeros(3)), OnDevice(np.ones(2))]
    for each in others:
        each.device = "device 1"
    found = on_host([OnDevice(np.zeros(4)), *others, OnDevice(np.ones(1))])
    assert_same(found, [[np.zeros(4), np.zeros(3), np.ones(2), np.ones(1)]])
    assert sorted(OnDevice.copies) == [40, 40]


@pytest.mark.parametrize("name", METRICS)
def test_metrics_fetch_a_batch_once(name: str) -> None:
    new, preds, targets = METRICS[name]
    here, there = new(), new()
    here.update(IDS, preds, targets)
    there.update(on_device(IDS), on_device(preds), on_device(targets))
    assert len(OnDevice.copies) == 1
    assert there.to_bytes() == here.to_bytes()


def test_a_batch_that_fails_is_fetched_and_named_as_ever() -> None:
    metric = Metric([1, 2])
    preds = [{"scores": np.array([np.nan]), "labels": np.array([1]), "masks": MASKS[:1]}]
    with pytest.raises(ValueError, match=r"image 7: predictions: prediction #0.*NaN"):
        metric.update([7], on_device(preds), on_device(TARGETS[:1]))
    assert not len(metric)
