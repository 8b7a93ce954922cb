"""Backbones: an image to feature maps. Names of parameters are those of the published files."""

from segeval.models.networks.backbone.conv import Conv, fill_weight
from segeval.models.networks.backbone.deformable import DeformableConv, deformable_conv
from segeval.models.networks.backbone.fpn import FPN
from segeval.models.networks.backbone.norms import BatchNorm, FrozenBatchNorm, freeze_norms, norm_of
from segeval.models.networks.backbone.resnet import Bottleneck, DeepStem, ResNet, Stem

__all__ = [
    "FPN",
    "BatchNorm",
    "Bottleneck",
    "Conv",
    "DeepStem",
    "DeformableConv",
    "FrozenBatchNorm",
    "ResNet",
    "Stem",
    "deformable_conv",
    "fill_weight",
    "freeze_norms",
    "norm_of",
]
