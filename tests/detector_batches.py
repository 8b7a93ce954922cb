"""Small detectors and a batch for them."""

from __future__ import annotations

import torch

from segeval.models.config import BackboneConfig
from segeval.models.networks.backbone import FPN, ResNet
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.rpn import RPN
from tests.small_models import FEW


def small_pyramid(channels: int = 16) -> FPN:
    """One block a stage and few channels, from a fixed seed."""
    torch.manual_seed(3)
    return FPN(ResNet(BackboneConfig(depth=14)), channels=channels)


def few_proposals(pyramid: FPN) -> RPN:
    """At most 24 boxes of an image."""
    return RPN(pyramid.channels, FEW, strides=pyramid.strides)


def some_batch() -> Batch:
    """Two images of 64 x 96 and 60 x 70 pixels, with two objects and none."""
    torch.manual_seed(4)
    images = torch.randn(2, 3, 64, 96)
    images[1, :, 60:] = 0
    images[1, :, :, 70:] = 0
    masks = torch.zeros(2, 64, 96, dtype=torch.uint8)
    masks[0, 10:50, 20:60] = 1
    masks[1, 5:25, 50:90] = 1
    boxes = torch.tensor([[20.0, 10, 60, 50], [50, 5, 90, 25]])
    objects = Objects(boxes, torch.tensor([0, 1]), masks)
    return Batch(images, ((64, 96), (60, 70)), (objects, no_objects()), ("a.png", "b.png"))


def no_objects() -> Objects:
    """The objects of an image of 60 x 70 pixels that has none."""
    boxes, classes = torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64)
    return Objects(boxes, classes, torch.zeros(0, 60, 70, dtype=torch.uint8))
