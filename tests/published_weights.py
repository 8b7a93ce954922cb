"""Names and shapes of weights that other programs publish, written out from their modules."""

from __future__ import annotations

from collections.abc import Iterator

Shapes = dict[str, tuple[int, ...]]


def resnet50(prefix: str = "backbone.") -> Shapes:
    """torchvision's ResNet-50 without its classifier, as mmdetection has it."""
    found: Shapes = {f"{prefix}conv1.weight": (64, 3, 7, 7), **_norm(f"{prefix}bn1", 64)}
    inputs = 64
    for layer, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)], 1):
        for block in range(blocks):
            place = f"{prefix}layer{layer}.{block}"
            shapes = [(width, inputs, 1, 1), (width, width, 3, 3), (4 * width, width, 1, 1)]
            for number, shape in enumerate(shapes, 1):
                found[f"{place}.conv{number}.weight"] = shape
                found |= _norm(f"{place}.bn{number}", shape[0])
            if block == 0:
                found[f"{place}.downsample.0.weight"] = (4 * width, inputs, 1, 1)
                found |= _norm(f"{place}.downsample.1", 4 * width)
            inputs = 4 * width
    return found


def swin(
    embed: int = 96,
    depths: tuple[int, ...] = (2, 2, 6, 2),
    heads: tuple[int, ...] = (3, 6, 12, 24),
    window: int = 7,
) -> Shapes:
    """Microsoft's classifier without its constants."""
    found: Shapes = {"patch_embed.proj.weight": (embed, 3, 4, 4), "patch_embed.proj.bias": (embed,)}
    found |= _pair("patch_embed.norm", embed)
    for layer, (blocks, number) in enumerate(zip(depths, heads, strict=True)):
        width = embed << layer
        for block in range(blocks):
            place = f"layers.{layer}.blocks.{block}"
            found |= _pair(f"{place}.norm1", width)
            table = ((2 * window - 1) ** 2, number)
            found[f"{place}.attn.relative_position_bias_table"] = table
            found |= _layer(f"{place}.attn.qkv", 3 * width, width)
            found |= _layer(f"{place}.attn.proj", width, width)
            found |= _pair(f"{place}.norm2", width)
            found |= _layer(f"{place}.mlp.fc1", 4 * width, width)
            found |= _layer(f"{place}.mlp.fc2", width, 4 * width)
        if layer < 3:
            found[f"layers.{layer}.downsample.reduction.weight"] = (2 * width, 4 * width)
            found |= _pair(f"layers.{layer}.downsample.norm", 4 * width)
    return {**found, **_pair("norm", 8 * embed), **_layer("head", 1000, 8 * embed)}


def constants(
    depths: tuple[int, ...] = (2, 2, 6, 2), window: int = 7, side: int = 56
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Those of Microsoft's classifier: the index, and in odd blocks the mask."""
    for layer, blocks in enumerate(depths):
        for block in range(blocks):
            place = f"layers.{layer}.blocks.{block}"
            yield f"{place}.attn.relative_position_index", (window**2, window**2)
            windows = (side // 2**layer // window) ** 2
            if block % 2 and windows > 1:
                yield f"{place}.attn_mask", (windows, window**2, window**2)


def renamed_swin(shapes: Shapes) -> dict[str, str]:
    """Names of mmdetection since 2.16 by Microsoft's, without the classifier."""
    parts = (
        ("layers.", "stages."), ("attn.", "attn.w_msa."), ("mlp.fc1", "ffn.layers.0.0"),
        ("mlp.fc2", "ffn.layers.1"), ("patch_embed.proj", "patch_embed.projection"),
    )  # fmt: skip
    found = {}
    for name in shapes:
        theirs = name
        for ours, other in parts:
            theirs = theirs.replace(ours, other, 1)
        if not name.startswith(("norm.", "head.")):
            found[name] = f"backbone.{theirs}"
    return found


def above(
    channels: tuple[int, ...],
    classes: int,
    *,
    anchors: int = 3,
    stages: int = 0,
    first: bool = False,
) -> Shapes:
    """Everything above the backbone of mmdetection's Mask R-CNN or HTC.

    Args:
        channels: of the maps of the backbone.
        classes: K.
        anchors: of a place.
        stages: 0 for the single one of Mask R-CNN.
        first: the names of versions 1.x, with background as first class.
    """
    head, known = ("", classes + 1) if first else ("roi_head.", classes)
    found: Shapes = {}
    for number, inputs in enumerate(channels):
        found |= _layer(f"neck.lateral_convs.{number}.conv", 256, inputs, 1, 1)
        found |= _layer(f"neck.fpn_convs.{number}.conv", 256, 256, 3, 3)
    found |= _layer("rpn_head.rpn_conv", 256, 256, 3, 3)
    found |= _layer("rpn_head.rpn_cls", anchors, 256, 1, 1)
    found |= _layer("rpn_head.rpn_reg", 4 * anchors, 256, 1, 1)
    for stage in [f".{number}" for number in range(stages)] or [""]:
        box, mask = f"{head}bbox_head{stage}", f"{head}mask_head{stage}"
        found |= _layer(f"{box}.shared_fcs.0", 1024, 256 * 7 * 7)
        found |= _layer(f"{box}.shared_fcs.1", 1024, 1024)
        found |= _layer(f"{box}.fc_cls", classes + 1, 1024)
        found |= _layer(f"{box}.fc_reg", 4 if stages else 4 * known, 1024)
        for number in range(4):
            found |= _layer(f"{mask}.convs.{number}.conv", 256, 256, 3, 3)
        found |= _layer(f"{mask}.upsample", 256, 256, 2, 2)
        found |= _layer(f"{mask}.conv_logits", known, 256, 1, 1)
        if stage not in ("", ".0"):
            found |= _layer(f"{mask}.conv_res.conv", 256, 256, 1, 1)
    return found


def _pair(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _norm(name: str, width: int) -> Shapes:
    statistics = {f"{name}.{each}": (width,) for each in ("running_mean", "running_var")}
    return {**_pair(name, width), **statistics}


def _layer(name: str, outputs: int, *inputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, *inputs), f"{name}.bias": (outputs,)}
