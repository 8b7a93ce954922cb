"""What the names of weights say about their model, and which settings make a model like it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from segeval.words import counted

Shape = tuple[int, ...] | None
"""Of a weight; None where nothing depends on it."""

Shapes = Mapping[str, Shape]

BLOCKS = re.compile(r"backbone\.(?:.*\.)?res4\.(\d+)\.conv1\.weight")
SWIN_BLOCKS = re.compile(r"backbone\.(?:.*\.)?layers\.2\.blocks\.(\d+)\.norm1\.weight")
STAGES = re.compile(r"roi_heads\.box_head\.(\d+)\..*")
MASK_STAGES = re.compile(r"roi_heads\.mask_head\.(\d+)\..*")
NORMS = re.compile(r"backbone\.(?:.*\.)?res\d\.\d+\.conv1\.norm\.(\w+)")
SCORES = re.compile(r"roi_heads\.box_predictor\.(?:0\.)?cls_score\.bias")

DEPTHS = {1: 14, 2: 26, 6: 50, 23: 101, 36: 152}
"""Depth of a ResNet by its blocks in res4."""

SIZES = {6: "t", 18: "s"}
"""Size of a narrow Swin transformer by its blocks in the third stage."""

LAYERS = (
    (r"roi_heads\.box_head\.(?:0\.)?fc(\d+)\.weight", "layer", "the box head", "boxes.layers"),
    (
        r"roi_heads\.mask_head\.point_head\.fc(\d+)\.weight",
        "hidden layer",
        "the point head",
        "mask.point_layers",
    ),
    (
        r"roi_heads\.mask_head\.coarse_head\.fc(\d+)\.weight",
        "layer",
        "the coarse head",
        "mask.coarse_layers",
    ),
    (
        r"roi_heads\.mask_head\.0\.mask_fcn(\d+)\.weight",
        "convolution",
        "each mask head",
        "mask.layers",
    ),
)
"""Numbered layers: what one is, where it is, and the setting that says how many there are."""


@dataclass(frozen=True)
class Trait:
    """Something that a model has.

    Attributes:
        words: what it is.
        setting: what makes a model with it.
    """

    words: str
    setting: str


def difference(theirs: Shapes, ours: Shapes) -> str:
    """The first trait in which a file and a model differ, and the setting to choose; "" without.

    Args:
        theirs: weights of the file, by our names.
        ours: those of the model.

    Example:
        >>> staged = {f"roi_heads.box_head.{stage}.fc1.bias": None for stage in range(3)}
        >>> difference(staged, {"roi_heads.box_head.fc1.bias": None})
        'The file has 3 box stages, the model one: choose `detector.kind="cascade"`.'
    """
    for trait_of in TRAITS:
        had, has = trait_of(theirs), trait_of(ours)
        if had is not None and has is not None and had.words != has.words:
            told = has.words if has.words != ONE_STAGE.words else "one"
            return f"The file has {had.words}, the model {told}: choose {had.setting}."
    return ""


def extra(unexpected: Iterable[str], own: Collection[str]) -> list[str]:
    """Weights that the model lacks although it has the module that they belong to.

    Args:
        unexpected: names of weights that the model lacks.
        own: names of the model's weights.

    Example:
        >>> own = ["roi_heads.box_head.fc1.bias"]
        >>> extra(["roi_heads.box_head.fc2.bias", "roi_heads.mask_head.flow.bias"], own)
        ['roi_heads.box_head.fc2.bias']
    """
    modules = {_module(name) for name in own}
    return [name for name in unexpected if _module(name) in modules]


def _module(name: str) -> tuple[str, ...]:
    """Part of a model, such as ("roi_heads", "box_head")."""
    return tuple(name.split(".")[:2])


ONE_STAGE = Trait("one box stage", '`detector.kind="rcnn"`')


def _backbone(weights: Shapes) -> Trait | None:
    if any(".patch_embed." in name for name in weights):
        return Trait("a Swin transformer", '`backbone.kind="swin"`')
    if not any(BLOCKS.fullmatch(name) for name in weights):
        return None
    if any(".convs." in name and name.startswith("backbone.") for name in weights):
        return Trait("a Res2Net", '`backbone.kind="res2net"`')
    return Trait("a ResNet", '`backbone.kind="resnet"`')


def _part(mark: str, having: Trait, lacking: Trait) -> Callable[[Shapes], Trait | None]:
    """What it says whether a backbone has a part whose name is `mark`."""

    def trait_of(weights: Shapes) -> Trait | None:
        own = [name for name in weights if name.startswith("backbone.bottom_up.")]
        if not own:
            return None
        return having if any(mark in name for name in own) else lacking

    return trait_of


def _depth(weights: Shapes) -> Trait | None:
    if blocks := _numbers(BLOCKS, weights):
        depth = DEPTHS.get(len(blocks))
        setting = "another `backbone.depth`" if depth is None else f"`backbone.depth={depth}`"
        return Trait(f"{counted(len(blocks), 'block')} in res4", setting)
    if blocks := _numbers(SWIN_BLOCKS, weights):
        size = SIZES.get(len(blocks))
        setting = "other `backbone.depths`" if size is None else f'`backbone.swin="{size}"`'
        return Trait(f"{counted(len(blocks), 'block')} in the third stage", setting)
    return None


def _norms(weights: Shapes) -> Trait | None:
    parts = {found[1] for name in weights if (found := NORMS.fullmatch(name))}
    if "running_mean" in parts:
        return Trait("norms with statistics", '`backbone.norm="frozen"`')
    return Trait("norms without statistics", '`backbone.norm="group"`') if parts else None


def _stages(weights: Shapes) -> Trait | None:
    stages = _numbers(STAGES, weights)
    if stages:
        kinds = '`detector.kind="cascade"`'
        if _numbers(MASK_STAGES, weights):
            kinds = '`detector.kind="htc"` and `mask.kind="htc"`'
        return Trait(counted(len(stages), "box stage"), kinds)
    if any(name.startswith("roi_heads.box_head.") for name in weights):
        return ONE_STAGE
    if any(name.startswith("ins_head.") for name in weights):
        return Trait("the heads of SOLOv2", '`detector.kind="solo"`')
    return None


def _masks(weights: Shapes) -> Trait | None:
    own = [name for name in weights if name.startswith("roi_heads.mask_head.")]
    if _numbers(MASK_STAGES, own):
        return Trait("a mask head for each stage", '`detector.kind="htc"` and `mask.kind="htc"`')
    detector = '`detector.kind="cascade"` and ' if _numbers(STAGES, weights) else ""
    if any(".coarse_head." in name for name in own):
        return Trait("PointRend's mask head", f'{detector}`mask.kind="pointrend"`')
    if any(".mask_fcn" in name for name in own):
        return Trait("one mask head of convolutions", f'{detector}`mask.kind="conv"`')
    return None


def _flow(weights: Shapes) -> Trait | None:
    if not _numbers(MASK_STAGES, weights):
        return None
    if any(name.startswith("roi_heads.mask_head.") and ".flow." in name for name in weights):
        return Trait("mask heads that read each other, as HTC", "`mask.flow=true`")
    return Trait(
        "mask heads that do not read each other, as Cascade Mask R-CNN",
        "`mask.flow=false` and `detector.interleaved=false`",
    )


def _layers(pattern: str, noun: str, place: str, setting: str) -> Callable[[Shapes], Trait | None]:
    compiled = re.compile(pattern)

    def trait_of(weights: Shapes) -> Trait | None:
        number = len(_numbers(compiled, weights))
        return (
            None
            if number == 0
            else Trait(f"{counted(number, noun)} in {place}", f"`{setting}={number}`")
        )

    return trait_of


def _classifier(weights: Shapes) -> Trait | None:
    if not any(SCORES.fullmatch(name) for name in weights):
        return None
    if any(name.endswith(".classifier.counts") for name in weights):
        return Trait("boxes classified by the Seesaw loss", '`classifier.kind="seesaw"`')
    return Trait("boxes classified by a softmax", '`classifier.kind="softmax"`')


def _classes(weights: Shapes) -> Trait | None:
    besides = 2 if any(name.endswith(".classifier.counts") for name in weights) else 1
    for name, shape in weights.items():
        if SCORES.fullmatch(name) and shape and shape[0] > besides:
            number = shape[0] - besides
            return Trait(counted(number, "class", "classes"), f"`classes={number}`")
    return None


def _numbers(pattern: re.Pattern[str], names: Iterable[str]) -> set[str]:
    """Different numbers in names."""
    return {found[1] for name in names if (found := pattern.fullmatch(name))}


TRAITS: tuple[Callable[[Shapes], Trait | None], ...] = (
    _backbone,
    _part(
        ".assistant.",
        Trait("two backbones, as CBNetV2", "`backbone.copies=2`"),
        Trait("one backbone", "`backbone.copies=1`"),
    ),
    _depth,
    _norms,
    _part(
        ".conv2_offset.",
        Trait("deformable convolutions", "`backbone.deformable`"),
        Trait("plain convolutions", "`backbone.deformable=0`"),
    ),
    _part(
        ".context.",
        Trait("context blocks", "`backbone.context`"),
        Trait("no context blocks", "`backbone.context=0`"),
    ),
    _stages,
    _masks,
    _flow,
    *(_layers(*each) for each in LAYERS),
    _classifier,
    _classes,
)
"""From what all weights of a model follow to what few do."""
