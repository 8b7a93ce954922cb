"""Naming schemes of weights, and their translation into ours.

Four families are known: MSRA's ResNets as written by Caffe2 (`res2_0_branch2a_w`), torchvision's
(`layer1.0.conv1.weight`), detectron2's backbones without the rest of a model
(`res2.0.conv1.weight`), and whole models of detectron2, whose names are ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
_TORCHVISION_BLOCK = re.compile(r"layer([1-4])\.(\d+)\.(conv|bn)([123])\.(\w+)")
_TORCHVISION_SHORTCUT = re.compile(r"layer([1-4])\.(\d+)\.downsample\.([01])\.(\w+)")
_TORCHVISION_STEM = re.compile(r"(conv|bn)1\.(\w+)")
_STEM = re.compile(r"stem\..*")
_OUR_PART = re.compile(r"(backbone|proposal_generator|roi_heads|sem_seg_head)\..*")


@dataclass(frozen=True)
class Family:
    """A naming scheme of weights.

    Attributes:
        name: for messages.
        mark: matches a name that this family has and later ones lack.
        our_name: translates the name of a weight; None if it has no counterpart.
    """

    name: str
    mark: re.Pattern[str]
    our_name: Callable[[str], str | None]

    def __str__(self) -> str:
        return self.name


def _of_msra(name: str) -> str | None:
    if found := _MSRA_BLOCK.fullmatch(name):
        stage, block, branch, part = found.groups()
        return f"res{stage}.{block}.{_BRANCHES[branch]}.{_PARTS[part]}" if part in _PARTS else None
    found = _MSRA_STEM.fullmatch(name)
    return f"stem.conv1.{_PARTS[found[1]]}" if found and found[1] in _PARTS else None


def _of_torchvision(name: str) -> str | None:
    if found := _TORCHVISION_BLOCK.fullmatch(name):
        layer, block, kind, number, part = found.groups()
        norm = ".norm" if kind == "bn" else ""
        return f"res{int(layer) + 1}.{block}.conv{number}{norm}.{part}"
    if found := _TORCHVISION_SHORTCUT.fullmatch(name):
        layer, block, place, part = found.groups()
        norm = ".norm" if place == "1" else ""
        return f"res{int(layer) + 1}.{block}.shortcut{norm}.{part}"
    if found := _TORCHVISION_STEM.fullmatch(name):
        return f"stem.conv1{'.norm' if found[1] == 'bn' else ''}.{found[2]}"
    return None


def _of_backbone(name: str) -> str | None:
    return name if name.startswith(("stem.", "res")) else None


MSRA = Family("MSRA", _MSRA_BLOCK, _of_msra)
TORCHVISION = Family("torchvision", _TORCHVISION_BLOCK, _of_torchvision)
BACKBONE = Family("backbone", _STEM, _of_backbone)
OURS = Family("ours", _OUR_PART, lambda name: name)
UNKNOWN = Family("unknown", re.compile(".*", re.DOTALL), lambda _: None)

FAMILIES = (MSRA, TORCHVISION, BACKBONE, OURS)
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
