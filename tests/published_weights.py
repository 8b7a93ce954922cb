"""Names and shapes of weights that other programs publish, written out from their modules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch import Tensor

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


def res2net(blocks: tuple[int, ...] = (3, 4, 23, 3), prefix: str = "", stem: str = "") -> Shapes:
    """The authors' Res2Net, version 1b, 26w x 4s, without its classifier.

    Args:
        blocks: of each stage; those of 101 layers.
        prefix: of all names.
        stem: "stem" for the names of mmdetection's stem.
    """
    first = stem or "conv1"
    last = f"{stem}.7" if stem else "bn1"
    found: Shapes = {}
    sides = ((32, 3), (32, 32), (64, 32))
    for place, (norm, side) in enumerate(
        zip((f"{first}.1", f"{first}.4", last), sides, strict=True)
    ):
        found[f"{prefix}{first}.{3 * place}.weight"] = (*side, 3, 3)
        found |= _norm(f"{prefix}{norm}", side[0])
    inputs = 64
    for layer, number in enumerate(blocks, 1):
        width, outputs = 13 << layer, 128 << layer
        for block in range(number):
            place_of = f"{prefix}layer{layer}.{block}"
            found[f"{place_of}.conv1.weight"] = (4 * width, inputs, 1, 1)
            found[f"{place_of}.conv3.weight"] = (outputs, 4 * width, 1, 1)
            found |= _norm(f"{place_of}.bn1", 4 * width) | _norm(f"{place_of}.bn3", outputs)
            for part in range(3):
                found[f"{place_of}.convs.{part}.weight"] = (width, width, 3, 3)
                found |= _norm(f"{place_of}.bns.{part}", width)
            if block == 0:
                found[f"{place_of}.downsample.1.weight"] = (outputs, inputs, 1, 1)
                found |= _norm(f"{place_of}.downsample.2", outputs)
            inputs = outputs
    return found


def hrnet(width: int, modules: tuple[int, ...] = (1, 4, 3)) -> Shapes:
    """The authors' HRNet with the first layers of its classifier.

    Args:
        width: of the finest branch.
        modules: in the stages of two, three and four branches.
    """
    found = _conv("conv1", "bn1", 64, 3) | _conv("conv2", "bn2", 64, 64)
    for block in range(4):
        place = f"layer1.{block}"
        found |= _conv(f"{place}.conv1", f"{place}.bn1", 64, 256 if block else 64, 1)
        found |= _conv(f"{place}.conv2", f"{place}.bn2", 64, 64)
        found |= _conv(f"{place}.conv3", f"{place}.bn3", 256, 64, 1)
    found |= _conv("layer1.0.downsample.0", "layer1.0.downsample.1", 256, 64, 1)
    wide = [width << branch for branch in range(4)]
    found |= _conv("transition1.0.0", "transition1.0.1", width, 256)
    for stage, inputs in ((1, 256), (2, wide[1]), (3, wide[2])):
        place = f"transition{stage}.{stage}.0"
        found |= _conv(f"{place}.0", f"{place}.1", wide[stage], inputs)
    for stage, number in enumerate(modules, 2):
        for module in range(number):
            found |= _exchange(f"stage{stage}.{module}", wide[:stage])
    return found | _conv("incre_modules.0.0.conv1", "incre_modules.0.0.bn1", 32, width, 1)


def _exchange(place: str, wide: list[int]) -> Shapes:
    """A module of HRNet."""
    found: Shapes = {}
    for target, outputs in enumerate(wide):
        for block in range(4):
            branch = f"{place}.branches.{target}.{block}"
            for number in (1, 2):
                found |= _conv(f"{branch}.conv{number}", f"{branch}.bn{number}", outputs, outputs)
        for source, inputs in enumerate(wide):
            way = f"{place}.fuse_layers.{target}.{source}"
            if source > target:
                found |= _conv(f"{way}.0", f"{way}.1", outputs, inputs, 1)
            for step in range(target - source):
                last = outputs if step == target - source - 1 else inputs
                found |= _conv(f"{way}.{step}.0", f"{way}.{step}.1", last, inputs)
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
    depths: tuple[int, ...] = (2, 2, 6, 2), window: int = 7, side: int = 56, *, masks: bool = True
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Those of Microsoft's Swin: the index, and of a classifier in odd blocks the mask."""
    for layer, blocks in enumerate(depths):
        for block in range(blocks):
            place = f"layers.{layer}.blocks.{block}"
            yield f"{place}.attn.relative_position_index", (window**2, window**2)
            windows = (side // 2**layer // window) ** 2
            if masks and block % 2 and windows > 1:
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


STAGED = re.compile(r"(roi_heads\.\w+)\.(\d+)\.(.*)")
HEADS = (
    ("proposal_generator.rpn_head.conv", "rpn_head.rpn_conv"),
    ("proposal_generator.rpn_head.objectness_logits", "rpn_head.rpn_cls"),
    ("proposal_generator.rpn_head.anchor_deltas", "rpn_head.rpn_reg"),
    ("roi_heads.box_head.fc1", "roi_head.bbox_head.shared_fcs.0"),
    ("roi_heads.box_head.fc2", "roi_head.bbox_head.shared_fcs.1"),
    ("roi_heads.box_predictor.cls_score", "roi_head.bbox_head.fc_cls"),
    ("roi_heads.box_predictor.bbox_pred", "roi_head.bbox_head.fc_reg"),
    ("roi_heads.box_predictor.classifier.counts", "roi_head.bbox_head.loss_cls.cum_samples"),
    ("roi_heads.mask_head.deconv", "roi_head.mask_head.upsample"),
    ("roi_heads.mask_head.predictor", "roi_head.mask_head.conv_logits"),
    ("roi_heads.mask_head.flow", "roi_head.mask_head.conv_res.conv"),
)
BACKBONE = (
    ("stem.conv1.norm", "bn1"), ("stem.conv1", "conv1"), ("shortcut.norm", "downsample.1"),
    ("shortcut", "downsample.0"), ("conv1.norm", "bn1"), ("conv2.norm", "bn2"),
    ("conv3.norm", "bn3"),
)  # fmt: skip


def mmdetection_name(ours: str) -> str:
    """The name of a weight of a small Mask R-CNN, cascade or HTC in the newest mmdetection."""
    if staged := STAGED.fullmatch(ours):
        part, stage, rest = staged.groups()
        single = mmdetection_name(f"{part}.{rest}")
        return re.sub(r"(bbox_head|mask_head)", rf"\1.{stage}", single, count=1)
    inner = ours.removeprefix("backbone.bottom_up.")
    if inner != ours and inner.startswith(("stem", "res")):
        inner = re.sub(r"res(\d)", lambda found: f"layer{int(found[1]) - 1}", inner)
        for old, new in BACKBONE:
            inner = inner.replace(old, new)
        return f"backbone.{inner}"
    if inner != ours:
        return renamed_swin({inner: ()})[inner]
    for old, new in (
        ("backbone.fpn_lateral", "neck.lateral_convs."), ("backbone.fpn_output", "neck.fpn_convs."),
    ):  # fmt: skip
        if ours.startswith(old):
            number, part = ours.removeprefix(old).split(".")
            return f"{new}{int(number) - 2}.conv.{part}"
    if ".mask_fcn" in ours:
        number, part = ours.rpartition("mask_fcn")[2].split(".")
        return f"roi_head.mask_head.convs.{int(number) - 1}.conv.{part}"
    for old, new in HEADS:
        ours = ours.replace(old, new)
    return ours


def in_their_order(name: str, weight: Tensor) -> Tensor:
    """A weight as mmdetection's own converter of Microsoft's files writes it."""
    if "downsample" not in name:
        return weight
    parts = weight.unflatten(-1, (4, -1))
    ordered: Tensor = parts[..., [0, 2, 1, 3], :]
    return ordered.transpose(-1, -2).flatten(-2)


def above(
    channels: tuple[int, ...],
    classes: int,
    *,
    anchors: int = 3,
    stages: int = 0,
    flow: bool = True,
    seesaw: bool = False,
    first: bool = False,
) -> Shapes:
    """Everything above the backbone of mmdetection's Mask R-CNN, Cascade Mask R-CNN or HTC.

    Args:
        channels: of the maps of the backbone.
        classes: K.
        anchors: of a place.
        stages: 0 for the single one of Mask R-CNN.
        flow: whether mask heads read each other, as in HTC.
        seesaw: whether boxes are classified with the Seesaw loss.
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
        if seesaw:
            found[f"{box}.loss_cls.cum_samples"] = (classes + 1,)
        found |= _layer(f"{box}.fc_cls", classes + 1 + seesaw, 1024)
        found |= _layer(f"{box}.fc_reg", 4 if stages else 4 * known, 1024)
        found |= _layer(f"{box}.shared_fcs.0", 1024, 256 * 7 * 7)
        found |= _layer(f"{box}.shared_fcs.1", 1024, 1024)
        for number in range(4):
            found |= _layer(f"{mask}.convs.{number}.conv", 256, 256, 3, 3)
        found |= _layer(f"{mask}.upsample", 256, 256, 2, 2)
        found |= _layer(f"{mask}.conv_logits", known, 256, 1, 1)
        if flow and stage not in ("", ".0"):
            found |= _layer(f"{mask}.conv_res.conv", 256, 256, 1, 1)
    return found


def detectron2(channels: tuple[int, ...], classes: int, *, stages: int = 0) -> Shapes:
    """Everything above the backbone of detectron2's Mask R-CNN or Cascade Mask R-CNN.

    Args:
        channels: of the maps of the backbone.
        classes: K.
        stages: 0 for the single one of Mask R-CNN.
    """
    found: Shapes = {"pixel_mean": (3, 1, 1), "pixel_std": (3, 1, 1)}
    found |= _pyramid(channels)
    for level in range(5):
        found[f"proposal_generator.anchor_generator.cell_anchors.{level}"] = (3, 4)
    found |= _layer("proposal_generator.rpn_head.conv", 256, 256, 3, 3)
    found |= _layer("proposal_generator.rpn_head.objectness_logits", 3, 256, 1, 1)
    found |= _layer("proposal_generator.rpn_head.anchor_deltas", 12, 256, 1, 1)
    for stage in [f".{number}" for number in range(stages)] or [""]:
        found |= _layer(f"roi_heads.box_head{stage}.fc1", 1024, 256 * 7 * 7)
        found |= _layer(f"roi_heads.box_head{stage}.fc2", 1024, 1024)
        found |= _layer(f"roi_heads.box_predictor{stage}.cls_score", classes + 1, 1024)
        found |= _layer(
            f"roi_heads.box_predictor{stage}.bbox_pred", 4 if stages else 4 * classes, 1024
        )
    for number in range(1, 5):
        found |= _layer(f"roi_heads.mask_head.mask_fcn{number}", 256, 256, 3, 3)
    found |= _layer("roi_heads.mask_head.deconv", 256, 256, 2, 2)
    return found | _layer("roi_heads.mask_head.predictor", classes, 256, 1, 1)


def detectron2_resnet50() -> Shapes:
    """detectron2's ResNet-50 below a pyramid."""
    stem = "backbone.bottom_up.stem.conv1"
    found: Shapes = {f"{stem}.weight": (64, 3, 7, 7), **_norm(f"{stem}.norm", 64)}
    for stage, blocks, inputs, middle, outputs in (
        (2, 3, 64, 64, 256), (3, 4, 256, 128, 512), (4, 6, 512, 256, 1024), (5, 3, 1024, 512, 2048),
    ):  # fmt: skip
        for block in range(blocks):
            place = f"backbone.bottom_up.res{stage}.{block}"
            before = inputs if block == 0 else outputs
            shapes = {"conv1": (middle, before, 1, 1), "conv2": (middle, middle, 3, 3)}
            shapes["conv3"] = (outputs, middle, 1, 1)
            if block == 0:
                shapes["shortcut"] = (outputs, inputs, 1, 1)
            for conv, shape in shapes.items():
                found[f"{place}.{conv}.weight"] = shape
                found |= _norm(f"{place}.{conv}.norm", shape[0])
    return found


def tsd(classes: int) -> Shapes:
    """What the box head of TSD, on mmdetection 1, has beside an ordinary one."""
    head, inputs = "bbox_head", 256 * 7 * 7
    found = _layer(f"{head}.shared_fc.0", 256, inputs)
    for branch, outputs in (("delta_c", 2 * 7 * 7), ("delta_r", 2)):
        found |= _layer(f"{head}.{branch}.0", 256, 256)
        found |= _layer(f"{head}.{branch}.2", outputs, 256)
    for branch in ("TSD_pc_fcs", "TSD_pr_fcs"):
        found |= _layer(f"{head}.{branch}.0", 1024, inputs)
        found |= _layer(f"{head}.{branch}.1", 1024, 1024)
    found |= _layer(f"{head}.TSD_fc_cls", classes + 1, 1024)
    return found | _layer(f"{head}.TSD_fc_reg", 4 * (classes + 1), 1024)


def mask_scoring(classes: int) -> Shapes:
    """The head of mmdetection's Mask Scoring R-CNN."""
    found: Shapes = {}
    for number in range(4):
        found |= _layer(f"roi_head.mask_iou_head.convs.{number}", 256, 256 + (number == 0), 3, 3)
    for number, inputs in enumerate((256 * 7 * 7, 1024)):
        found |= _layer(f"roi_head.mask_iou_head.fcs.{number}", 1024, inputs)
    return found | _layer("roi_head.mask_iou_head.fc_mask_iou", classes, 1024)


def solov2(channels: tuple[int, ...], classes: int) -> Shapes:
    """Everything above the backbone of AdelaiDet's SOLOv2; arguments as of `detectron2`."""
    found: Shapes = {"pixel_mean": (3, 1, 1), "pixel_std": (3, 1, 1), **_pyramid(channels)}
    for tower, inputs in (("cate", 256), ("kernel", 258)):
        for number in range(4):
            place = f"ins_head.{tower}_tower.{3 * number}"
            found[f"{place}.weight"] = (512, 512 if number else inputs, 3, 3)
            found |= _pair(f"ins_head.{tower}_tower.{3 * number + 1}", 512)
    found |= _layer("ins_head.cate_pred", classes, 512, 3, 3)
    found |= _layer("ins_head.kernel_pred", 256, 512, 3, 3)
    for level in range(4):
        for number in range(max(1, level)):
            place = f"mask_head.convs_all_levels.{level}.conv{number}"
            inputs = 128 if number else 256 if level < 3 else 258
            found[f"{place}.0.weight"] = (128, inputs, 3, 3)
            found |= _pair(f"{place}.1", 128)
    return {
        **found,
        "mask_head.conv_pred.0.weight": (256, 128, 1, 1),
        **_pair("mask_head.conv_pred.1", 256),
    }


def _pyramid(channels: tuple[int, ...]) -> Shapes:
    """detectron2's feature pyramid on maps of some channels."""
    found: Shapes = {}
    for number, inputs in enumerate(channels, 2):
        found |= _layer(f"backbone.fpn_lateral{number}", 256, inputs, 1, 1)
        found |= _layer(f"backbone.fpn_output{number}", 256, 256, 3, 3)
    return found


def _pair(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _norm(name: str, width: int) -> Shapes:
    statistics = {f"{name}.{each}": (width,) for each in ("running_mean", "running_var")}
    return {**_pair(name, width), **statistics}


def _conv(name: str, norm: str, outputs: int, inputs: int, side: int = 3) -> Shapes:
    return {f"{name}.weight": (outputs, inputs, side, side), **_norm(norm, outputs)}


def _layer(name: str, outputs: int, *inputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, *inputs), f"{name}.bias": (outputs,)}
