"""A metric of segeval does what torchmetrics expects of its own."""

from __future__ import annotations

import pickle
import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchmetrics

from segeval import LabelMapMetric, mean_iou
from segeval.adapters.torchmetrics import SegevalMetric
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.loop.metric import Metric
from tests.loop_images import CATEGORIES, IOU, loop_images, numbers_of_files, updates
from tests.two_loops import seen_by_two


def new_metric(**how: Any) -> SegevalMetric:
    return SegevalMetric(Metric(CATEGORIES, iou=IOU), **how)


def full_metric(**how: Any) -> SegevalMetric:
    metric = new_metric(**how)
    metric.update(*updates(loop_images()))
    return metric


def floats(numbers: dict[str, torch.Tensor]) -> dict[str, float]:
    return {name: number.item() for name, number in numbers.items()}


def test_batches_have_the_numbers_of_files() -> None:
    metric, images = new_metric(prefix="val/"), loop_images()
    for first in range(0, 7, 2):
        metric.update(*updates(images[first : first + 2]))
    numbers = metric.compute()
    assert floats(numbers) == numbers_of_files(prefix="val/")
    assert {number.dtype for number in numbers.values()} == {torch.float64}


def test_forward_gives_the_numbers_of_its_batch_and_adds_it() -> None:
    metric, images = new_metric(), loop_images()
    assert floats(metric(*updates(images[:3]))) == numbers_of_files(images[:3])
    assert floats(metric(*updates(images[3:]))) == numbers_of_files(images[3:])
    assert metric.update_count == 2
    assert floats(metric.compute()) == numbers_of_files()


def test_what_was_computed_is_computed_again_after_forward() -> None:
    metric, images = new_metric(), loop_images()
    metric.update(*updates(images[:3]))
    metric.compute()
    metric(*updates(images[3:]))
    assert floats(metric.compute()) == numbers_of_files()


def test_a_bad_batch_leaves_everything_as_it_was() -> None:
    metric = full_metric()
    _, preds, targets = updates(loop_images()[:1])
    for call in (metric, metric.update):
        with pytest.raises(InputError, match="image 99: `scores` of `preds`"):
            call([99], [{**preds[0], "scores": torch.zeros(1, 2)}], targets)
    assert floats(metric.compute()) == numbers_of_files()


def test_reset_forgets_all_images() -> None:
    metric, images = full_metric(), loop_images()
    metric.reset()
    assert not metric.update_called
    metric.update(*updates(images[:3]))
    assert floats(metric.compute()) == numbers_of_files(images[:3])


@pytest.mark.parametrize("copied", [deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_go_on_alone(copied: Any) -> None:
    metric, images = new_metric(), loop_images()
    metric.update(*updates(images[:3]))
    other = copied(metric)
    other.update(*updates(images[3:]))
    assert floats(other.compute()) == numbers_of_files()
    assert floats(metric.compute()) == numbers_of_files(images[:3])


def test_collections_hold_several_apart() -> None:
    one, other = new_metric(prefix="one/"), new_metric(prefix="other/")
    metrics = torchmetrics.MetricCollection({"one": one, "other": other}, prefix="val/")
    ids, preds, targets = updates(loop_images())
    metrics.update(image_ids=ids[:3], preds=preds[:3], targets=targets[:3])
    metrics.update(ids[3:], preds[3:], targets[3:])
    expected = [numbers_of_files(prefix=f"val/{name}/") for name in ("one", "other")]
    assert floats(metrics.compute()) == expected[0] | expected[1]
    metrics.reset()
    assert floats(metrics(ids, preds, targets)) == expected[0] | expected[1]
    assert metrics.clone(prefix="test/").keys() == {"test/one", "test/other"}


def test_two_metrics_merge() -> None:
    metric, other, images = new_metric(), new_metric(), loop_images()
    metric.update(*updates(images[:3]))
    other.update(*updates(images[3:]))
    metric.merge_state(other)
    assert metric.update_count == 2
    assert floats(metric.compute()) == numbers_of_files()
    assert floats(other.compute()) == numbers_of_files(images[3:])


def test_numbers_are_where_the_metric_is() -> None:
    metric = full_metric().to("meta")
    assert {number.device.type for number in metric.compute().values()} == {"meta"}


def test_a_module_has_the_state_only_when_asked() -> None:
    module, other = torch.nn.Module(), torch.nn.Module()
    module.metric, other.metric = full_metric(), new_metric()
    assert module.state_dict() == {}
    module.metric.persistent(mode=True)
    saved = module.state_dict()
    assert list(saved) == ["metric.metric"]
    assert other.load_state_dict(saved).missing_keys == []
    assert floats(other.metric.compute()) == numbers_of_files()


def test_label_maps_and_segments_are_measured_too() -> None:
    maps = np.random.default_rng(1).integers(0, 3, (4, 20, 30))
    shifted = np.roll(maps, 1, axis=2)
    shifted[:, :10] = maps[:, :10]
    labels = SegevalMetric(LabelMapMetric(3))
    labels.persistent(mode=True)
    for place in range(4):
        labels([place], maps[place : place + 1], torch.from_numpy(shifted[place : place + 1]))
    expected = mean_iou(list(maps), list(shifted), classes=3)
    assert floats(labels.compute()) == expected.flat()
    other = SegevalMetric(LabelMapMetric(3))
    other.load_state_dict(labels.state_dict())
    assert floats(other.compute()) == expected.flat()


def test_two_processes_gather_once(root: Path) -> None:
    for seen in seen_by_two("torchmetrics", root):
        assert seen["numbers"] == numbers_of_files()
        assert seen["own"] == seen["expected_own"]
        assert seen["empty"] == numbers_of_files()
        assert seen["collectives"] == {"all_gather_object": 2}


def test_a_process_without_images_is_warned_of_by_torchmetrics_and_computes() -> None:
    metric = new_metric()
    with pytest.warns(UserWarning, match="was called before the ``update`` method"):
        assert metric.compute() == {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(full_metric().compute()) > 0


def test_a_batch_that_failed_in_forward_fails_the_gathered_numbers() -> None:
    metric = full_metric()
    with pytest.raises(InputError, match="image 99"):
        metric([99], [{}], [{}])
    with pytest.raises(InputError, match=r"^process 0: image 99: `preds` has no scores"):
        metric.metric.gather()
    metric.reset()
    assert len(metric.metric.gather()) == 0


def test_an_image_that_is_refused_in_forward_fails_the_gathered_numbers() -> None:
    metric, batch = SegevalMetric(Metric(CATEGORIES, repeats="refuse")), updates(loop_images()[:1])
    metric(*batch)
    with pytest.raises(MismatchError, match=r"^image 1 came before"):
        metric(*batch)
    with pytest.raises(MismatchError, match=r"^process 0: image 1 came before"):
        metric.metric.gather()


@pytest.mark.parametrize("other", [{}, torchmetrics.MeanMetric()])
def test_something_else_than_a_metric_of_segeval_is_not_merged(other: Any) -> None:
    metric = full_metric()
    message = rf"^`other` is of the type {type(other).__name__}, expected a Metric\.$"
    with pytest.raises(InputError, match=message):
        metric.merge_state(other)
    assert floats(metric.compute()) == numbers_of_files()


def test_a_state_of_other_settings_is_refused() -> None:
    saved = full_metric()
    saved.persistent(mode=True)
    metric = SegevalMetric(Metric(CATEGORIES, iou="segm"))
    with pytest.raises(MismatchError, match=r"iou is \['segm', 'boundary'\], in this metric it is"):
        metric.load_state_dict(saved.state_dict())
    assert len(metric.metric) == 0


@pytest.mark.parametrize(("saved", "kind"), [(b"abc", "bytes"), (torch.zeros(3), "torch.float32")])
def test_a_state_that_is_none_is_refused(saved: Any, kind: str) -> None:
    with pytest.raises(FormatError) as caught:
        new_metric().load_state_dict({"metric": saved})
    assert caught.value.message == (
        f"the state of a metric is of the type {kind}, expected a tensor of uint8, as "
        "`state_dict` gave it."
    )


def test_a_batch_that_fails_on_one_process_is_told_on_both_and_again(root: Path) -> None:
    failed = "image 99: `preds` has no scores, it is empty."
    told = f"process 1: {failed}"
    for rank, seen in enumerate(seen_by_two("torchmetrics_failing", root)):
        for kind in ("update", "forward"):
            assert seen[kind] == [failed if rank else None, told, told]
        assert seen["forward in step"] == [told, told, told]
        assert seen["numbers"] == numbers_of_files()


def test_numbers_stay_float64_whatever_the_type_of_a_model() -> None:
    metric = full_metric()
    metric.compute()
    for changed in (metric.half(), metric.to(torch.bfloat16), metric.set_dtype(torch.float16)):
        numbers = changed.compute()
        assert floats(numbers) == numbers_of_files()
        assert {number.dtype for number in numbers.values()} == {torch.float64}
