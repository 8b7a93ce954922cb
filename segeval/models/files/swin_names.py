"""Names of Swin transformers in published files, and the order of their numbers.

Microsoft's are ours. Those of mmdetection since 2.16 differ, and its merging of places reads the
channels of the four places in another order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import torch
from torch import Tensor

from segeval.errors import FormatError
from segeval.models.networks.backbone.window_attention import relative_position_index

PART = re.compile(
    r"(?:patch_embed\.(?:proj|norm)|layers\.\d+\.(?:blocks|downsample)|norm[0-3])\..*"
)
"""Our names."""

BLOCK = re.compile(r"layers\.\d+\.blocks\.\d+\..*")
"""Names that say that weights are Microsoft's."""

OUTPUT_NORM = re.compile(r"norm[0-3]\..*")
"""Norms that only detectors have."""

RENAMED = re.compile(r"stages\.(\d+)\.(.*)")

PARTS = (("attn.w_msa.", "attn."), ("ffn.layers.0.0.", "mlp.fc1."), ("ffn.layers.1.", "mlp.fc2."))
"""Parts of mmdetection's names, and of ours."""

MERGING = re.compile(r"backbone\.(?:cb_modules\.[01]\.)?stages\.\d+\.downsample\..*")

INDEX, MASK, TABLE = "relative_position_index", "attn_mask", "relative_position_bias_table"
"""Ends of names: two constants, and the learned numbers that the first of them looks up."""

WIDEST = 64
"""Places along a side of the largest window; an index has the fourth power of numbers."""

ORDER = [0, 2, 1, 3]
"""Our places of a merging, by their number in mmdetection."""


def of_microsoft(name: str) -> str | None:
    """Our name of a weight, within the backbone; None for constants and the classifier.

    Example:
        >>> of_microsoft("layers.0.blocks.1.attn.qkv.bias"), of_microsoft("head.bias")
        ('layers.0.blocks.1.attn.qkv.bias', None)
    """
    return name if PART.fullmatch(name) and not name.endswith((INDEX, MASK)) else None


def of_mmdetection_swin(name: str) -> str | None:
    """Our name of a weight, within the backbone, from mmdetection's of any version.

    Example:
        >>> of_mmdetection_swin("stages.2.blocks.0.ffn.layers.1.bias")
        'layers.2.blocks.0.mlp.fc2.bias'
    """
    if found := RENAMED.fullmatch(name):
        rest = found[2]
        for theirs, ours in PARTS:
            rest = rest.replace(theirs, ours)
        return of_microsoft(f"layers.{found[1]}.{rest}")
    return of_microsoft(name.replace("patch_embed.projection.", "patch_embed.proj."))


def merged_in_our_order(name: str, weight: Tensor) -> Tensor:
    """A weight of mmdetection's merging, whose last axis has the four places of each channel.

    Args:
        name: mmdetection's.
        weight: of any layer; those of others come back as they are.
    """
    if not MERGING.fullmatch(name) or weight.ndim == 0 or weight.shape[-1] % 4:
        return weight
    by_place: Tensor = weight.unflatten(-1, (-1, 4)).transpose(-1, -2)
    return by_place[..., ORDER, :].flatten(-2)


def without_indices(path: str, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights without a constant of Swin, after a comparison with what its tables mean here.

    Args:
        path: of the file, for messages.
        weights: by name.

    Raises:
        FormatError: if a file numbers relative positions in another way.
    """
    kept = {}
    for name, weight in weights.items():
        if not name.endswith(INDEX):
            kept[name] = weight
            continue
        if not _is_index(weight):
            raise FormatError(
                f"{path}: {name} does not number the relative positions of a window row by row. "
                "Expected the weights of a Swin transformer.",
                code="weights",
                path=path,
                field=name,
            )
    return kept


def _is_index(weight: Tensor) -> bool:
    """Whether these are the numbers of the relative positions of some window."""
    window = math.isqrt(math.isqrt(weight.numel()))
    if weight.numel() != window**4 or window > WIDEST or weight.is_complex():
        return False
    own = relative_position_index(window)
    return torch.equal(weight.long().reshape_as(own), own)


def other_window(name: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """What to do about a table of relative positions of another window; "" for anything else.

    Args:
        name: of a weight.
        found: its shape in a file.
        wanted: its shape in the model.

    Example:
        >>> other_window("layers.0.blocks.0.attn.relative_position_bias_table", (529, 4), (169, 4))
        'Its windows have 12 x 12 places, those of the model 7 x 7: choose `backbone.window=12`.'
    """
    if not name.endswith(TABLE) or len(found) != 2 or found[1:] != wanted[1:]:
        return ""
    theirs, ours = ((math.isqrt(shape[0]) + 1) // 2 for shape in (found, wanted))
    return (
        f"Its windows have {theirs} x {theirs} places, those of the model {ours} x {ours}: choose "
        f"`backbone.window={theirs}`."
    )
