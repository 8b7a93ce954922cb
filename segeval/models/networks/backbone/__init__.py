"""Backbones: from an image to feature maps, with the parameter names of the published files."""

from segeval.models.networks.backbone.balanced import Balance, NonLocal
from segeval.models.networks.backbone.composite import Composite
from segeval.models.networks.backbone.conv import Conv
from segeval.models.networks.backbone.deformable import DeformableConv, deformable_conv
from segeval.models.networks.backbone.fpn import FPN
from segeval.models.networks.backbone.hrnet import HRNet
from segeval.models.networks.backbone.norms import BatchNorm, FrozenBatchNorm, freeze_norms, norm_of
from segeval.models.networks.backbone.res2net import Bottle2neck, Res2Net
from segeval.models.networks.backbone.resnet import Bottleneck, DeepStem, ResNet
from segeval.models.networks.backbone.swin import Swin

__all__ = [
    "FPN",
    "Balance",
    "BatchNorm",
    "Bottle2neck",
    "Bottleneck",
    "Composite",
    "Conv",
    "DeepStem",
    "DeformableConv",
    "FrozenBatchNorm",
    "HRNet",
    "NonLocal",
    "Res2Net",
    "ResNet",
    "Swin",
    "deformable_conv",
    "freeze_norms",
    "norm_of",
]
