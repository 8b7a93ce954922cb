"""Names of HRNet in the files of its authors, which count convolutions and norms."""

from __future__ import annotations

import re

BLOCK = re.compile(r"(?:model\.)?stage[2-4]\.\d+\.(?:branches|fuse_layers)\..*")
"""Names that say that weights are those of an HRNet."""

STEM = re.compile(r"(conv|bn)([12])")
RESIDUAL = re.compile(r"((?:layer1|stage[2-4]\.\d+\.branches\.\d)\.\d+)\.(conv|bn)([123])")
SHORTCUT = re.compile(r"(layer1\.0)\.downsample\.([01])")
NEW_BRANCH = re.compile(r"(transition[1-3]\.\d)(?:\.0)?\.([01])")
EXCHANGE = re.compile(r"(stage[2-4]\.\d+\.fuse_layers\.\d\.\d(?:\.\d)?)\.([01])")
PARTS = ("weight", "bias", "running_mean", "running_var")


def of_hrnet(name: str) -> str | None:
    """Our name of a weight, within the backbone; None for other layers, such as a classifier's.

    Example:
        >>> of_hrnet("bn2.bias"), of_hrnet("model.transition2.2.0.1.weight")
        ('stem.conv2.norm.bias', 'transition2.2.norm.weight')
    """
    place, _, part = name.removeprefix("model.").rpartition(".")
    if part not in PARTS:
        return None
    if found := STEM.fullmatch(place):
        return f"stem.conv{found[2]}{'.norm' if found[1] == 'bn' else ''}.{part}"
    if found := RESIDUAL.fullmatch(place):
        return f"{found[1]}.conv{found[3]}{'.norm' if found[2] == 'bn' else ''}.{part}"
    if found := SHORTCUT.fullmatch(place):
        return f"{found[1]}.shortcut{'.norm' if found[2] == '1' else ''}.{part}"
    if found := NEW_BRANCH.fullmatch(place) or EXCHANGE.fullmatch(place):
        return f"{found[1]}{'.norm' if found[2] == '1' else ''}.{part}"
    return None
