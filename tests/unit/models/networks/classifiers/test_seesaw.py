"""The Seesaw loss and the normalised layer: numbers recorded from the public program."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
import torch

from segeval.errors import FormatError, InputError
from segeval.models import component
from segeval.models.config import Config, changed
from segeval.models.networks.building import build
from segeval.models.networks.classifiers import Seesaw, seesaw
from segeval.models.networks.classifiers.softmax import Softmax
from segeval.models.networks.normalised_layers import NormalisedConv

OUTPUTS = torch.tensor(
    [
        [2, 1, 0.5, 0.3, -0.2],
        [0, 1.5, 1, 1, 0],
        [1, 0, 0.2, -1, 2],
        [0.4, 0.1, -0.3, 0.5, 0.5],
    ],
    dtype=torch.float64,
)
LABELS = torch.tensor([0, 2, 3, 1])
"""Of three classes; 3 is background."""


def test_losses_are_the_recorded_ones() -> None:
    loss = component("seesaw-loss", counts=[100, 10, 1])
    found = loss.losses(OUTPUTS, LABELS)
    assert loss.counts.tolist() == [101, 11, 2]
    assert float(found["loss_cls"]) == pytest.approx(0.78137510, rel=1e-7)
    assert float(found["loss_cls_objectness"]) == pytest.approx(0.38226830, rel=1e-7)


@pytest.mark.parametrize(("row", "term"), [(0, 0.06962558), (1, 1.7663679), (3, 1.28950691)])
def test_the_term_of_each_box_is_the_recorded_one(row: int, term: float) -> None:
    loss = component("seesaw-loss", counts=[101, 11, 2])
    with patch.object(loss, "_count"):
        found = loss.losses(OUTPUTS[[row]], LABELS[[row]])
    assert float(found["loss_cls"]) == pytest.approx(term, rel=1e-7)


@pytest.mark.parametrize(
    ("row", "term"), [(0, 0.47407698), (1, 0.31326169), (2, 0.04858735), (3, 0.69314718)]
)
def test_the_objectness_of_each_box_is_the_recorded_one(row: int, term: float) -> None:
    loss = component("seesaw-loss", counts=[100, 10, 1])
    found = loss.losses(OUTPUTS[[row]], LABELS[[row]])["loss_cls_objectness"]
    assert float(found) == pytest.approx(term, rel=1e-7)


def test_frequent_classes_spare_rare_ones_by_the_recorded_factors() -> None:
    loss = component("seesaw-loss", counts=[101, 11, 2], compensation=0)
    factors = loss._factors(OUTPUTS[[0], :3], LABELS[[0]])
    assert factors[0].tolist() == pytest.approx([1, 0.16969031, 0.04338773], rel=1e-7)


def test_scores_are_the_recorded_ones() -> None:
    chances = component("seesaw-loss", counts=[1, 1, 1]).chances(OUTPUTS)
    assert chances[1].tolist() == pytest.approx([0.0892, 0.3996, 0.2423, 0.2689], abs=5e-5)
    torch.testing.assert_close(chances.sum(1), torch.ones(4, dtype=torch.float64))


def test_equal_counts_and_a_likely_truth_leave_the_plain_cross_entropy() -> None:
    outputs = torch.tensor([[3.0, 1, 0, 2, 0], [0, 2.5, 1, 1, 0]])
    found = Seesaw(classes=3).losses(outputs, torch.tensor([0, 1]))["loss_cls"]
    plain = Softmax(classes=2).losses(outputs[:, :3], torch.tensor([0, 1]))["loss_cls"]
    torch.testing.assert_close(found, plain)


@pytest.mark.parametrize("boxes", [0, 2])
def test_boxes_without_objects_leave_zero_gradients_of_the_classes(boxes: int) -> None:
    outputs = torch.zeros(boxes, 5, requires_grad=True)
    found = Seesaw(classes=3).losses(outputs, torch.full((boxes,), 3))
    torch.stack(list(found.values())).sum().backward()
    assert found["loss_cls"].item() == 0
    assert outputs.grad is not None
    assert not outputs.grad[:, :3].any()


def test_counts_are_sums_over_processes() -> None:
    loss = Seesaw(classes=2)

    def all_reduce(numbers: torch.Tensor) -> None:
        numbers += torch.tensor([5, 7])  # of the other process

    with (
        patch.object(seesaw, "is_shared", lambda: True),
        patch("torch.distributed.all_reduce", all_reduce),
    ):
        loss.losses(torch.zeros(2, 4), torch.tensor([0, 2]))
    assert loss.counts.tolist() == [6, 7]


def test_the_normalised_layer_gives_the_numbers_worked_out_by_hand() -> None:
    layer = component("normalised-linear", inputs=3, outputs=2).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 4, 0], [0, 0, 2]]))
        layer.bias.copy_(torch.tensor([0.0, 0.1], dtype=torch.float64))
        found = layer(torch.tensor([[1.0, 2, 2], [0, 0, 0]], dtype=torch.float64))
    assert found[0].tolist() == pytest.approx([14.6667, 13.4333], abs=5e-5)
    assert found[1].tolist() == [0, 0.1]


def test_the_normalised_convolution_is_that_layer_at_every_place() -> None:
    torch.manual_seed(0)
    layer = component("normalised-linear", inputs=3, outputs=2).double()
    conv = component("normalised-conv", inputs=3, outputs=2).double()
    with torch.no_grad():
        layer.bias.copy_(torch.tensor([0.5, -0.1]))
    conv.load_state_dict({"weight": layer.weight[:, :, None, None], "bias": layer.bias})
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    x[0, :, 1, 2] = 0
    places = x.permute(0, 2, 3, 1).reshape(-1, 3)
    torch.testing.assert_close(conv(x).permute(0, 2, 3, 1).reshape(-1, 2), layer(places))


@pytest.mark.parametrize(
    ("detector", "mask", "heads"),
    [
        ({"kind": "rcnn"}, {"kind": "conv"}, ["mask_head"]),
        ({"kind": "htc"}, {"kind": "htc"}, ["mask_head.0", "mask_head.1", "mask_head.2"]),
    ],
)
def test_masks_are_predicted_by_a_normalised_layer_if_asked(
    detector: dict[str, Any], mask: dict[str, Any], heads: list[str]
) -> None:
    plain = changed(Config(), "plain", detector=detector, mask=mask)
    normalised = changed(plain, "normalised", mask={"normalised": True})
    with torch.device("meta"):
        one, other = build(plain), build(normalised)
    shapes = [
        {name: each.shape for name, each in model.state_dict().items()} for model in (one, other)
    ]
    assert shapes[0] == shapes[1]
    for head in heads:
        place = f"roi_heads.{head}.predictor"
        assert isinstance(other.get_submodule(place), NormalisedConv)
        assert not isinstance(one.get_submodule(place), NormalisedConv)


def test_points_have_no_predictor_to_normalise() -> None:
    with pytest.raises(
        FormatError, match=r"mask\.normalised is True, expected false: mask\.kind is"
    ):
        changed(Config(), "mine", mask={"normalised": True})


@pytest.mark.parametrize("detector", ["rcnn", "cascade"])
def test_a_detector_classifies_by_it(detector: str) -> None:
    config = changed(
        Config(),
        "tail",
        classes=1203,
        detector={"kind": detector},
        classifier={"kind": "seesaw", "normalised": True},
    )
    with torch.device("meta"):
        state = build(config).state_dict()
    number = ".0" if detector == "cascade" else ""
    predictor = f"roi_heads.box_predictor{number}"
    assert tuple(state[f"{predictor}.cls_score.weight"].shape) == (1205, 1024)
    assert tuple(state[f"{predictor}.classifier.counts"].shape) == (1203,)
    layer = [each for name, each in state.items() if name.startswith(f"{predictor}.cls_score.")]
    assert sum(each.numel() for each in layer) == 1_235_125


def test_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="number of classes is 1, expected 2 or more"):
        Seesaw(classes=1)
    with pytest.raises(FormatError, match=r"classifier\.kind is 'seesaw', expected .softmax."):
        changed(Config(), "one", classes=1, classifier={"kind": "seesaw"})


def test_a_setting_of_another_classifier_is_refused() -> None:
    settings: dict[str, Any] = {"kind": "softmax", "mitigation": 0.5}
    with pytest.raises(FormatError, match=r"there is no setting classifier\.mitigation"):
        changed(Config(), "mine", classifier=settings)
