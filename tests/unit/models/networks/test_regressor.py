"""The regressor of given boxes: what it learns from, and what stays as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from segeval.errors import InputError
from segeval.models.config import BoxConfig, MaskConfig
from segeval.models.config.parts.regressor import RegressorConfig
from segeval.models.networks.batches import Batch, Given, Objects
from segeval.models.networks.box_head import PredictedBoxes
from segeval.models.networks.found import LooksAtBoxes
from segeval.models.networks.mask_heads import ConvHead
from segeval.models.networks.regressor import BoxRegressor
from segeval.models.ops.matching import same_class_matches
from tests.detector_batches import small_pyramid, some_batch

BOXES = torch.tensor([[22.0, 12, 62, 52], [50, 5, 90, 25], [20, 10, 60, 50]])
CLASSES = torch.tensor([0, 1, 1])
"""One near an object, one on another, and one on an object of the other class."""


def small_regressor() -> BoxRegressor:
    pyramid = small_pyramid()
    head = ConvHead(MaskConfig(), 2, pyramid, layers=1)
    return BoxRegressor(pyramid, head, BoxConfig(layers=1), RegressorConfig(), classes=2)


def batch_with_boxes() -> Batch:
    batch = some_batch()
    assert not isinstance(batch.targets, torch.Tensor)
    none = Given(torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    first, second = batch.targets
    given = replace(first, given=Given(BOXES, CLASSES)), replace(second, given=none)
    return replace(batch, targets=given)


def test_boxes_learn_from_objects_of_their_class() -> None:
    objects = batch_with_boxes().targets[0]
    assert isinstance(objects, Objects)
    matched, positive = same_class_matches(BOXES, CLASSES, objects.boxes, objects.classes, iou=0.5)
    assert positive.tolist() == [True, True, False]
    assert matched[:2].tolist() == [0, 1]


def test_only_the_stages_learn() -> None:
    model = small_regressor().train()
    losses = model.losses(batch_with_boxes())
    assert list(losses) == ["loss_box_reg_stage0", "loss_box_reg_stage1", "loss_box_reg"]
    torch.stack(list(losses.values())).sum().backward()
    for name, each in model.named_parameters():
        assert (each.grad is not None) == each.requires_grad == name.startswith("regressor.")
    assert not model.backbone.training  # type: ignore[attr-defined]
    assert model.regressor.training


def test_images_without_boxes_train_too() -> None:
    model, batch = small_regressor().train(), batch_with_boxes()
    alone = Batch(batch.images[1:], batch.sizes[1:], (batch.targets[1],), batch.names[1:])  # type: ignore[arg-type]
    losses = model.losses(alone)
    torch.stack(list(losses.values())).sum().backward()
    assert [each.item() for each in losses.values()] == [0, 0, 0]
    assert all(each.grad is not None for each in model.regressor.parameters())


def test_boxes_keep_their_classes_scores_and_order() -> None:
    model, batch = small_regressor().eval(), some_batch()
    assert isinstance(model, LooksAtBoxes)
    with torch.no_grad():
        for stage in model._stages():
            stage.bbox_pred.weight.zero_()
            stage.bbox_pred.bias.zero_()
            stage.bbox_pred.bias[0] = stage.weights[0] / 40  # a fortieth of the width to the right
    given = [
        PredictedBoxes(BOXES, torch.tensor([0.1, 0.9, 0.1]), CLASSES),
        PredictedBoxes(BOXES[:0], torch.zeros(0), CLASSES[:0]),
    ]
    first, second = model.in_boxes(batch.images, batch.sizes, given)
    torch.testing.assert_close(first.boxes, BOXES + torch.tensor([3.0, 0, 3, 0]))
    torch.testing.assert_close(first.scores, given[0].scores)
    assert first.classes.tolist() == [0, 1, 1]
    assert first.masks.shape == (3, 1, 28, 28)
    assert second.masks.shape == (0, 1, 28, 28)


def test_without_boxes_there_is_nothing_to_do() -> None:
    model, batch = small_regressor(), some_batch()
    with pytest.raises(InputError, match="name a file of predictions"):
        model(batch.images, batch.sizes)
    with pytest.raises(InputError, match="training images have no given boxes"):
        model.losses(batch)
