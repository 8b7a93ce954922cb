"""The whole model of instances: names, shapes, losses and what it finds."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from segeval.models.config import BoxConfig, Config, MaskConfig, changed
from segeval.models.networks import mask_groups
from segeval.models.networks.batches import Batch
from segeval.models.networks.box_head import PredictedBoxes
from segeval.models.networks.building import build
from segeval.models.networks.mask_heads import ConvHead, PointRendHead
from segeval.models.networks.rcnn import MaskRCNN
from tests.detector_batches import small_pyramid, some_batch

PUBLISHED = {
    "backbone.bottom_up.stem.conv1.weight": (64, 3, 7, 7),
    "backbone.bottom_up.stem.conv1.norm.running_var": (64,),
    "backbone.bottom_up.res4.5.conv2.weight": (256, 256, 3, 3),
    "backbone.bottom_up.res5.0.shortcut.weight": (2048, 1024, 1, 1),
    "backbone.fpn_lateral5.weight": (256, 2048, 1, 1),
    "backbone.fpn_output2.bias": (256,),
    "proposal_generator.rpn_head.conv.weight": (256, 256, 3, 3),
    "proposal_generator.rpn_head.objectness_logits.weight": (3, 256, 1, 1),
    "proposal_generator.rpn_head.anchor_deltas.weight": (12, 256, 1, 1),
    "roi_heads.box_head.fc1.weight": (1024, 12544),
    "roi_heads.box_predictor.cls_score.weight": (81, 1024),
    "roi_heads.box_predictor.bbox_pred.weight": (320, 1024),
    "roi_heads.mask_head.coarse_head.reduce_spatial_dim_conv.weight": (256, 256, 2, 2),
    "roi_heads.mask_head.coarse_head.prediction.weight": (3920, 1024),
    "roi_heads.mask_head.point_head.fc3.weight": (256, 336, 1),
    "roi_heads.mask_head.point_head.predictor.weight": (80, 336, 1),
}
"""Some names and shapes of the published files, from every part of the model."""


def small_model(*, refined: bool = True, conv: bool = False) -> MaskRCNN:
    """A model of two classes with few and narrow layers, from a fixed seed."""
    backbone = small_pyramid()
    config = MaskConfig(coarse_channels=8, coarse_width=16, point_width=8)
    head = ConvHead(config, 2, backbone, layers=1) if conv else PointRendHead(config, 2, backbone)
    return MaskRCNN(backbone, head, BoxConfig(refined=refined), classes=2)


@pytest.mark.parametrize(
    ("resnet", "classes", "entries", "parameters"),
    [
        ({}, 80, 311, 60_161_792),
        ({}, 8, 311, 56_096_456),
        (
            {"depth": 101, "groups": 32, "width_per_group": 8, "stride_in_1x1": False},
            80,
            566,
            123_246_336,
        ),
    ],
)
def test_names_and_numbers_are_those_of_the_published_models(
    resnet: dict[str, int], classes: int, entries: int, parameters: int
) -> None:
    with torch.device("meta"):
        model = build(changed(Config(), "published", backbone=resnet, classes=classes))
    assert len(model.state_dict()) == entries
    assert sum(each.numel() for each in model.parameters()) == parameters


def test_shapes_are_those_of_the_published_model() -> None:
    with torch.device("meta"):
        state = build(Config()).state_dict()
    assert {name: tuple(state[name].shape) for name in PUBLISHED} == PUBLISHED


@pytest.mark.parametrize("conv", [False, True])
def test_it_finds_boxes_inside_of_the_images_and_masks_of_them(conv: bool) -> None:
    model = small_model(conv=conv).eval()
    model.score = 0.2
    batch = some_batch()
    found = model(batch.images, batch.sizes)
    side = 28 if conv else 224
    assert len(found) == 2
    assert len(found[0].boxes)
    for each, (height, width) in zip(found, batch.sizes, strict=True):
        assert each.masks.shape == (len(each.boxes), 1, side, side)
        assert len(each.scores) == len(each.classes) == len(each.boxes) <= 100
        assert (each.boxes[:, 2:] <= torch.tensor([width, height])).all()
        assert (each.boxes >= 0).all()
        assert (each.scores.diff() <= 0).all()


def test_no_detection_gives_no_masks() -> None:
    model = small_model().eval()
    model.score = 1.0
    batch = some_batch()
    for each in model(batch.images, batch.sizes):
        assert each.boxes.shape == (0, 4)
        assert each.masks.shape == (0, 1, 224, 224)


@pytest.mark.parametrize("refined", [False, True])
@pytest.mark.parametrize("conv", [False, True])
def test_losses_are_finite_and_reach_every_parameter(conv: bool, refined: bool) -> None:
    model = small_model(refined=refined, conv=conv).train()
    losses = model.losses(some_batch(), generator=torch.Generator().manual_seed(1))
    names = ["loss_rpn_cls", "loss_rpn_loc", "loss_cls", "loss_box_reg", "loss_mask"]
    assert list(losses) == names + ([] if conv else ["loss_mask_point"])
    each_loss = torch.stack(list(losses.values()))
    assert each_loss.isfinite().all()
    assert (each_loss > 0).all()
    each_loss.sum().backward()
    assert all(each.grad is not None for each in model.parameters())


def test_the_same_generator_gives_the_same_losses() -> None:
    model = small_model().train()

    def losses() -> dict[str, Tensor]:
        return model.losses(some_batch(), generator=torch.Generator().manual_seed(7))

    assert losses() == losses()


def test_images_without_objects_train_too() -> None:
    model = small_model().train()
    batch = some_batch()
    assert not isinstance(batch.targets, Tensor)
    empty = batch.targets[1]
    images, sizes, names = batch.images[1:], batch.sizes[1:], batch.names[1:]
    losses = model.losses(Batch(images, sizes, (empty,), names))
    torch.stack(list(losses.values())).sum().backward()
    assert losses["loss_mask"].item() == losses["loss_box_reg"].item() == 0
    assert all(each.grad is not None for each in model.parameters())


def test_images_of_a_batch_do_not_touch_each_other() -> None:
    model, batch = small_model().eval(), some_batch()
    model.score = 0.2
    together = model(batch.images, batch.sizes)
    for place, expected in enumerate(together):
        (alone,) = model(batch.images[place : place + 1], batch.sizes[place : place + 1])
        assert alone.classes.tolist() == expected.classes.tolist()
        torch.testing.assert_close(alone.boxes, expected.boxes, atol=1e-3, rtol=0)
        torch.testing.assert_close(alone.scores, expected.scores)
        # which points are the most uncertain is a matter of rounding
        assert ((alone.masks > 0) != (expected.masks > 0)).float().mean() < 1e-3


def test_mixed_precision_stays_near_and_keeps_boxes_in_full() -> None:
    model, batch = small_model().eval(), some_batch()
    with torch.no_grad():
        proposals = model.proposal_generator(model.backbone(batch.images), batch.sizes)

    def heads(*, rough: bool) -> list[Tensor]:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=rough):
            features = model.backbone(batch.images)
            logits, deltas = model.stages[0](features, proposals)
            boxes, classes = [each[:9] for each in proposals], [torch.arange(9) % 2] * 2
            masks = model.roi_heads.mask_head.predict(features, boxes, classes)
        return [logits, deltas, masks.float().sigmoid() - 0.5]

    for exact, rough in zip(heads(rough=False), heads(rough=True), strict=True):
        assert rough.dtype == torch.float32
        assert (rough - exact).norm() < 0.05 * exact.norm()
    with torch.autocast("cpu", torch.bfloat16):
        losses = model.losses(batch, generator=torch.Generator().manual_seed(1))
        found = model(batch.images, batch.sizes)
    assert all(each.dtype == torch.float32 and each.isfinite() for each in losses.values())
    assert all(each.boxes.dtype == each.scores.dtype == torch.float32 for each in found)


@pytest.mark.parametrize("conv", [False, True])
def test_masks_do_not_depend_on_how_many_boxes_are_worked_on_at_once(
    conv: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small_model(conv=conv).eval()
    boxes = torch.tensor([[5.0, 5, 40, 50], [20, 10, 60, 50], [0, 0, 90, 60]])
    found = [
        PredictedBoxes(boxes[:number], torch.ones(number), torch.arange(number) % 2)
        for number in (2, 0, 3)
    ]
    with torch.no_grad():
        features = model.backbone(torch.randn(3, 3, 64, 96))
        together = model.masks(features, found)
        monkeypatch.setattr(
            mask_groups, "NUMBERS_ON_CPU", 2 * model.roi_heads.mask_head.numbers_per_box
        )
        in_groups = model.masks(features, found)
        assert [len(each) for each in model.masks(features, found[1:2])] == [0]
    assert [len(each) for each in in_groups] == [2, 0, 3]
    for one, other in zip(together, in_groups, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)
