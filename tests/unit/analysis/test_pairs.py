"""Pairs of predictions and objects with their IoU, and who takes which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from segeval.analysis.pair_matching import matched_objects
from segeval.analysis.pairs import Pairs, overlapping_pairs
from segeval.masks import mask_iou
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.metrics.coco.image_pairs import TINY
from segeval.metrics.coco.inputs import loaded
from segeval.metrics.coco.matches import Matches
from segeval.metrics.coco.protocol import COCO, LVIS, LVIS_FIXED, Protocol
from tests.unit.analysis.test_sweep import lvis_scene
from tests.unit.metrics.strips import Records, scene, strip


def pairs_of(
    preds: Records,
    gt: dict[str, Any],
    *,
    least: float = TINY,
    across: bool = False,
    **settings: Any,
) -> tuple[Matches, Pairs]:
    """Matches of a scene, and its pairs."""
    [evaluation] = evaluations(preds, gt, Arguments(**settings), None)
    return evaluation.matches, overlapping_pairs(evaluation, least=least, across=across)


def test_a_pair_has_the_iou_of_its_masks() -> None:
    # 10 columns against 5 of them, and against 8 of which 5 are shared
    preds, gt = scene(
        [{"mask": strip(0, 5)}, {"mask": strip(5, 13)}, {"mask": strip(50, 60)}],
        [{"mask": strip(0, 10)}],
    )
    _, pairs = pairs_of(preds, gt)
    assert (pairs.row.tolist(), pairs.gt.tolist()) == ([0, 0], [0, 1])
    assert pairs.iou.tolist() == [5 / 10, 5 / 13]
    assert pairs.area.tolist() == [10.0]


def test_pairs_below_the_least_iou_are_left_out() -> None:
    preds, gt = scene([{"mask": strip(0, 5)}, {"mask": strip(5, 13)}], [{"mask": strip(0, 10)}])
    _, pairs = pairs_of(preds, gt, least=0.5)
    assert pairs.iou.tolist() == [0.5]


def test_other_categories_are_paired_only_if_asked_for() -> None:
    objects: Records = [{"mask": strip(0, 9)}, {"category_id": 2, "mask": strip(0, 9)}]
    preds, gt = scene(objects, [{"mask": strip(0, 9)}, {"category_id": 2, "mask": strip(0, 9)}])
    assert pairs_of(preds, gt)[1].gt.tolist() == [0, 1]
    both = pairs_of(preds, gt, across=True)[1]
    assert (both.row.tolist(), both.gt.tolist()) == ([0, 0, 1, 1], [0, 1, 0, 1])


def test_a_crowd_region_has_the_share_of_the_prediction() -> None:
    preds, gt = scene([{"mask": strip(0, 100), "iscrowd": 1}], [{"mask": strip(90, 110)}])
    _, pairs = pairs_of(preds, gt)
    assert pairs.iou.tolist() == [0.5]
    assert pairs.is_crowd.tolist() == [True]


def test_pairs_of_an_image_are_those_of_its_masks() -> None:
    preds, gt = lvis_scene(1)
    matches, pairs = pairs_of(preds, gt, across=True, protocol=COCO)
    own, truth = loaded(preds, gt, None)
    masks = own.segmentations.run_lengths(truth.images.sizes_of(own.image_id), own)
    for image in range(len(matches.image_ids)):
        rows = np.flatnonzero(matches.image == image)
        gts = np.flatnonzero(matches.gt_image == image)
        wanted = mask_iou(masks.take(matches.prediction[rows]), truth.masks.take(matches.gt[gts]))
        found = np.zeros_like(wanted)
        for row, place, iou in zip(pairs.row, pairs.gt, pairs.iou, strict=True):
            if matches.image[row] == image:
                found[np.searchsorted(rows, row), np.searchsorted(gts, place)] = iou
        assert (found == wanted).all()


@pytest.mark.parametrize(
    "protocol", [COCO, LVIS, replace(LVIS_FIXED, max_dets=(12,))], ids=lambda each: each.name
)
@pytest.mark.parametrize("iou", ["segm", "boundary", "bbox"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_takes_an_object_is_what_is_matched(protocol: Protocol, iou: str, seed: int) -> None:
    preds, gt = lvis_scene(seed)
    gt["annotations"][0]["iscrowd"] = 1
    matches, pairs = pairs_of(preds, gt, least=0.5, protocol=protocol, iou=iou)
    for place, bucket in enumerate(matches.buckets):
        for threshold in matches.thresholds:
            found = matched_objects(matches, pairs, threshold, bucket=place)
            assert ((found >= 0) == matches.matched(threshold, bucket.name)).all()
            counts = matches.gt_counted[place]
            is_true = (found >= 0) & counts[found]
            ignored = matches.ignored(threshold, bucket.name)
            assert (is_true == (matches.matched(threshold, bucket.name) & ~ignored)).all()


def test_who_chooses_first_takes_the_better_object() -> None:
    # both predictions reach the object; the order decides
    preds, gt = scene([{"mask": strip(0, 10)}], [{"mask": strip(0, 9)}, {"mask": strip(0, 10)}])
    matches, pairs = pairs_of(preds, gt)
    assert matched_objects(matches, pairs, 0.5).tolist() == [0, -1]
    assert matched_objects(matches, pairs, 0.5, order=np.array([1, 0])).tolist() == [-1, 0]


def test_at_threshold_0_a_prediction_takes_an_object_that_it_does_not_touch() -> None:
    # as in the code of LaECE: the last of the objects with equal IoU
    preds, gt = scene(
        [{"mask": strip(0, 10)}, {"mask": strip(20, 30)}],
        [{"mask": strip(100, 110)}, {"mask": strip(20, 30)}, {"mask": strip(0, 10)}],
    )
    matches, pairs = pairs_of(preds, gt)
    assert matched_objects(matches, pairs, 0.0).tolist() == [1, 0, -1]


def test_without_records_there_are_no_pairs() -> None:
    for objects, found in (([{"mask": strip(0, 9)}], []), ([], [{"mask": strip(0, 9)}])):
        preds, gt = scene(objects, found)
        matches, pairs = pairs_of(preds, gt)
        assert len(pairs.row) == 0
        assert (matched_objects(matches, pairs, 0.5) == -1).all()
