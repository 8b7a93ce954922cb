"""The example of cascades and Swin runs from end to end, and measures what its tables say."""

from __future__ import annotations

import sys
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from examples.cascade_htc_swin import run
from examples.cascade_htc_swin.cascade import overlaps
from examples.cascade_htc_swin.detectors import THREE, cascade, htc
from examples.cascade_htc_swin.htc import masks_of_heads
from examples.rare_classes.detector import settings
from examples.rare_classes.scenes import CLASSES, SIDE, Scenes
from segeval.models.networks.protocols import Sizes
from segeval.models.training.example import objects_of

pytestmark = pytest.mark.usefixtures("one_thread")


class Given(nn.Module):
    """Proposes the same boxes in every picture."""

    def __init__(self, boxes: Tensor) -> None:
        super().__init__()
        self.boxes = boxes

    def forward(self, _: dict[str, Tensor], sizes: Sizes) -> list[Tensor]:
        return [self.boxes] * len(sizes)


def one_object() -> Scenes:
    return Scenes(np.eye(CLASSES, dtype=np.int64)[0], np.random.default_rng(0))


def test_every_model_has_a_table_and_says_whether_what_was_expected_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--smoke", "--seeds", "0"])
    run.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "updates" in line] == [
        "cascade, 2 updates",
        "htc, 2 updates",
        "swin, 2 updates",
    ]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith("| ")]
    assert {"cascade IoU 3", "one stage box AP75", "head 3 AP", "ratio", "AP"} <= set(rows)
    assert len([line for line in lines if line.endswith((": yes", ": NO"))]) == 4


def test_boxes_that_no_stage_moves_keep_their_overlap() -> None:
    scenes = one_object()
    x0, y0, x1, y1 = objects_of(scenes.pictures[0]).boxes[0].tolist()
    half = [x0, y0, (x0 + x1) / 2, y1]
    elsewhere = [SIDE - 1 - x0, SIDE - 1 - y0, SIDE - x0, SIDE - y0]  # a pixel: no positive
    model = cascade(THREE).eval()
    cast("Any", model).proposal_generator = Given(torch.tensor([half, elsewhere]))
    for stage in cast("Any", model.stages):
        nn.init.zeros_(stage.predictor.bbox_pred.weight)
    assert overlaps(model, scenes, settings("plain")) == pytest.approx([0.5] * 4)


def test_each_head_draws_its_own_masks_in_the_same_boxes() -> None:
    model = htc().eval()
    model.score = 0.0
    heads: Any = model.roi_heads.mask_head
    for head, bias in zip(heads, (9.0, -9.0, -9.0), strict=True):
        nn.init.zeros_(head.predictor.weight)
        nn.init.constant_(head.predictor.bias, bias)
    found = masks_of_heads(model, one_object(), settings("plain"))
    logits = {name: each[0].masks.mean((0, 2, 3)).tolist() for name, each in found.items()}
    assert logits == {"head 1": [9], "head 2": [-9], "head 3": [-9], "mean": [9, -9, -9]}
    assert torch.equal(found["head 1"][0].boxes, found["mean"][0].boxes)


def test_what_was_expected_is_judged_by_the_means_of_the_seeds() -> None:
    better = {"cascade IoU 1": [70.0, 74], "cascade IoU 3": [73.0, 75]}  # 2 points in the mean
    equal = {"cascade box AP75": [40.0, 42], "one stage box AP75": [41.0, 41]}
    assert list(run.claims_of_cascade(better | equal).values()) == [True, True]
    worse = {"cascade IoU 3": [73.0, 74.9], "one stage box AP75": [41.0, 41.1]}
    assert list(run.claims_of_cascade(better | equal | worse).values()) == [False, False]
    heads = {"head 1 AP": [50.0, 52], "head 3 AP": [48.0, 52]}
    assert list(run.claims_of_htc(heads).values()) == [True]
    assert list(run.claims_of_htc(heads | {"head 3 AP": [48.0, 51.8]}).values()) == [False]
    assert list(run.claims_of_swin({"ratio": [0.3, 0.51]}).values()) == [False]
