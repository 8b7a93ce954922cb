"""Mask scoring: what the head computes, what it learns from, and what becomes of scores."""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn

from segeval.errors import FormatError, InputError
from segeval.models import component
from segeval.models.config import BoxConfig, Config, MaskConfig, MaskIoUConfig, changed
from segeval.models.config.parts.htc import HTCConfig, HTCMaskConfig
from segeval.models.costs.flops import cost_of, counting, shapes_only
from segeval.models.networks.batches import Batch, MaskSample
from segeval.models.networks.building import build
from segeval.models.networks.cascade import CascadeRCNN, box_stages
from segeval.models.networks.classifiers import Softmax
from segeval.models.networks.htc import HTC
from segeval.models.networks.mask_heads import ConvHead, HTCHeads, PointRendHead
from segeval.models.networks.mask_scorers.mask_iou_head import MaskIoUHead, at_side
from segeval.models.networks.protocols import Features
from segeval.models.networks.rcnn import MaskRCNN
from tests.detector_batches import few_proposals, no_objects, small_pyramid, some_batch
from tests.fill_rule import fill, wave
from tests.own_kinds import BlobConfig, BlobHead

SMALL = MaskIoUConfig(pool=4, layers=2, width=8, fc_layers=1, fc_width=8)


def parts(head: str) -> dict[str, Any]:
    """What a small detector of two classes is made of."""
    pyramid = small_pyramid()
    config = BoxConfig(layers=1, train_boxes=32)
    masks: Any = {
        "conv": lambda: ConvHead(MaskConfig(), 2, pyramid, layers=1),
        "pointrend": lambda: PointRendHead(MaskConfig(coarse_width=8, point_width=8), 2, pyramid),
        "htc": lambda: HTCHeads(HTCMaskConfig(layers=1, pool=4), 2, pyramid),
    }
    return {
        "backbone": pyramid,
        "mask_head": masks[head](),
        "config": config,
        "classes": 2,
        "proposals": few_proposals(pyramid),
        "scorer": MaskIoUHead(SMALL, 2, pyramid),
    }


def small_model(kind: str) -> Any:
    """A detector that scores masks."""
    if kind in ("conv", "pointrend"):
        return MaskRCNN(**parts(kind))
    settings = HTCConfig()
    own = parts("htc" if kind == "htc" else "conv")
    stages = box_stages(
        own["backbone"],
        own["config"],
        settings,
        classes=2,
        classifier=partial(Softmax, classes=2),
    )
    if kind == "htc":
        return HTC(**own, settings=settings, stages=stages)
    return CascadeRCNN(**own, stages=stages)


def test_the_head_gives_the_recorded_numbers() -> None:
    head = component(
        "mask-iou-head", channels=3, classes=3, pool=4, layers=2, width=4, fc_layers=1, fc_width=5
    )
    found = fill(head, "mask-iou-head")(wave(2, 3, 4, 4), 3 * wave(2, 8, 8, phase=1))
    expected = [[-0.01620319, -0.02055466, -0.03150567], [-0.03286021, 0.00384613, -0.00100548]]
    torch.testing.assert_close(found.detach(), torch.tensor(expected).double(), rtol=2e-6, atol=0)


@pytest.mark.parametrize(
    ("classes", "pool", "parameters", "multiply_adds"),
    [
        (80, 14, 16_340_304, 390_145_024),
        (34, 14, 16_293_154, None),
        (1203, 14, 17_491_379, 391_294_976),
        (34, 32, 70_556_962, 2_033_485_824),
    ],
)
def test_parameters_and_cost_are_those_counted_by_hand(
    classes: int, pool: int, parameters: int, multiply_adds: int | None
) -> None:
    with shapes_only():
        head = component("mask-iou-head", channels=256, classes=classes, pool=pool)
        with counting(head) as runs:
            head(torch.zeros(1, 256, pool, pool), torch.zeros(1, 2 * pool, 2 * pool))
    assert sum(each.numel() for each in head.parameters()) == parameters
    assert multiply_adds in (None, cost_of(runs).multiply_adds)


def test_an_object_that_the_box_cuts_counts_whole() -> None:
    # 16 of 24 pixels are inside, so 16 cells of truth stand for 24; 12 are predicted: 12 / 24
    mask = torch.zeros(1, 8, 9, dtype=torch.uint8)
    mask[0, 1:5, 2:8] = 1
    first = torch.tensor([0])
    sample = MaskSample([torch.tensor([[2.0, 1, 6, 5]])], [first], [mask], [first])
    share = component("mask-share")(sample)
    assert share.tolist() == pytest.approx([16 / 24])
    # 0.3 is foreground: its probability is above a half
    logits = torch.tensor([1.0, 1, 0.3, -1]).expand(1, 4, 4)
    target = component("mask-iou-target")(logits, torch.ones(1, 4, 4), share)
    assert target.tolist() == pytest.approx([0.5])


def test_pixels_that_a_box_cuts_are_inside_and_those_beyond_the_image_do_not_exist() -> None:
    masks = torch.zeros(2, 6, 6, dtype=torch.uint8)
    masks[0, :, :4] = 1
    boxes = torch.tensor([[1.5, 0.2, 2.1, 5.9], [-9, -9, 99, 99], [4.5, 0, 6, 6], [0, 0, 6, 6]])
    which = torch.tensor([0, 0, 0, 1])  # the last object is empty
    sample = MaskSample([boxes], [which * 0], [masks], [which])
    assert component("mask-share")(sample).tolist() == [0.5, 1, 0, 0]


def test_an_object_outside_of_its_box_is_left_out() -> None:
    target = component("mask-iou-target")
    assert target(torch.ones(1, 2, 2), torch.ones(1, 2, 2), torch.zeros(1)).tolist() == [0]
    assert target(-torch.ones(1, 2, 2), torch.zeros(1, 2, 2), torch.ones(1)).tolist() == [0]


def test_the_loss_is_half_the_mean_square_where_there_is_an_overlap() -> None:
    predicted = torch.tensor([[0.5, 9.0], [9.0, 0.1], [9.0, 9.0]], requires_grad=True)
    loss = component("mask-iou-loss")
    classes, ious = torch.tensor([0, 1, 0]), torch.tensor([0.7, 0.5, 0.0])
    assert loss(predicted, classes, ious).item() == pytest.approx((0.04 + 0.16) / 4)
    nothing = loss(predicted, classes, torch.zeros(3))
    nothing.backward()
    assert nothing.item() == 0
    assert predicted.grad is not None
    assert not predicted.grad.any()


@pytest.mark.parametrize("side", [4, 8, 28])
def test_masks_of_another_side_are_resized_first(side: int) -> None:
    torch.manual_seed(0)
    head = MaskIoUHead(SMALL, 2, small_pyramid())
    features, logits = torch.randn(3, 16, 4, 4), torch.randn(3, side, side)
    chances = logits.sigmoid().unsqueeze(1)
    by_hand = nn.functional.interpolate(chances, (8, 8), mode="bilinear", align_corners=False)
    expected = head(features, torch.logit(by_hand)[:, 0])
    torch.testing.assert_close(head(features, logits), expected, rtol=1e-4, atol=1e-6)
    assert torch.equal(at_side(logits, side), logits)


def test_without_max_pooling_masks_are_read_at_the_side_of_the_features() -> None:
    config = MaskIoUConfig(pool=5, max_pool=False, layers=1, width=4, fc_layers=0)
    head = MaskIoUHead(config, 2, small_pyramid())
    assert head.side == 5
    assert head(torch.zeros(2, 16, 5, 5), torch.zeros(2, 5, 5)).shape == (2, 2)


@pytest.mark.parametrize("kind", ["conv", "pointrend", "cascade", "htc"])
def test_every_detector_learns_to_score_masks(kind: str) -> None:
    model, batch = small_model(kind).train(), some_batch()
    nn.init.normal_(model.roi_heads.mask_iou_head.maskiou.weight)
    with torch.no_grad():
        for name, each in model.roi_heads.mask_head.named_parameters():
            if "predict" in name:
                each.add_(0.1)  # everything is foreground
    losses = model.losses(batch, generator=torch.Generator().manual_seed(1))
    assert list(losses)[-1] == "loss_mask_iou"
    assert losses["loss_mask_iou"].item() > 0
    torch.stack(list(losses.values())).sum().backward()
    assert all(each.grad is not None for each in model.parameters())


@pytest.mark.parametrize("kind", ["conv", "pointrend", "cascade", "htc"])
def test_images_without_objects_train_too(kind: str) -> None:
    model, batch = small_model(kind).train(), some_batch()
    alone = Batch(batch.images[1:], batch.sizes[1:], (no_objects(),), batch.names[1:])
    losses = model.losses(alone)
    torch.stack(list(losses.values())).sum().backward()
    assert losses["loss_mask_iou"].item() == 0
    assert all(each.grad is not None for each in model.parameters())


def test_the_loss_moves_the_mask_head_but_not_through_its_target() -> None:
    head = MaskIoUHead(SMALL, 2, small_pyramid())
    nn.init.normal_(head.maskiou.weight)
    maps = dict.fromkeys(("p2", "p3", "p4", "p5", "p6"), torch.randn(1, 16, 16, 16))
    mask, first = torch.ones(1, 64, 64, dtype=torch.uint8), [torch.tensor([0])]
    sample = MaskSample([torch.tensor([[4.0, 4, 40, 40]])], [torch.tensor([1])], [mask], first)
    logits = torch.randn(1, 1, 8, 8, requires_grad=True)
    head.losses(maps, sample, logits)["loss_mask_iou"].backward()
    assert logits.grad is not None
    assert logits.grad.any()


def test_scores_become_products_in_their_new_order_and_both_factors_stay() -> None:
    model, batch = small_model("conv").eval(), some_batch()
    model.score = 0.1
    scorer = model.roi_heads.mask_iou_head

    def judged(features: Features, boxes: Any, classes: Any, logits: Tensor) -> Tensor:
        return torch.linspace(0.2, 1, len(logits))

    plain = model.detect(model.backbone(batch.images), proposals(model, batch), batch.sizes)
    with patch.object(scorer, "predict", judged):
        found = model(batch.images, batch.sizes)[0]
    assert len(found.scores) > 3
    assert found.mask_ious is not None
    assert found.box_scores is not None
    torch.testing.assert_close(found.scores, found.box_scores * found.mask_ious)
    assert torch.equal(found.scores, found.scores.sort(descending=True).values)
    assert torch.equal(found.box_scores.sort(descending=True).values, plain[0].scores)
    seen = found.in_photo((64, 96), (64, 96))
    assert torch.equal(seen["box_scores"], found.box_scores)


def proposals(model: MaskRCNN, batch: Batch) -> Any:
    return model.proposal_generator(model.backbone(batch.images), batch.sizes)


def test_predicted_iou_is_limited_to_0_and_1() -> None:
    model = small_model("conv").eval()
    scorer = model.roi_heads.mask_iou_head
    with torch.no_grad():
        scorer.maskiou.bias[:] = torch.tensor([-5.0, 5.0])
        maps = dict.fromkeys(("p2", "p3", "p4", "p5", "p6"), torch.randn(1, 16, 16, 16))
        boxes, classes = torch.tensor([[4.0, 4, 40, 40]]).expand(2, 4), torch.tensor([0, 1])
        assert scorer.predict(maps, [boxes], [classes], torch.zeros(2, 1, 8, 8)).tolist() == [0, 1]


def test_a_cascade_of_mask_heads_shows_its_last_stage_and_then_the_mean_of_logits() -> None:
    model, batch = small_model("htc"), some_batch()
    scorer, heads = model.roi_heads.mask_iou_head, model.roi_heads.mask_head
    seen: list[Tensor] = []
    scorer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1]))
    learnt: list[Tensor] = []
    own = heads.learn_stage

    def learn_stage(*given: Any) -> Any:
        losses, logits = own(*given)
        learnt.append(logits)
        return losses, logits

    with patch.object(heads, "learn_stage", learn_stage):
        model.train().losses(batch, generator=torch.Generator().manual_seed(1))
    assert len(learnt) == 3
    assert torch.equal(seen.pop(), learnt[-1][:, 0])
    model.eval().score = 0.1
    maps = model.backbone(batch.images)
    found = model.detect(maps, proposals(model, batch), batch.sizes)
    votes = model.masks(maps, found)
    model.mask_ious(maps, found, votes)
    assert votes[0].shape[1] == 3
    assert torch.equal(torch.cat(seen), torch.cat(votes).mean(1))


def test_a_mask_head_that_hides_its_masks_is_refused() -> None:
    own = parts("conv") | {"mask_head": BlobHead(BlobConfig(), 2, small_pyramid())}
    message = "scoring.kind needs a mask head that shows the masks which it learns, and BlobHead"
    with pytest.raises(InputError, match=message):
        MaskRCNN(**own)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mask": {"kind": "none"}}, 'scoring.kind is .mask-iou., expected "none": mask.kind is'),
        (
            {"detector": {"kind": "regressor"}},
            'scoring.kind is .mask-iou., expected "none": detector.kind is "regressor", which',
        ),
    ],
)
def test_scores_that_nothing_could_change_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(FormatError, match=message):
        changed(Config(), "wrong", scoring={"kind": "mask-iou"}, **settings)


def test_the_preset_adds_the_head_to_mask_r_cnn() -> None:
    with torch.device("meta"):
        plain, scored = (build(name).state_dict() for name in ("maskrcnn-r50", "mask-scoring-r50"))
    added = {name: tuple(scored[name].shape) for name in scored.keys() - plain.keys()}
    assert all(name.startswith("roi_heads.mask_iou_head.maskiou") for name in added)
    assert added["roi_heads.mask_iou_head.maskiou_fcn1.weight"] == (256, 257, 3, 3)
    assert added["roi_heads.mask_iou_head.maskiou_fc1.weight"] == (1024, 256 * 7 * 7)
    assert added["roi_heads.mask_iou_head.maskiou.weight"] == (80, 1024)
