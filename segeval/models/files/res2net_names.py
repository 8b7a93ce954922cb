"""Names of Res2Net in the files of its authors and of mmdetection, whose stem has other names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from segeval.errors import FormatError
from segeval.models.files.torchvision_names import of_torchvision

BLOCK = re.compile(r"layer[1-4]\.\d+\.(?:convs|bns)\.\d+\..*")
"""Names that say that weights are those of a Res2Net alone."""

BLOCK_OF_MODEL = re.compile(rf"backbone\.{BLOCK.pattern}")
"""The same for a whole model of mmdetection."""

PART = re.compile(r"layer([1-4])\.(\d+)\.(convs|bns)\.(\d+)\.(conv_offset\.)?(\w+)")
SHORTCUT = re.compile(r"layer([1-4])\.(\d+)\.downsample\.([12])\.(\w+)")
STEM = re.compile(r"(?:conv1|stem)\.([013467])\.(\w+)")
LAST_NORM = re.compile(r"bn1\.(\w+)")


def of_res2net(name: str) -> str | None:
    """Our name of a weight, within the backbone; None if it has no counterpart.

    Example:
        >>> of_res2net("layer2.0.bns.1.bias"), of_res2net("conv1.3.weight")
        ('res3.0.convs.1.norm.bias', 'stem.conv2.weight')
    """
    if found := PART.fullmatch(name):
        layer, block, kind, number, offset, part = found.groups()
        parts = "offsets" if offset else "convs"
        norm = ".norm" if kind == "bns" else ""
        return f"res{int(layer) + 1}.{block}.{parts}.{number}{norm}.{part}"
    if found := SHORTCUT.fullmatch(name):
        layer, block, place, part = found.groups()
        norm = ".norm" if place == "2" else ""  # the first place has the averages
        return f"res{int(layer) + 1}.{block}.shortcut{norm}.{part}"
    if found := STEM.fullmatch(name):
        number, is_norm = divmod(int(found[1]), 3)
        return f"stem.conv{number + 1}{'.norm' if is_norm else ''}.{found[2]}"
    if found := LAST_NORM.fullmatch(name):
        return f"stem.conv3.norm.{found[1]}"
    return of_torchvision(name)


def averages_in_res2(names: Iterable[str]) -> bool | None:
    """Whether a whole model was trained with the average in the first block of res2.

    The Res2Net of mmdetection 2 and 3 leaves it out; that of the authors, and of models built on
    theirs, has it. The names of the stem tell them apart.

    Args:
        names: of the weights.

    Returns:
        None if they are not those of such a model.

    Example:
        >>> averages_in_res2(["backbone.stem.0.weight"]), averages_in_res2(["conv1.0.weight"])
        (False, None)
    """
    starts = {"backbone.stem.0": False, "backbone.conv1.0": True}
    own = (starts.get(name.rpartition(".")[0]) for name in names)
    return next((each for each in own if each is not None), None)


def require_average(path: str, averages: bool | None, backbone: Any) -> None:  # noqa: FBT001
    """Refuse weights that were trained with an average which the model lacks, or without it.

    Args:
        path: of their file.
        averages: as of `averages_in_res2`.
        backbone: settings of the model's backbone.

    Raises:
        FormatError: if `backbone.pool_first` should be another.
    """
    if averages is None or getattr(backbone, "pool_first", averages) == averages:
        return
    raise FormatError(
        f"{path}: its Res2Net was trained with{'' if averages else 'out'} the average in the first "
        f"block of res2. Choose `backbone.pool_first={str(averages).lower()}`.",
        code="weights",
        path=path,
        field="backbone.pool_first",
    )
