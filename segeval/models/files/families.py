"""Naming schemes of weights, and their translation into ours.

Of backbones alone are known: MSRA's ResNets as written by Caffe2 (`res2_0_branch2a_w`),
torchvision's (`layer1.0.conv1.weight`), Res2Net's (`layer1.0.convs.0.weight`), HRNet's
(`stage2.0.branches.0.0.conv1.weight`), Microsoft's Swin transformers
(`layers.0.blocks.0.attn.qkv.weight`), and detectron2's (`res2.0.conv1.weight`). Of whole models:
mmdetection's (`roi_head.bbox_head.fc_cls.weight`), in which a shortcut of Res2Net has the names of
a ResNet's in another meaning, and detectron2's, whose names are ours, as are AdelaiDet's of SOLOv2
(`ins_head.cate_pred.weight`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from segeval.models.files import hrnet_names, res2net_names, swin_names
from segeval.models.files.mmdetection_names import MARK, in_our_order, of_mmdetection
from segeval.models.files.torchvision_names import BLOCK, of_torchvision

_BRANCHES = {"branch1": "shortcut", "branch2a": "conv1", "branch2b": "conv2", "branch2c": "conv3"}

_PARTS = {
    "w": "weight",
    "b": "bias",
    "bn_s": "norm.weight",
    "bn_b": "norm.bias",
    "bn_rm": "norm.running_mean",
    "bn_riv": "norm.running_var",
    "bn_gamma": "norm.weight",
    "bn_beta": "norm.bias",
}

_MSRA_BLOCK = re.compile(r"res([2-5])_(\d+)_(branch1|branch2[abc])_(\w+)")
_MSRA_STEM = re.compile(r"(?:res_)?conv1_(\w+)")
_STEM = re.compile(r"stem\..*")
_MASK_SCORING = "roi_heads.maskiou"
_OUR_PART = re.compile(r"(backbone|proposal_generator|roi_heads|sem_seg_head|ins_head)\..*")


@dataclass(frozen=True)
class Family:
    """A naming scheme of weights.

    Attributes:
        name: for messages.
        mark: matches a name that this family has and later ones lack.
        our_name: translates the name of a weight; None if it has no counterpart.
        our_order: a weight with its name there, with its numbers in our order.
        is_whole: whether it names whole models, or backbones alone.
    """

    name: str
    mark: re.Pattern[str]
    our_name: Callable[[str], str | None]
    our_order: Callable[[str, Tensor], Tensor] = lambda _, weight: weight
    is_whole: bool = False

    def __str__(self) -> str:
        return self.name


def _of_msra(name: str) -> str | None:
    if found := _MSRA_BLOCK.fullmatch(name):
        stage, block, branch, part = found.groups()
        return f"res{stage}.{block}.{_BRANCHES[branch]}.{_PARTS[part]}" if part in _PARTS else None
    found = _MSRA_STEM.fullmatch(name)
    return f"stem.conv1.{_PARTS[found[1]]}" if found and found[1] in _PARTS else None


def _of_backbone(name: str) -> str | None:
    return name if name.startswith(("stem.", "res")) else None


def _of_mask_scoring(name: str) -> str:
    """Our name of a weight whose names are ours, but for the first public mask-scoring head."""
    for part in ("feature_extractor", "predictor"):
        name = name.replace(f"{_MASK_SCORING}.{part}.", "roi_heads.mask_iou_head.")
    return name


def _without_background(name: str, weight: Tensor) -> Tensor:
    """A weight; that head's last layer has a row for background, the first one."""
    return weight[1:] if name.startswith(f"{_MASK_SCORING}.predictor.") else weight


MSRA = Family("MSRA", _MSRA_BLOCK, _of_msra)
HRNET = Family("HRNet", hrnet_names.BLOCK, hrnet_names.of_hrnet)
TORCHVISION = Family("torchvision", BLOCK, of_torchvision)
RES2NET = Family("Res2Net", res2net_names.BLOCK, res2net_names.of_res2net)
MICROSOFT = Family("Microsoft", swin_names.BLOCK, swin_names.of_microsoft)
MMDETECTION = Family("mmdetection", MARK, of_mmdetection, in_our_order, is_whole=True)
MMDETECTION_RES2NET = Family(
    "mmdetection",
    res2net_names.BLOCK_OF_MODEL,
    partial(of_mmdetection, backbone=res2net_names.of_res2net),
    in_our_order,
    is_whole=True,
)
BACKBONE = Family("backbone", _STEM, _of_backbone)
OURS = Family("ours", _OUR_PART, _of_mask_scoring, _without_background, is_whole=True)
UNKNOWN = Family("unknown", re.compile(".*", re.DOTALL), lambda _: None)

BACKBONES_ALONE = (MSRA, HRNET, RES2NET, TORCHVISION, MICROSOFT)
"""Families of networks that classify images, of which models here use the backbone."""

MMDETECTIONS = (MMDETECTION_RES2NET, MMDETECTION)
"""Families of models of mmdetection."""

FAMILIES = (*BACKBONES_ALONE, *MMDETECTIONS, BACKBONE, OURS)
"""All families; a file belongs to the first whose mark matches one of its names."""


def family_of(names: Iterable[str]) -> Family:
    """The family of some names.

    Example:
        >>> family_of(["res2_0_branch2a_w"]).name
        'MSRA'
        >>> MSRA.our_name("res3_0_branch1_bn_s"), TORCHVISION.our_name("bn1.bias")
        ('res3.0.shortcut.norm.weight', 'stem.conv1.norm.bias')
    """
    listed = list(names)
    return next(
        (family for family in FAMILIES if any(family.mark.fullmatch(name) for name in listed)),
        UNKNOWN,
    )


@dataclass(frozen=True)
class Translated:
    """Weights under our names.

    Attributes:
        family: of their names in the file.
        weights: by our names; those of a backbone alone by their names within it.
        unknown: names in the file without a counterpart here.
    """

    family: Family
    weights: dict[str, Tensor]
    unknown: tuple[str, ...]


def translated(weights: Mapping[str, Tensor], family: Family | None = None) -> Translated:
    """Weights of any known family under our names, with their numbers in our order.

    The order of anchors depends on the configuration: see `with_our_anchors`.

    Args:
        weights: by the names in their file.
        family: of their names; None to find out.

    Example:
        >>> import torch
        >>> found = translated({"bbox_head.fc_cls.bias": torch.tensor([0.0, 1.0, 2.0])})
        >>> found.family.name, found.weights
        ('mmdetection', {'roi_heads.box_predictor.cls_score.bias': tensor([1., 2., 0.])})
    """
    family = family or family_of(weights)
    named = {name: family.our_name(name) for name in weights}
    known = {
        ours: family.our_order(name, weights[name])
        for name, ours in named.items()
        if ours is not None
    }
    return Translated(family, known, tuple(name for name, ours in named.items() if ours is None))
