"""Every result that keeps its images can be resampled; others are refused in words."""

from __future__ import annotations

import pytest

from segeval.analysis.resampling.resampled import resampled
from segeval.analysis.sweep import sweep_max_dets
from segeval.errors import InputError
from tests.unit.analysis.test_sweep import lvis_scene


def test_a_result_that_keeps_no_images_is_refused() -> None:
    preds, gt = lvis_scene(0)
    with pytest.raises(InputError) as caught:
        resampled(sweep_max_dets(preds, gt, at=[1, 2]))
    assert str(caught.value) == (
        "a SweepResult keeps nothing of single images, so its images cannot be drawn anew; "
        "expected the result of an evaluation: of AP, mean IoU, PQ, Cityscapes or Open Images."
    )
