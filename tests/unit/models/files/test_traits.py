"""Files of another model than the configuration's: what differs is told, and what to choose."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from segeval.errors import FormatError
from segeval.models import build
from segeval.models.config import changed, read_config
from segeval.models.costs.flops import shapes_only
from segeval.models.files.weights import compared, require_weights

PLAIN: dict[str, Any] = {"classes": 2, "mask": {"kind": "conv"}}
HTC: dict[str, Any] = {"detector": {"kind": "htc"}, "mask": {"kind": "htc"}}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "points": {"mask": {"kind": "pointrend"}},
    "five": {"mask": {"kind": "pointrend", "point_layers": 5}},
    "cascade": {"detector": {"kind": "cascade"}},
    "four": {
        "detector": {
            "kind": "cascade",
            "ious": (0.5, 0.5, 0.6, 0.7),
            "deltas": ((10, 10, 5, 5),) * 4,
            "stage_weights": (1, 1, 1, 1),
            "score_weights": (1, 1, 1, 1),
        }
    },
    "htc": HTC,
    "apart": {
        "detector": {"kind": "htc", "interleaved": False},
        "mask": {"kind": "htc", "flow": False},
    },
    "deep": {"backbone": {"depth": 101}},
    "group": {"backbone": {"norm": "group"}},
    "swin": {"backbone": {"kind": "swin"}},
    "swin-s": {"backbone": {"kind": "swin", "swin": "s"}},
    "eighty": {"classes": 80},
    "seesaw": {"classifier": {"kind": "seesaw"}},
    "layers": {"boxes": {"layers": 4}},
    "none": {"mask": {"kind": "none"}},
    "two": {"backbone": {"copies": 2}},
    "res2net": {"backbone": {"kind": "res2net"}},
    "deformable": {"backbone": {"deformable": 1}},
    "context": {"backbone": {"context": 4}},
}


@cache
def weights_of(kind: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the weights of a model."""
    settings = PLAIN | KINDS[kind]
    with shapes_only():
        state = build(changed(read_config("maskrcnn-r50"), kind, **settings)).state_dict()
    return {name: tuple(each.shape) for name, each in state.items()}


def tensors_of(kind: str) -> dict[str, Tensor]:
    """Weights of a model without numbers."""
    return {name: torch.empty(shape, device="meta") for name, shape in weights_of(kind).items()}


def problem_of(file: str, model: str) -> str:
    """The message about a file of one model for another."""
    with pytest.raises(FormatError) as problem:
        require_weights(compared(weights_of(model), tensors_of(file)), source="a.pth")
    return problem.value.message


@pytest.mark.parametrize(
    ("file", "model", "had", "has", "setting"),
    [
        ("htc", "plain", "3 box stages", "one", '`detector.kind="htc"` and `mask.kind="htc"`'),
        ("htc", "cascade", "a mask head for each stage", "one mask head of convolutions",
         '`detector.kind="htc"` and `mask.kind="htc"`'),
        ("cascade", "htc", "one mask head of convolutions", "a mask head for each stage",
         '`detector.kind="cascade"` and `mask.kind="conv"`'),
        ("cascade", "plain", "3 box stages", "one", '`detector.kind="cascade"`'),
        ("plain", "cascade", "one box stage", "3 box stages", '`detector.kind="rcnn"`'),
        ("plain", "htc", "one box stage", "3 box stages", '`detector.kind="rcnn"`'),
        ("apart", "htc", "mask heads that do not read each other, as Cascade Mask R-CNN",
         "mask heads that read each other, as HTC",
         "`mask.flow=false` and `detector.interleaved=false`"),
        ("group", "plain", "norms without statistics", "norms with statistics",
         '`backbone.norm="group"`'),
        ("swin", "plain", "a Swin transformer", "a ResNet", '`backbone.kind="swin"`'),
        ("two", "plain", "two backbones, as CBNetV2", "one backbone", "`backbone.copies=2`"),
        ("plain", "two", "one backbone", "two backbones, as CBNetV2", "`backbone.copies=1`"),
        ("res2net", "plain", "a Res2Net", "a ResNet", '`backbone.kind="res2net"`'),
        ("plain", "deformable", "plain convolutions", "deformable convolutions",
         "`backbone.deformable=0`"),
        ("plain", "deep", "6 blocks in res4", "23 blocks in res4", "`backbone.depth=50`"),
        ("eighty", "plain", "80 classes", "2 classes", "`classes=80`"),
        ("seesaw", "plain", "boxes classified by the Seesaw loss", "boxes classified by a softmax",
         '`classifier.kind="seesaw"`'),
        ("points", "plain", "PointRend's mask head", "one mask head of convolutions",
         '`mask.kind="pointrend"`'),
        ("plain", "points", "one mask head of convolutions", "PointRend's mask head",
         '`mask.kind="conv"`'),
    ],
)  # fmt: skip
def test_what_differs_is_told_with_the_setting_to_choose(
    file: str, model: str, had: str, has: str, setting: str
) -> None:
    shown = problem_of(file, model)
    assert shown.startswith("a.pth: ")
    assert shown.endswith(f"The file has {had}, the model {has}: choose {setting}.")


@pytest.mark.parametrize(
    ("file", "model", "first", "had"),
    [
        ("deep", "plain", "backbone.bottom_up.res4.6.conv1.weight", "23 blocks in res4"),
        ("swin-s", "swin", "backbone.bottom_up.layers.2.blocks.6.", "18 blocks in the third stage"),
        ("four", "cascade", "roi_heads.box_head.3.fc1.weight", "4 box stages"),
        ("htc", "apart", "roi_heads.mask_head.1.flow.weight", "mask heads that read each other"),
        ("plain", "group", "backbone.bottom_up.stem.conv1.norm.running_mean", "norms with stat"),
        ("context", "plain", "backbone.bottom_up.res3.0.context.", "context blocks, the model no"),
        ("deformable", "plain", "backbone.bottom_up.res3.0.conv2_offset.", "deformable convol"),
        ("layers", "plain", "roi_heads.box_head.fc3.weight", "4 layers in the box head"),
        ("five", "points", "roi_heads.mask_head.point_head.fc4.", "5 hidden layers in the point"),
    ],
)
def test_a_file_that_has_more_of_a_part_than_the_model_is_refused(
    file: str, model: str, first: str, had: str
) -> None:
    """All weights of the model are there, but it would predict something else."""
    assert not compared(weights_of(model), tensors_of(file)).missing
    shown = problem_of(file, model)
    assert shown.startswith(f"a.pth: {first}")
    assert " has no place in the model." in shown
    assert f"The file has {had}" in shown


def test_masks_may_be_left_out() -> None:
    require_weights(compared(weights_of("none"), tensors_of("plain")), source="a.pth")


def test_a_file_of_an_unknown_program_is_told_by_its_first_name() -> None:
    theirs = {"model.0.conv.weight": torch.zeros(3), "model.1.bias": torch.zeros(3)}
    with pytest.raises(FormatError) as problem:
        require_weights(compared(weights_of("plain"), theirs), source="yolo.pth")
    assert problem.value.message.endswith(
        "Are these the weights of another model? The file has none of its names; the first is "
        "'model.0.conv.weight'."
    )


def test_a_file_that_is_damaged_is_not_said_to_differ() -> None:
    theirs = tensors_of("plain")
    del theirs["roi_heads.box_head.fc2.bias"]
    with pytest.raises(FormatError) as problem:
        require_weights(compared(weights_of("plain"), theirs), source="a.pth")
    assert problem.value.message == (
        "a.pth: roi_heads.box_head.fc2.bias is missing. Are these the weights of another model?"
    )
