"""Settings that the winner's release of 3D-FUTURE has: losses, anchors, samples, depth."""

from __future__ import annotations

import pytest
import torch

from segeval.models import component
from segeval.models.config import BackboneConfig, BoxConfig, ProposalConfig, read_config
from segeval.models.config.presets import PRESETS
from segeval.models.networks.backbone import ResNet
from segeval.models.networks.box_head import BoxSample, box_losses
from segeval.models.networks.box_stage import box_stage
from segeval.models.networks.protocols import Levels
from segeval.models.networks.rpn import RPN, AnchorPredictions, is_inside
from segeval.models.ops.anchors import level_anchors
from segeval.models.ops.pooling import pool_per_image


@pytest.mark.parametrize(
    ("beta", "expected"),
    [
        (1 / 9, [0.01125, 0.14444, 1.44444]),
        (1.0, [0.00125, 0.02, 1.0]),
        (0.0, [0.05, 0.2, 1.5]),
    ],
)
def test_smooth_l1_is_quadratic_below_beta(beta: float, expected: list[float]) -> None:
    loss = component("smooth-l1", beta=beta)
    for sign in (1, -1):
        found = loss(sign * torch.tensor([0.05, 0.2, 1.5], dtype=torch.float64))
        assert [round(each, 5) for each in found.tolist()] == expected


def test_the_loss_of_boxes_takes_beta() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10]])
    zero, one = torch.tensor([0]), torch.tensor([True])
    sample = BoxSample(boxes, zero, zero, zero, boxes + torch.tensor([0.5, 0, 0.5, 0]), one, ~one)
    logits, deltas = torch.zeros(1, 2), torch.zeros(1, 4)
    # the centre moves by a twentieth of the width, times its weight of 10
    for beta, expected in ((0.0, 0.5), (1.0, 0.125), (0.25, 0.375)):
        found = box_losses(logits, deltas, sample, beta=beta)["loss_box_reg"]
        assert float(found) == pytest.approx(expected, rel=1e-6)


def test_the_weight_of_boxes_multiplies_their_losses() -> None:
    pyramid, features = Levels(2), {f"p{k}": torch.ones(1, 2, 8, 8) for k in range(2, 7)}
    boxes = [torch.tensor([[0.0, 0, 10, 10], [20, 2, 30, 30]])]
    found = []
    for weight in (1.0, 2.0):
        torch.manual_seed(0)
        stage = box_stage(pyramid, BoxConfig(weight=weight), classes=3)
        sample = stage.sample(boxes, boxes, [torch.tensor([0, 2])], 3, generator=torch.Generator())
        found.append(stage.learn(features, [sample.boxes], sample)[0])
    for name in ("loss_cls", "loss_box_reg"):
        one, two = (float(each[name].detach()) for each in found)
        assert two == 2 * one > 0


def test_whole_anchors_stand_in_the_middle_of_their_cell() -> None:
    # the first and the last pixel of mmdetection 1: -14 to 17, and -21 to 24 by -9 to 12
    found = level_anchors((1, 2), 4, [32], ratios=[1, 0.5], whole=True)
    assert found.tolist() == [
        [-14, -14, 18, 18],
        [-21, -9, 25, 13],
        [-10, -14, 22, 18],
        [-17, -9, 29, 13],
    ]


def _predicted() -> AnchorPredictions:
    anchors = torch.tensor([[-1.0, 0, 9, 10], [0, 0, 10, 10], [6, 6, 16, 16], [7, 6, 17, 16]])
    return AnchorPredictions(anchors, torch.zeros(1, 4), torch.zeros(1, 4, 4), (4,))


def test_anchors_that_reach_out_of_the_image_need_not_train() -> None:
    assert is_inside(_predicted().anchors, (16, 16)).tolist() == [False, True, True, False]
    truth = [torch.tensor([[7.0, 6, 17, 16]])]
    positives = {}
    for inside in (False, True):
        rpn = RPN(4, ProposalConfig(inside=inside, train_anchors=8))
        found = rpn.losses(_predicted(), truth, image_sizes=[(16, 16)], generator=torch.Generator())
        positives[inside] = round(
            float(found["loss_rpn_cls"].detach()) * 8 / torch.tensor(2.0).log().item()
        )
        # only the anchor a tenth of a side beside the object has something to learn
        assert float(found["loss_rpn_loc"].detach()) * 8 == pytest.approx(0.1, rel=1e-5)
    assert positives == {False: 4, True: 2}


def test_cells_can_have_a_fixed_number_of_samples() -> None:
    draws = torch.Generator().manual_seed(0)
    features = {f"p{k}": torch.rand(1, 3, 64 >> k, 64 >> k, generator=draws) for k in range(2, 7)}
    boxes, strides = [torch.tensor([[0.0, 0, 60, 60]])], Levels(3).strides
    many, two = (pool_per_image(features, boxes, 7, strides, samples=each) for each in (0, 2))
    three = pool_per_image(features, boxes, 7, strides, samples=3)
    assert torch.equal(many, three)  # 60 pixels are 15 cells of P2: three for each of seven
    assert not torch.equal(two, three)


def test_a_hundred_and_fifty_two_layers_have_their_published_number_of_parameters() -> None:
    with torch.device("meta"):
        backbone = ResNet(BackboneConfig(depth=152, norm="batch", stride_in_1x1=False))
    number = sum(each.numel() for each in backbone.parameters())
    assert number == 60_192_808 - 2_049_000  # torchvision's, without its classifier
    assert BackboneConfig(depth=152).label == "R152"


def test_released_presets_have_the_settings_of_the_release() -> None:
    names = [name for name in PRESETS if name.endswith("-released")]
    assert len(names) == 4
    for config in map(read_config, names):
        assert config.backbone.norm == "statistics"  # type: ignore[attr-defined]
        assert (config.proposals.after_nms, config.proposals.beta) == ((2000, 1000), 1 / 9)
        assert config.proposals.inside
        assert config.proposals.whole
        assert (config.boxes.refined, config.boxes.beta, config.boxes.samples) == (False, 1.0, 2)
        schedule = config.schedule
        assert (schedule.warmup_factor, schedule.norm_decay, schedule.clip) == (1 / 3, 1e-4, None)
