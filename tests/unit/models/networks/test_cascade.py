"""Cascade R-CNN: what its stages say together, and what each of them learns."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from segeval.errors import InputError
from segeval.models import component
from segeval.models.config import BoxConfig, Config, MaskConfig, changed
from segeval.models.config.parts.cascade import CascadeConfig
from segeval.models.costs.flops import cost_of, counting, shapes_only
from segeval.models.networks.batches import Batch
from segeval.models.networks.box_head import BoxHead, BoxPredictor
from segeval.models.networks.box_stage import FastRCNNStage, scale_gradient
from segeval.models.networks.building import build
from segeval.models.networks.cascade import CascadeRCNN
from segeval.models.networks.classifiers import Seesaw
from segeval.models.networks.classifiers.protocol import BoxClassifier
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.rcnn import MaskRCNN
from tests.detector_batches import few_proposals, no_objects, small_pyramid, some_batch

CASCADE = changed(
    Config(),
    "cascade",
    detector={"kind": "cascade"},
    mask={"kind": "conv"},
    boxes={"refined": False},
)
FOUR = {
    "ious": (0.5, 0.5, 0.6, 0.7),
    "deltas": ((10, 10, 5, 5), (10, 10, 5, 5), (20, 20, 10, 10), (30, 30, 15, 15)),
    "stage_weights": (1, 1, 1, 1),
    "score_weights": (0.75, 1, 0.25, 0.25),
}
"""The cascade of the winner of Open Images 2019."""


def stage(pyramid: Any, classifier: BoxClassifier | None = None, **others: Any) -> FastRCNNStage:
    """A stage of two classes with narrow layers."""
    head = BoxHead(16, side=others.get("side", 7), width=32)
    predictor = BoxPredictor(2, 32, class_agnostic=True, classifier=classifier)
    return FastRCNNStage(head, predictor, pyramid.strides, **others)


def small_cascade(*stages: dict[str, Any]) -> CascadeRCNN:
    """A cascade of these stages."""
    pyramid = small_pyramid()
    head = ConvHead(MaskConfig(), 2, pyramid, layers=1)
    return CascadeRCNN(
        pyramid,
        head,
        BoxConfig(refined=False),
        stages=[stage(pyramid, **each) for each in stages],
        classes=2,
        proposals=few_proposals(pyramid),
    )


TWO = ({"gradient": 0.5}, {"side": 5, "weights": (20, 20, 10, 10), "iou": 0.6, "gradient": 0.5})


def test_each_stage_learns() -> None:
    model = small_cascade(*TWO).train()
    losses = model.losses(some_batch(), generator=torch.Generator().manual_seed(1))
    expected = ["loss_rpn_cls", "loss_rpn_loc", "loss_cls_stage0", "loss_box_reg_stage0"]
    assert list(losses) == [*expected, "loss_cls", "loss_box_reg", "loss_mask"]
    torch.stack(list(losses.values())).sum().backward()
    assert all(each.grad is not None for each in model.parameters())
    names = model.state_dict()
    assert names["roi_heads.box_head.0.fc1.weight"].shape == (32, 16 * 7 * 7)
    assert names["roi_heads.box_head.1.fc1.weight"].shape == (32, 16 * 5 * 5)


def test_each_stage_counts_its_own_boxes_for_the_seesaw_loss() -> None:
    # boxes of the truth train the first stage; no moved box is exactly one of them
    stages: list[dict[str, Any]] = [{"iou": 0.5}, {"iou": 1.0}]
    model = small_cascade(*({"classifier": Seesaw(classes=2), **each} for each in stages)).train()
    model.losses(some_batch(), generator=torch.Generator().manual_seed(1))
    first, second = (
        model.get_buffer(f"roi_heads.box_predictor.{number}.classifier.counts") for number in (0, 1)
    )
    assert bool((first > 0).all())
    assert second.tolist() == [0, 0]


def test_images_without_objects_train_too() -> None:
    model, batch = small_cascade(*TWO).train(), some_batch()
    alone = Batch(batch.images[1:], batch.sizes[1:], (no_objects(),), batch.names[1:])
    losses = model.losses(alone)
    torch.stack(list(losses.values())).sum().backward()
    assert losses["loss_mask"].item() == losses["loss_box_reg_stage0"].item() == 0
    assert all(each.grad is not None for each in model.parameters())


def test_a_stage_without_boxes_has_losses_of_0() -> None:
    model, batch = small_cascade(*TWO).train(), some_batch()
    outside = [torch.tensor([[0.0, 0, 8, 8]])]
    first: Any = model.stages[0]
    with torch.no_grad():
        first.predictor.bbox_pred.bias[:] = torch.tensor([-500.0, 0, 0, 0])  # out of the image
    losses = model.head_losses(
        model.backbone(batch.images[1:]),
        outside,
        [no_objects()],
        batch.sizes[1:],
        generator=torch.Generator().manual_seed(1),
    )
    assert losses["loss_cls_stage0"].item() > 0
    assert losses["loss_cls"].item() == losses["loss_box_reg"].item() == 0
    torch.stack(list(losses.values())).sum().backward()
    assert all(each.grad is not None for each in model.roi_heads.parameters())


def test_a_later_stage_looks_where_the_earlier_one_points() -> None:
    model, batch = small_cascade(*TWO).eval(), some_batch()
    proposals = [torch.tensor([[10.0, 10, 30, 30]]), torch.zeros(0, 4)]
    first: Any
    second: Any
    first, second = model.stages
    with torch.no_grad():
        first.predictor.bbox_pred.bias[:] = torch.tensor([10.0, 0, 0, 0])  # a side to the right
        first.predictor.cls_score.bias[:] = torch.tensor([4.0, 0, 0])
        second.predictor.cls_score.bias[:] = torch.tensor([0.0, 0, 0])
        for each in (first, second):
            each.predictor.bbox_pred.weight.zero_()
            each.predictor.cls_score.weight.zero_()
        found = model.detect(model.backbone(batch.images), proposals, batch.sizes)
    assert found[0].boxes[0].tolist() == [30, 10, 50, 30]
    likely = torch.tensor([4.0, 0, 0]).softmax(0)[0]
    torch.testing.assert_close(found[0].scores[0], (likely + 1 / 3) / 2)
    assert len(found[1].boxes) == 0


def test_one_stage_is_mask_rcnn() -> None:
    cascade = small_cascade({}).train()
    pyramid = small_pyramid()
    head = ConvHead(MaskConfig(), 2, pyramid, layers=1)
    plain = MaskRCNN(
        pyramid,
        head,
        BoxConfig(refined=False),
        classes=2,
        proposals=few_proposals(pyramid),
        stages=[stage(pyramid)],
    ).train()
    plain.load_state_dict(cascade.state_dict())
    batch = some_batch()
    one, other = (
        model.losses(batch, generator=torch.Generator().manual_seed(7))
        for model in (cascade, plain)
    )
    assert one == other
    for each, same in zip(
        cascade.eval()(batch.images, batch.sizes),
        plain.eval()(batch.images, batch.sizes),
        strict=True,
    ):
        assert torch.equal(each.boxes, same.boxes)
        assert torch.equal(each.scores, same.scores)
        assert torch.equal(each.masks, same.masks)


def test_all_boxes_of_a_stage_train_the_next_without_the_truth() -> None:
    boxes = [torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [40, 40, 50, 50]])]
    truth, classes = [torch.tensor([[0.0, 0, 10, 10]])], [torch.tensor([1])]
    sample = stage(small_pyramid()).sample(boxes, truth, classes, 2, draw=False, generator=None)
    assert sorted(sample.boxes.tolist()) == sorted(boxes[0].tolist())
    assert not sample.is_truth.any()
    assert int(sample.positive.sum()) == 2


@pytest.mark.parametrize(("iou", "positives"), [(0.5, 3), (0.6, 2), (0.7, 1)])
def test_later_stages_ask_for_more_overlap(iou: float, positives: int) -> None:
    # IoU .55, .65 and .75 with a box of 10 x 10
    boxes = [torch.tensor([[0.0, 0, 10, height] for height in (5.5, 6.5, 7.5)])]
    truth, classes = [torch.tensor([[0.0, 0, 10, 10]])], [torch.tensor([0])]
    later = stage(small_pyramid(), iou=iou)
    sample = later.sample(boxes, truth, classes, 2, draw=False, generator=None)
    assert int(sample.positive.sum()) == positives


def test_features_get_a_share_of_the_gradient_of_each_stage() -> None:
    features = torch.ones(1, requires_grad=True)
    sum(scale_gradient(features, 1 / 3).sum() for _ in range(3)).backward()  # type: ignore[union-attr]
    assert features.grad is not None
    assert features.grad.item() == pytest.approx(1)


def said(outputs: list[list[float]], weights: list[float], mean_of: str) -> float:
    """The probability of the first class."""
    scores = component("cascade-scores", weights=weights, mean_of=mean_of)
    return float(scores([torch.tensor([each], dtype=torch.float64) for each in outputs])[0, 0])


def test_a_mean_of_something_else_is_refused() -> None:
    with pytest.raises(
        InputError, match="`mean_of` is 'logit', expected one of probabilities, logits"
    ):
        component("cascade-scores", mean_of="logit")


def test_means_over_stages_are_those_worked_out_by_hand() -> None:
    three = [[2.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]
    assert said(three, [1, 1, 1], "probabilities") == pytest.approx(0.54991283, rel=1e-7)
    assert said(three, [1, 1, 1], "logits") == pytest.approx(0.58257021, rel=1e-7)
    four = [[2.0, 0.0], [1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]
    weights = [0.75, 1, 0.25, 0.25]
    assert said(four, weights, "probabilities") == pytest.approx(0.70395189, rel=1e-7)
    assert said(four, [1] * 4, "probabilities") == pytest.approx(0.59519927, rel=1e-7)


@pytest.mark.parametrize(("detector", "parameters"), [({}, 71_984_926), (FOUR, 85_967_731)])
def test_parameters_are_those_of_the_published_models(
    detector: dict[str, Any], parameters: int
) -> None:
    with torch.device("meta"):
        model = build(changed(CASCADE, "counted", detector=detector))
    assert sum(each.numel() for each in model.parameters()) == parameters


@pytest.mark.parametrize(
    ("side", "classes", "multiply_adds"), [(7, 80, 13_980_672), (12, 34, 38_837_248)]
)
def test_a_stage_costs_what_its_layers_do_by_hand(
    side: int, classes: int, multiply_adds: int
) -> None:
    with shapes_only():
        head = BoxHead(256, side=side, width=1024)
        predictor = BoxPredictor(classes, 1024, class_agnostic=True)
        layers = nn.Sequential(head, predictor)
        with counting(layers) as runs:
            layers(torch.zeros(1, 256, side, side))
    assert cost_of(runs).multiply_adds == multiply_adds
    own = sum(each.numel() for each in predictor.parameters())
    assert own == 1025 * (classes + 1) + 4100


def test_names_are_those_of_detectron2() -> None:
    with torch.device("meta"):
        state = build(CASCADE).state_dict()
    shapes = {name: tuple(each.shape) for name, each in state.items()}
    for number in range(3):
        assert shapes[f"roi_heads.box_head.{number}.fc1.weight"] == (1024, 12544)
        assert shapes[f"roi_heads.box_predictor.{number}.cls_score.weight"] == (81, 1024)
        assert shapes[f"roi_heads.box_predictor.{number}.bbox_pred.weight"] == (4, 1024)
    assert shapes["roi_heads.mask_head.mask_fcn1.weight"] == (256, 256, 3, 3)


def test_stages_reach_the_model_as_they_are_set() -> None:
    with torch.device("meta"):
        model = build(changed(CASCADE, "four", detector=FOUR, boxes={"side": 12}))
    assert isinstance(model, CascadeRCNN)
    stages: Any = model.stages
    assert [each.iou for each in stages] == [0.5, 0.5, 0.6, 0.7]
    assert [each.weights for each in stages] == list(FOUR["deltas"])
    assert [each.gradient for each in stages] == [0.25] * 4
    assert [each.side for each in stages] == [12] * 4
    assert model.score_weights == (0.75, 1, 0.25, 0.25)
    assert CascadeConfig().mean_of == model.mean_of == "probabilities"


@pytest.mark.parametrize("setting", ["deltas", "stage_weights", "score_weights"])
def test_every_stage_needs_its_settings(setting: str) -> None:
    two = {"ious": (0.5, 0.6)} | {
        name: value[:2] for name, value in FOUR.items() if name not in ("ious", setting)
    }
    with pytest.raises(Exception, match=f"detector.{setting} is .* expected as many of them as"):
        changed(CASCADE, "two", detector=two)
