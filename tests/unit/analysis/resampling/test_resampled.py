"""Every result that keeps its images can be resampled; others are refused in words."""

from __future__ import annotations

import numpy as np
import pytest

from segeval.analysis.resampling.resampled import Resampled, resampled
from segeval.analysis.sweep import sweep_max_dets
from segeval.errors import InputError
from segeval.metrics.coco.average_precision import average_precision
from tests.unit.analysis.test_sweep import lvis_scene


def test_a_result_that_keeps_no_images_is_refused() -> None:
    preds, gt = lvis_scene(0)
    with pytest.raises(InputError) as caught:
        resampled(sweep_max_dets(preds, gt, at=[1, 2]))
    assert str(caught.value) == (
        "a SweepResult keeps nothing of single images, so its images cannot be drawn anew; "
        "expected the result of an evaluation: of AP, mean IoU, PQ, Cityscapes, Open Images or "
        "cgF1."
    )


def test_an_ap_result_has_the_one_interface() -> None:
    own: Resampled = resampled(average_precision(*lvis_scene(0)))
    for replicates in (0, 1, 70):
        weights = np.ones((replicates, 6), np.uint16)
        assert own.numbers(weights).shape == (replicates, len(own.paths))
        for mixed in own.mixed(own, np.zeros((replicates, 6), np.bool_)):
            assert mixed.shape == (replicates, len(own.paths))
    assert len(own.image_keys) == len(own.image_ids) == len(own.file_names) == 6
    assert own.images_with.shape == (len(own.paths),)
