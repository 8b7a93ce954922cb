"""mmengine's evaluator gets the numbers of files from mmdet's data samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.registry import METRICS
from mmengine.structures import BaseDataElement, InstanceData

from segeval.adapters.mmengine import SegevalMetric
from segeval.errors import FormatError, InputError
from tests.build import coco_rle
from tests.loop_images import IOU, loop_images, numbers_of_files
from tests.mmengine_samples import META, data_sample, new_evaluator
from tests.two_loops import seen_by_two


def evaluated(samples: list[Any], **how: Any) -> dict[str, float]:
    evaluator = new_evaluator(**how)
    for first in range(0, len(samples), 2):
        evaluator.process(samples[first : first + 2])
    return dict(evaluator.evaluate(len(samples)))


def test_data_samples_have_the_numbers_of_files() -> None:
    found = evaluated([data_sample(each) for each in loop_images()])
    assert found == numbers_of_files(prefix="segeval/")


def test_a_configuration_builds_it_under_another_prefix() -> None:
    metric = METRICS.build({"type": "SegevalMetric", "iou": IOU, "prefix": "val"})
    evaluator = Evaluator(metric)
    evaluator.dataset_meta = META
    found = evaluator.offline_evaluate([data_sample(each) for each in loop_images()])
    assert found == numbers_of_files(prefix="val/")


def test_every_evaluation_starts_anew() -> None:
    evaluator, samples = new_evaluator(), [data_sample(each) for each in loop_images()]
    evaluator.process(samples)
    assert evaluator.evaluate(7) == numbers_of_files(prefix="segeval/")
    evaluator.process(samples[:3])
    assert evaluator.evaluate(3) == numbers_of_files(loop_images()[:3], prefix="segeval/")


def test_a_sample_that_pads_a_batch_counts_once() -> None:
    samples = [data_sample(each) for each in loop_images()]
    assert evaluated([*samples, samples[0]]) == numbers_of_files(prefix="segeval/")


def test_polygons_and_run_lengths_are_masks_too() -> None:
    square = np.zeros((40, 60), np.uint8)
    square[4:13, 7:18] = 1
    corners = np.array([7, 4, 18, 4, 18, 13, 7, 13], np.float64)
    sample = BaseDataElement(metainfo={"img_id": 7, "ori_shape": (40, 60)})
    sample.pred_instances = InstanceData(
        scores=torch.tensor([0.5]), labels=torch.tensor([1]), masks=[coco_rle(square)]
    )
    sample.gt_instances = InstanceData(labels=torch.tensor([1]), masks=[[corners]])
    assert evaluated([sample])["segeval/segm/AP"] == pytest.approx(1)


def test_boxes_are_compared_where_asked_for() -> None:
    mask = torch.zeros(1, 40, 60, dtype=torch.bool)
    mask[:, 4:13, 7:18] = True
    corners = torch.tensor([[7.0, 4, 18, 13]])
    sample = BaseDataElement(metainfo={"img_id": 7, "ori_shape": (40, 60)})
    sample.pred_instances = InstanceData(
        scores=torch.tensor([0.5]), labels=torch.tensor([1]), masks=mask, bboxes=corners
    )
    sample.gt_instances = InstanceData(labels=torch.tensor([1]), masks=~mask, bboxes=corners)
    found = evaluated([sample], iou=("segm", "bbox"))
    assert found["segeval/segm/AP"] == 0
    assert found["segeval/bbox/AP"] == pytest.approx(1)


def test_masks_have_scores_of_their_own() -> None:
    samples = [data_sample(each) for each in loop_images()]
    for sample in samples:
        sample.pred_instances.mask_scores = sample.pred_instances.scores
        sample.pred_instances.scores = torch.zeros(len(sample.pred_instances.scores))
    assert evaluated(samples) == numbers_of_files(prefix="segeval/")


def test_a_sample_without_ground_truth_says_what_to_load() -> None:
    sample = data_sample(loop_images()[0])
    sample.pop("gt_instances")
    message = (
        r"^image 1: the data sample has no `gt_instances`: load them after Resize, by "
        r"`LoadAnnotations\(with_mask=True\)`\.$"
    )
    with pytest.raises(FormatError, match=message):
        evaluated([sample])


def test_settings_are_refused_before_the_first_sample() -> None:
    with pytest.raises(InputError, match=r"^`iou` is 'mask', expected segm or boundary or bbox\.$"):
        SegevalMetric(iou="mask")


def test_a_data_set_without_classes_says_where_they_come_from() -> None:
    message = (
        r"^`dataset_meta` has no `classes`, the names of all classes in the order of their "
        r"labels\. mmengine takes it from the `metainfo` of the data set\.$"
    )
    with pytest.raises(FormatError, match=message):
        Evaluator(SegevalMetric()).process([data_sample(loop_images()[0])])


def test_two_processes_gather_once(root: Path) -> None:
    for seen in seen_by_two("mmengine", root):
        assert seen["numbers"] == numbers_of_files(prefix="segeval/")
        assert seen["collectives"] == {"all_gather_object": 1}


LOADING = "load them after Resize, by `LoadAnnotations(with_mask=True)`"


def without(sample: Any, name: str) -> Any:
    """The same data sample without a field, such as "img_id" or "pred_instances.masks"."""
    owner, _, field = name.rpartition(".")
    if owner:
        getattr(sample, owner).pop(field)
        return sample
    values = {key: value for key, value in sample.all_items() if key != name}
    meta = {key: values.pop(key) for key in ("img_id", "ori_shape") if key in values}
    return BaseDataElement(metainfo=meta, **values)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("img_id", "data sample #0 of the batch has no `img_id`."),
        ("ori_shape", "image 1: the data sample has no `ori_shape`."),
        ("pred_instances", "image 1: the data sample has no `pred_instances`."),
        ("pred_instances.masks", "image 1: the data sample's `pred_instances` has no `masks`."),
        (
            "gt_instances.masks",
            f"image 1: the data sample's `gt_instances` has no `masks`: {LOADING}.",
        ),
    ],
)
def test_a_field_that_a_sample_lacks_is_named_and_told_to_all_processes(
    field: str, said: str
) -> None:
    evaluator = new_evaluator()
    with pytest.raises(FormatError) as caught:
        evaluator.process([without(data_sample(loop_images()[0]), field)])
    assert caught.value.message == said
    with pytest.raises(FormatError) as again:
        evaluator.evaluate(1)
    assert again.value.message == f"process 0: {said}"


def test_an_evaluation_that_failed_leaves_nothing_behind() -> None:
    evaluator, samples = new_evaluator(), [data_sample(each) for each in loop_images()]
    with pytest.raises(FormatError):
        evaluator.process([*samples[:2], without(samples[2], "pred_instances")])
    with pytest.raises(FormatError):
        evaluator.evaluate(7)
    evaluator.process(samples)
    assert evaluator.evaluate(7) == numbers_of_files(prefix="segeval/")


def test_ignored_regions_stay_crowds_where_an_image_has_no_instances() -> None:
    mask = torch.zeros(1, 40, 60, dtype=torch.bool)
    mask[:, 4:13, 7:18] = True
    sample = BaseDataElement(metainfo={"img_id": 7, "ori_shape": (40, 60)})
    label = torch.tensor([1])
    sample.pred_instances = InstanceData(scores=torch.tensor([0.5]), labels=label, masks=mask)
    sample.gt_instances = InstanceData()
    sample.ignored_instances = InstanceData(labels=label, masks=mask)
    assert evaluated([sample]) == {}
    sample.pop("ignored_instances")
    assert evaluated([sample]) == {}


def test_the_name_of_one_class_is_not_taken_letter_by_letter() -> None:
    evaluator = new_evaluator()
    evaluator.dataset_meta = {"classes": "chair"}
    with pytest.raises(FormatError) as caught:
        evaluator.process([data_sample(loop_images()[0])])
    assert caught.value.message == (
        "`classes` of `dataset_meta` is 'chair', expected a tuple with the names of all classes; "
        "a tuple of one is written with a comma, `('person',)`."
    )


def test_an_evaluation_that_was_interrupted_can_be_forgotten() -> None:
    evaluator, samples = new_evaluator(), [data_sample(each) for each in loop_images()]
    evaluator.process(samples[:4])
    evaluator.metrics[0].reset()
    evaluator.process(samples[:3])
    assert evaluator.evaluate(3) == numbers_of_files(loop_images()[:3], prefix="segeval/")
