"""Names of torchvision's ResNets, which mmdetection's have too, and of what these add."""

from __future__ import annotations

import re

from segeval.models.networks.backbone.context import PUBLIC

BLOCK = re.compile(r"layer([1-4])\.(\d+)\.(conv|bn)([123])\.(\w+)")
SHORTCUT = re.compile(r"layer([1-4])\.(\d+)\.downsample\.([01])\.(\w+)")
CONTEXT = re.compile(
    r"layer([1-4])\.(\d+)\.context_block\d*\.(conv_mask|channel_add_conv\.\d)\.(\w+)"
)
STEM = re.compile(r"(conv|bn)1\.(\w+)")

_CONTEXT_LAYERS = {theirs: ours for ours, theirs in PUBLIC.items()}


def of_torchvision(name: str) -> str | None:
    """Our name of a weight, within the backbone; None if it has no counterpart.

    Example:
        >>> of_torchvision("layer2.0.downsample.1.bias")
        'res3.0.shortcut.norm.bias'
    """
    if found := BLOCK.fullmatch(name):
        layer, block, kind, number, part = found.groups()
        norm = ".norm" if kind == "bn" else ""
        return f"res{int(layer) + 1}.{block}.conv{number}{norm}.{part}"
    if found := SHORTCUT.fullmatch(name):
        layer, block, place, part = found.groups()
        norm = ".norm" if place == "1" else ""
        return f"res{int(layer) + 1}.{block}.shortcut{norm}.{part}"
    if found := CONTEXT.fullmatch(name):
        layer, block, theirs, part = found.groups()
        ours = _CONTEXT_LAYERS.get(theirs)
        return ours and f"res{int(layer) + 1}.{block}.context.{ours}.{part}"
    if found := STEM.fullmatch(name):
        return f"stem.conv1{'.norm' if found[1] == 'bn' else ''}.{found[2]}"
    return None
