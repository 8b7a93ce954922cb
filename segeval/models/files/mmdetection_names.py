"""Names of whole models of mmdetection, and the order of their numbers.

Versions 1.x, whose heads lack `roi_head.` before their names, put background first; later ones put
it last, as here. Anchors of a place are ordered by ratio and then by size there, here by size and
then by ratio.

Source: the modules of mmdetection 1.2, 2.28 and 3.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch import Tensor

from segeval.models.config import ProposalConfig
from segeval.models.files.swin_names import merged_in_our_order, of_mmdetection_swin
from segeval.models.files.torchvision_names import of_torchvision

MARK = re.compile(
    r"(?:neck\.(?:0\.)?(?:lateral|fpn)_convs|rpn_head\.rpn_(?:conv|cls|reg)|(?:roi_head\.)?bbox_head"
    r"|roi_head\.mask_head|backbone\.(?:layer[1-4]\.\d+|stages\.\d+|cb_modules\.[01]))\..*"
)
"""Names that say that weights are mmdetection's."""

LAYERS = {
    "neck.lateral_convs.#.conv": ("backbone.fpn_lateral#", 2),
    "neck.fpn_convs.#.conv": ("backbone.fpn_output#", 2),
    "rpn_head.rpn_conv": ("proposal_generator.rpn_head.conv", 0),
    "rpn_head.rpn_cls": ("proposal_generator.rpn_head.objectness_logits", 0),
    "rpn_head.rpn_reg": ("proposal_generator.rpn_head.anchor_deltas", 0),
    "bbox_head.shared_fcs.#": ("roi_heads.box_head@.fc#", 1),
    "bbox_head.shared_fc.#": ("roi_heads.box_head@.shared_fc.#", 0),
    "bbox_head.delta_c.#": ("roi_heads.box_head@.delta_c.#", 0),
    "bbox_head.delta_r.#": ("roi_heads.box_head@.delta_r.#", 0),
    "bbox_head.TSD_pc_fcs.#": ("roi_heads.box_head@.class_branch.fc#", 1),
    "bbox_head.TSD_pr_fcs.#": ("roi_heads.box_head@.box_branch.fc#", 1),
    "bbox_head.TSD_fc_cls": ("roi_heads.box_predictor@.disentangled.cls_score", 0),
    "bbox_head.TSD_fc_reg": ("roi_heads.box_predictor@.disentangled.bbox_pred", 0),
    "bbox_head.fc_cls": ("roi_heads.box_predictor@.cls_score", 0),
    "bbox_head.fc_reg": ("roi_heads.box_predictor@.bbox_pred", 0),
    "bbox_head.loss_cls": ("roi_heads.box_predictor@.classifier", 0),
    "mask_head.convs.#.conv": ("roi_heads.mask_head@.mask_fcn#", 1),
    "mask_head.upsample": ("roi_heads.mask_head@.deconv", 0),
    "mask_head.conv_logits": ("roi_heads.mask_head@.predictor", 0),
    "mask_head.conv_res.conv": ("roi_heads.mask_head@.flow", 0),
    "mask_iou_head.convs.#": ("roi_heads.mask_iou_head.maskiou_fcn#", 1),
    "mask_iou_head.fcs.#": ("roi_heads.mask_iou_head.maskiou_fc#", 1),
    "mask_iou_head.fc_mask_iou": ("roi_heads.mask_iou_head.maskiou", 0),
}
"""Layers there and here, # the number of a layer, @ that of a stage; and how much # grows."""

COUNTS = "cum_samples"
"""End of the name of Seesaw's counts, the last of which is of background."""

REFINE = re.compile(
    r"mask_head((?:\.\d+)?\.(?:(?:instance|semantic)_convs|stages|stage_instance_logits"
    r"|final_instance_logits|semantic_logits)\..+)"
)
"""Names of RefineMask, which are ours too."""

STAGE = re.compile(r"(bbox_head|mask_head)(\.\d+)\.")
BALANCE = re.compile(r"neck\.1\.(refine\.\S+)")
OFFSETS = re.compile(r"(layer[1-4]\.\d+\.)conv2(?:\.conv)?_offset\.(\w+)")
COPY = re.compile(r"cb_modules\.([01])\.(.*)")
LINK = re.compile(r"cb_linears\.(\d\.\d)\.([01]\.)?(\w+)")
_BLOCK = re.compile(r"\b(g|theta|phi|conv_out)\.conv\.")
LATER = "roi_head."
"""Before the names of heads since version 2."""

ANCHOR_LAYERS = {"objectness_logits": 1, "anchor_deltas": 4}
"""Layers with rows for each anchor, and their number."""


def of_mmdetection(name: str, *, backbone: Callable[[str], str | None] | None = None) -> str | None:
    """Our name of a weight; None if it has no counterpart.

    Args:
        name: mmdetection's.
        backbone: our name of a weight within the backbone; None for those of a ResNet or a Swin
            transformer.

    Example:
        >>> of_mmdetection("roi_head.mask_head.1.convs.0.conv.bias")
        'roi_heads.mask_head.1.mask_fcn1.bias'
        >>> of_mmdetection("roi_head.bbox_head.loss_cls.cum_samples")
        'roi_heads.box_predictor.classifier.counts'
        >>> of_mmdetection("backbone.layer2.0.conv2.conv_offset.weight")
        'backbone.bottom_up.res3.0.conv2_offset.weight'
        >>> of_mmdetection("backbone.cb_linears.1.2.0.weight")
        'backbone.bottom_up.links.1.2.weight'
    """
    if name.startswith("backbone."):
        inner = (backbone or _of_backbone)(name.removeprefix("backbone."))
        return None if inner is None else f"backbone.bottom_up.{inner}"
    if found := BALANCE.fullmatch(name):
        return "backbone.balance." + _BLOCK.sub(r"\1.", found[1])
    bare = name.removeprefix(LATER).replace("neck.0.", "neck.", 1)
    if found := REFINE.fullmatch(bare):
        return f"roi_heads.mask_head{found[1]}"
    layer, _, part = bare.rpartition(".")
    stage = STAGE.match(f"{layer}.")
    if stage is not None:
        layer = layer.replace(stage[0].removesuffix("."), stage[1], 1)
    number = re.search(r"\d+", layer)
    ours, added = LAYERS.get(re.sub(r"\d+", "#", layer), (None, 0))
    if ours is None:
        return None
    ours = ours.replace("@", "" if stage is None else stage[2])
    part = "counts" if part == COUNTS else part
    return f"{ours.replace('#', str(int(number[0]) + added) if number else '')}.{part}"


def in_our_order(name: str, weight: Tensor) -> Tensor:
    """A weight with its rows and columns in our order, but for anchors.

    Args:
        name: mmdetection's.
        weight: as in the file.
    """
    if name.startswith("backbone."):
        return merged_in_our_order(name, weight)
    if weight.numel() == 0 or weight.ndim == 0:
        return weight
    if name.endswith(COUNTS):
        return weight[:-1]
    if name.startswith(LATER):
        return weight
    layer = name.rpartition(".")[0].rpartition(".")[2]
    if layer in ("fc_cls", "TSD_fc_cls"):
        return weight.roll(-1, 0)
    apiece = {"conv_logits": 1, "fc_mask_iou": 1, "fc_reg": 4, "TSD_fc_reg": 4}.get(layer)
    # a class-agnostic layer has one row, or one box, and none for background
    return weight if apiece is None or len(weight) == apiece else weight[apiece:]


def with_our_anchors(weights: Mapping[str, Tensor], config: ProposalConfig) -> dict[str, Tensor]:
    """Weights with the anchors of a place in our order.

    Args:
        weights: by our names.
        config: how many sizes and ratios there are; rows of another number stay as they are.
    """
    ratios, sizes = len(config.ratios), len(config.scales)
    found = dict(weights)
    for layer, apiece in ANCHOR_LAYERS.items():
        for part in ("weight", "bias"):
            name = f"proposal_generator.rpn_head.{layer}.{part}"
            weight = found.get(name)
            if weight is not None and weight.shape[:1] == (ratios * sizes * apiece,):
                rows = weight.unflatten(0, (ratios, sizes, apiece))
                found[name] = rows.transpose(0, 1).flatten(0, 2)
    return found


def _of_backbone(name: str) -> str | None:
    if found := COPY.fullmatch(name):
        inner = _of_backbone(found[2])
        return inner and f"{'lead' if found[1] == '1' else 'assistant'}.{inner}"
    if found := LINK.fullmatch(name):
        return f"links.{found[1]}.{'norm.' if found[2] == '1.' else ''}{found[3]}"
    if found := OFFSETS.fullmatch(name):
        block = of_torchvision(f"{found[1]}conv2.{found[2]}")
        return None if block is None else block.replace(".conv2.", ".conv2_offset.")
    return of_torchvision(name) or of_mmdetection_swin(name)
