"""IoUs within an image across categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

import segeval
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import Evaluation, evaluations
from segeval.metrics.coco.image_pairs import image_pairs
from tests.build import build_gt, build_preds
from tests.slow_errors import random_set


def evaluated(preds: Any, gt: Any, iou: str) -> Evaluation:
    [found] = evaluations(preds, gt, Arguments(iou=iou), None)
    return found


@pytest.mark.parametrize("iou", ["segm", "bbox"])
@pytest.mark.parametrize("workers", [1, 2])
def test_every_pair_of_an_image_has_the_iou_of_pycocotools(iou: str, workers: int) -> None:
    preds, gt = random_set(8, images=5)
    evaluation = evaluated(preds, gt, iou)
    matches = evaluation.matches
    found = image_pairs(evaluation, least=0.1, workers=workers)
    row = np.repeat(np.arange(len(matches)), np.diff(found.offsets))
    own = dict(zip(zip(row.tolist(), found.gt.tolist(), strict=True), found.iou, strict=True))
    field = "segmentation" if iou == "segm" else "bbox"
    expected = {}
    for r in range(len(matches)):
        prediction = preds[matches.prediction[r]]
        for place in np.flatnonzero(matches.gt_counted[0]):
            annotation = gt["annotations"][matches.gt[place]]
            if annotation["image_id"] != prediction["image_id"]:
                continue
            [[value]] = coco_mask.iou([prediction[field]], [annotation[field]], [0])
            if value >= 0.1:
                expected[r, int(place)] = value
    assert own == expected


def test_more_pairs_than_memory_should_hold_are_refused() -> None:
    box = {"bbox": [0, 0, 10, 10], "area": 100}
    evaluation = evaluated(build_preds([box]), build_gt([(20, 20)], [box] * 150), "bbox")
    with segeval.limits.raised(pairs=3), pytest.raises(segeval.FormatError) as caught:
        image_pairs(evaluation, least=0.1)
    assert str(caught.value) == (
        "predictions: more than 100 pairs of its predictions and of objects overlap, expected at "
        "most 3. If that is right, raise the limit: `limits.raised(pairs=150)`."
    )
    assert len(image_pairs(evaluation, least=0.1).gt) == 150
