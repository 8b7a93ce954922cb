"""Whole models of other programs: every name of theirs is known, and none of ours is missing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from segeval.models import build, load
from segeval.models.config import Config, changed, read_config
from segeval.models.costs.flops import shapes_only
from segeval.models.files.families import (
    MMDETECTION,
    MMDETECTION_RES2NET,
    OURS,
    Family,
    translated,
)
from segeval.models.files.weights import compared, current_name
from segeval.models.training.initial import config_for, new_model, read_initial
from tests.published_weights import (
    Shapes,
    above,
    constants,
    detectron2,
    detectron2_resnet50,
    mask_scoring,
    mmdetection_name,
    renamed_swin,
    res2net,
    resnet50,
    solov2,
    swin,
    tsd,
)
from tests.small_models import small_models

RESNET, SWIN = (256, 512, 1024, 2048), (96, 192, 384, 768)

HTC = {"detector": {"kind": "htc"}, "mask": {"kind": "htc"}}
RES2NET = changed(
    read_config("maskrcnn-r50"), "res2net", backbone={"kind": "res2net", "depth": 101}
)
CASCADE = {
    "detector": {"kind": "htc", "interleaved": False},
    "mask": {"kind": "htc", "flow": False},
}
"""Mmdetection's Cascade Mask R-CNN has a mask head for each stage."""


def swin_detector(prefix: str) -> Shapes:
    """Microsoft's Swin-T with the norms that detectors have, and its constants."""
    found = swin() | dict(constants(masks=False))
    kept = {name: shape for name, shape in found.items() if not name.startswith(("norm.", "head."))}
    for stage in range(4):
        kept |= {f"norm{stage}.{part}": (96 << stage,) for part in ("weight", "bias")}
    return {f"{prefix}{name}": shape for name, shape in kept.items()}


def newest_swin() -> Shapes:
    """The same under the names of mmdetection since 2.16."""
    plain = swin_detector("")
    return {theirs: plain[ours] for ours, theirs in renamed_swin(plain).items()}


def contexts() -> Shapes:
    """Global context blocks in the last three stages of a ResNet-50, of a sixteenth."""
    found: Shapes = {}
    for layer, blocks in ((2, 4), (3, 6), (4, 3)):
        width = 128 << layer
        shapes = {
            "conv_mask": (1, width, 1, 1),
            "channel_add_conv.0": (width // 16, width, 1, 1),
            "channel_add_conv.1": (width // 16, 1, 1),
            "channel_add_conv.3": (width, width // 16, 1, 1),
        }
        for block in range(blocks):
            for name, shape in shapes.items():
                place = f"backbone.layer{layer}.{block}.context_block.{name}"
                found[f"{place}.weight"] = shape
                found[f"{place}.bias"] = shape if name.endswith("1") else shape[:1]
    return found


def balanced(shapes: Shapes) -> Shapes:
    """A model with a balanced pyramid: its necks have numbers."""
    found = {name.replace("neck.", "neck.0."): shape for name, shape in shapes.items()}
    for name in ("g", "theta", "phi", "conv_out"):
        found[f"neck.1.refine.{name}.conv.weight"] = (256, 256, 1, 1)
        found[f"neck.1.refine.{name}.conv.bias"] = (256,)
    return found


Model = tuple[Family, Config | str, Shapes]
"""The family of the names, our configuration, and all names and shapes in the file."""

OF_MMDETECTION: tuple[tuple[str, Config | str, dict[str, Any]], ...] = (
    ("Mask R-CNN", "maskrcnn-r50", {}),
    ("HTC", changed(Config(), "htc", **HTC), {"stages": 3}),
    ("Cascade", changed(Config(), "cascade", **CASCADE), {"stages": 3, "flow": False}),
)
"""Models that both the first and the later versions have."""

OTHERS: dict[str, Model] = {
    "Mask R-CNN of detectron2": (
        OURS, "maskrcnn-r50", detectron2_resnet50() | detectron2(RESNET, 80),
    ),
    "Mask Scoring R-CNN of mmdetection": (
        MMDETECTION, "mask-scoring-r50", resnet50() | above(RESNET, 80) | mask_scoring(80),
    ),
    "Cascade Mask R-CNN of detectron2": (
        OURS, "cascade-r50", detectron2_resnet50() | detectron2(RESNET, 80, stages=3),
    ),
    "SOLOv2 of AdelaiDet": (OURS, "solov2-r50", detectron2_resnet50() | solov2(RESNET, 80)),
    "Swin-T Mask R-CNN of detectron2": (
        OURS, "maskrcnn-swin-t", swin_detector("backbone.bottom_up.") | detectron2(SWIN, 80),
    ),
    "Swin-T Mask R-CNN of Microsoft": (
        MMDETECTION, "maskrcnn-swin-t", swin_detector("backbone.") | above(SWIN, 80),
    ),
    "Swin-T Mask R-CNN of mmdetection": (
        MMDETECTION, "maskrcnn-swin-t", newest_swin() | above(SWIN, 80),
    ),
    "Res2Net-101 Mask R-CNN of mmdetection": (
        MMDETECTION_RES2NET,
        RES2NET,
        res2net(prefix="backbone.", stem="stem") | above(RESNET, 80),
    ),
    "Res2Net-101 Mask R-CNN on the authors' code": (
        MMDETECTION_RES2NET,
        RES2NET,
        res2net(prefix="backbone.") | above(RESNET, 80, first=True),
    ),
    "Libra R-CNN's pyramid with global context of mmdetection": (
        MMDETECTION,
        changed(
            read_config("maskrcnn-r50"),
            "libra",
            backbone={"context": 16},
            pyramid={"balance": "non-local"},
        ),
        resnet50() | contexts() | balanced(above(RESNET, 80)),
    ),
    "Seesaw of mmdetection": (
        MMDETECTION,
        changed(Config(), "seesaw", classes=1203, classifier={"kind": "seesaw"}, **CASCADE),
        resnet50() | above(RESNET, 1203, stages=3, flow=False, seesaw=True),
    ),
    "Mask R-CNN with Seesaw of mmdetection": (
        MMDETECTION,
        changed(
            Config(), "seesaw", classes=1203, classifier={"kind": "seesaw"}, mask={"kind": "conv"}
        ),
        resnet50() | above(RESNET, 1203, seesaw=True),
    ),
    "TSD of mmdetection 1": (
        MMDETECTION,
        changed(Config(), "tsd", detector={"kind": "tsd"}, mask={"kind": "conv"}),
        resnet50() | above(RESNET, 80, first=True) | tsd(80),
    ),
}  # fmt: skip

VERSIONS: dict[str, Model] = {
    f"{name} of mmdetection {version}": (
        MMDETECTION,
        config,
        resnet50() | above(RESNET, 80, first=version == "1", **how),
    )
    for version in ("1", "2 and 3")
    for name, config, how in OF_MMDETECTION
}

MODELS = OTHERS | VERSIONS


def read(names: Iterable[str]) -> list[str]:
    """Names that are read, without constants."""
    return [name for name in names if current_name(name) and not name.endswith("position_index")]


@pytest.mark.parametrize("model", MODELS)
def test_every_weight_of_a_published_model_is_used_and_none_is_missing(model: str) -> None:
    family, config, shapes = MODELS[model]
    with shapes_only():
        found = translated({name: torch.empty(shapes[name]) for name in read(shapes)})
        own = {name: tuple(each.shape) for name, each in build(config).state_dict().items()}
    assert found.family == family
    assert found.unknown == ()
    assert str(compared(own, found.weights)) == f"{len(own)} of {len(own)} weights found"


def test_the_semantic_branch_of_htc_is_not_read() -> None:
    names = ["roi_head.semantic_head.conv_logits.weight", "roi_head.bbox_head.0.fc_cls.bias"]
    assert translated(dict.fromkeys(names, torch.zeros(3))).unknown == (names[0],)


@pytest.fixture(scope="module")
def heads() -> tuple[Config, dict[str, Any]]:
    """A small cascade with the Seesaw loss for three classes, and random numbers for it."""
    config = changed(
        Config(),
        "small",
        classes=3,
        classifier={"kind": "seesaw"},
        boxes={"side": 2, "layers": 1},
        **{**HTC, "mask": {"kind": "htc", "layers": 1, "pool": 2}},
    )
    torch.manual_seed(3)
    with small_models():
        own = build(config).state_dict()
    for each in own.values():
        if each.is_floating_point():
            each.copy_(torch.randn_like(each))
    for stage in range(3):
        counts = torch.tensor([7, 5, stage])
        own[f"roi_heads.box_predictor.{stage}.classifier.counts"].copy_(counts)
    return config, own


def theirs(name: str, weight: torch.Tensor) -> torch.Tensor:
    """A weight as mmdetection has it, which counts background last."""
    if not name.endswith("counts"):
        return weight
    return torch.cat([weight.float(), torch.tensor([1e6])])


def test_a_cascade_with_the_seesaw_loss_is_read_with_its_counts(
    heads: tuple[Config, dict[str, Any]], tmp_path: Path
) -> None:
    config, own = heads
    path = tmp_path / "epoch_24.pth"
    state = {mmdetection_name(name): theirs(name, each) for name, each in own.items()}
    assert state["roi_head.bbox_head.1.fc_cls.weight"].shape == (5, 1024)
    assert state["roi_head.bbox_head.1.loss_cls.cum_samples"].tolist() == [7, 5, 1, 1e6]
    tracked = {"backbone.bn1.num_batches_tracked": torch.tensor(9)}
    torch.save({"meta": {}, "state_dict": state | tracked, "optimizer": {}}, path)
    with small_models():
        loaded = load(path, config=config)
        initial = read_initial(path)
        trained, _ = new_model(config_for(config, initial, share=2)[0], initial, seed=0)
    assert str(loaded.report) == f"{len(own)} of {len(own)} weights found"
    for found in (loaded.model.state_dict(), trained.state_dict()):
        assert all(torch.equal(found[name], each) for name, each in own.items())
        assert found["roi_heads.box_predictor.2.classifier.counts"].dtype == torch.int64


def test_background_of_a_cascade_of_the_first_version_becomes_the_last_class(
    heads: tuple[Config, dict[str, Any]], tmp_path: Path
) -> None:
    config = changed(heads[0], "softmax", classifier={"kind": "softmax"})
    path = tmp_path / "epoch_12.pth"
    torch.manual_seed(5)
    with small_models():
        own = {name: torch.randn_like(each) for name, each in build(config).state_dict().items()}
        state = {}
        for name, each in own.items():
            old = mmdetection_name(name).removeprefix("roi_head.")
            if ".fc_cls." in old:
                each = each[[3, 0, 1, 2]]
            elif ".conv_logits." in old:
                each = torch.cat([torch.full_like(each[:1], 99), each])
            state[old] = each
        torch.save({"state_dict": state}, path)
        loaded = load(path, config=config)
    found = loaded.model.state_dict()
    assert str(loaded.report) == f"{len(own)} of {len(own)} weights found"
    assert all(torch.equal(found[name], each) for name, each in own.items())
