"""Files of other programs: their names, their shapes, and the order of their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from segeval import FormatError
from segeval.models import build, component, load, save
from segeval.models.config import ProposalConfig, SwinConfig, changed, read_config
from segeval.models.costs.flops import shapes_only
from segeval.models.files.families import MICROSOFT, translated
from segeval.models.files.mmdetection_names import of_mmdetection, with_our_anchors
from segeval.models.files.swin_names import without_indices
from segeval.models.files.weights import compared, read_weights
from segeval.models.networks.backbone.window_attention import relative_position_index
from segeval.models.training.initial import bottom_up_of, config_for, new_model, read_initial
from tests.published_weights import constants, in_their_order, mmdetection_name, swin

OUTPUT_NORMS = {
    f"norm{stage}.{part}": (96 << stage,) for stage in range(4) for part in ("weight", "bias")
}
SMALL: dict[str, Any] = {"embed": 4, "depths": (2, 2, 2, 2), "heads": (1, 2, 2, 4), "window": 3}


def test_microsofts_swin_has_every_weight_but_the_norms_of_detectors() -> None:
    shapes = swin() | dict(constants())
    with shapes_only():
        found = translated({name: torch.empty(shape) for name, shape in shapes.items()})
        own = component("swin").state_dict()
    assert found.family == MICROSOFT
    report = compared({name: tuple(each.shape) for name, each in own.items()}, found.weights)
    assert set(report.missing) == set(OUTPUT_NORMS)
    assert not report.wrong_shape
    assert not report.unexpected
    ends = {name.rpartition(".")[2] for name in found.unknown if name.startswith("layers")}
    assert ends == {"relative_position_index", "attn_mask"}


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("backbone.bn1.running_var", "backbone.bottom_up.stem.conv1.norm.running_var"),
        ("backbone.layer3.5.conv2.conv_offset.bias", "backbone.bottom_up.res4.5.conv2_offset.bias"),
        ("backbone.layer3.5.conv2_offset.bias", "backbone.bottom_up.res4.5.conv2_offset.bias"),
        ("neck.fpn_convs.3.conv.bias", "backbone.fpn_output5.bias"),
        ("rpn_head.rpn_cls.weight", "proposal_generator.rpn_head.objectness_logits.weight"),
        ("roi_head.bbox_head.shared_fcs.0.bias", "roi_heads.box_head.fc1.bias"),
        ("bbox_head.shared_fc.0.bias", "roi_heads.box_head.shared_fc.0.bias"),
        ("bbox_head.delta_c.2.bias", "roi_heads.box_head.delta_c.2.bias"),
        ("bbox_head.TSD_pr_fcs.1.bias", "roi_heads.box_head.box_branch.fc2.bias"),
        ("bbox_head.TSD_fc_cls.bias", "roi_heads.box_predictor.disentangled.cls_score.bias"),
        ("roi_head.bbox_head.2.fc_reg.bias", "roi_heads.box_predictor.2.bbox_pred.bias"),
        ("roi_head.mask_head.convs.3.conv.bias", "roi_heads.mask_head.mask_fcn4.bias"),
        ("mask_head.1.conv_logits.bias", "roi_heads.mask_head.1.predictor.bias"),
        ("roi_head.mask_head.2.conv_res.conv.bias", "roi_heads.mask_head.2.flow.bias"),
        ("roi_head.mask_iou_head.convs.3.bias", "roi_heads.mask_iou_head.maskiou_fcn4.bias"),
        ("roi_head.mask_iou_head.fcs.0.bias", "roi_heads.mask_iou_head.maskiou_fc1.bias"),
        (
            "roi_head.mask_head.stages.2.fuse_conv.1.dilation_conv_3.conv.bias",
            "roi_heads.mask_head.stages.2.fuse_conv.1.dilation_conv_3.conv.bias",
        ),
        ("roi_head.mask_head.2.semantic_logits.bias", "roi_heads.mask_head.2.semantic_logits.bias"),
        ("mask_iou_head.fc_mask_iou.bias", "roi_heads.mask_iou_head.maskiou.bias"),
        ("roi_head.semantic_head.lateral_convs.0.bias", None),
        ("roi_head.bbox_head.1", None),
        ("backbone.stem.0.weight", None),
        ("anything", None),
    ],
)
def test_names_of_mmdetection(name: str, ours: str | None) -> None:
    assert of_mmdetection(name) == ours


def test_background_of_the_first_versions_becomes_the_last_class() -> None:
    rows = torch.arange(3.0)
    boxes = torch.arange(12.0)
    found = translated({
        "bbox_head.fc_cls.bias": rows,
        "bbox_head.fc_reg.bias": boxes,
        "bbox_head.1.fc_reg.bias": boxes[:4],
        "bbox_head.TSD_fc_cls.bias": rows,
        "bbox_head.TSD_fc_reg.bias": boxes,
        "mask_head.conv_logits.bias": rows,
        "mask_head.1.conv_logits.bias": rows[:1],
        "mask_head.convs.0.conv.bias": rows,
        "mask_iou_head.fc_mask_iou.bias": rows,
        "rpn_head.rpn_cls.bias": rows,
    }).weights  # fmt: skip
    assert {name: each.tolist() for name, each in found.items()} == {
        "roi_heads.box_predictor.cls_score.bias": [1, 2, 0],
        "roi_heads.box_predictor.bbox_pred.bias": list(range(4, 12)),
        "roi_heads.box_predictor.disentangled.cls_score.bias": [1, 2, 0],
        "roi_heads.box_predictor.disentangled.bbox_pred.bias": list(range(4, 12)),
        "roi_heads.box_predictor.1.bbox_pred.bias": [0, 1, 2, 3],  # the same box for all classes
        "roi_heads.mask_head.predictor.bias": [1, 2],
        "roi_heads.mask_head.1.predictor.bias": [0],
        "roi_heads.mask_head.mask_fcn1.bias": [0, 1, 2],
        "roi_heads.mask_iou_head.maskiou.bias": [1, 2],
        "proposal_generator.rpn_head.objectness_logits.bias": [0, 1, 2],
    }
    later = translated({"roi_head.bbox_head.fc_cls.bias": rows}).weights
    assert later["roi_heads.box_predictor.cls_score.bias"].tolist() == [0, 1, 2]


def test_anchors_of_several_sizes_are_put_in_our_order() -> None:
    # rows there: ratio 0 with sizes 0 and 1, ratio 1 with sizes 0 and 1, ...
    name, boxes = (
        f"proposal_generator.rpn_head.{each}.bias"
        for each in ("objectness_logits", "anchor_deltas")
    )
    theirs = {name: torch.arange(6.0), boxes: torch.arange(24.0)}
    config = ProposalConfig(scales=(4.0, 8.0), ratios=(0.5, 1.0, 2.0))
    found = with_our_anchors(theirs, config)
    assert found[name].tolist() == [0, 2, 4, 1, 3, 5]
    assert found[boxes].reshape(6, 4)[:, 0].tolist() == [0, 8, 16, 4, 12, 20]
    assert torch.equal(with_our_anchors(theirs, ProposalConfig())[name], theirs[name])
    one_size = {name: torch.arange(3.0)}
    assert torch.equal(with_our_anchors(one_size, ProposalConfig())[name], one_size[name])


def test_the_merging_of_mmdetection_gives_the_same_numbers_as_ours() -> None:
    torch.manual_seed(0)
    weight, scale, bias = torch.randn(6, 12), torch.randn(12), torch.randn(12)
    place = "backbone.stages.0.downsample."
    found = translated({
        f"{place}reduction.weight": weight, f"{place}norm.weight": scale, f"{place}norm.bias": bias,
    }).weights  # fmt: skip
    x = torch.randn(1, 4, 6, 3)
    unfolded = functional.unfold(x.permute(0, 3, 1, 2), 2, stride=2).transpose(1, 2)
    theirs = functional.layer_norm(unfolded, (12,), scale, bias) @ weight.T
    swin_net = component("swin", embed=3, heads=(1, 1, 1, 1))
    merging = swin_net.layers[0].downsample
    prefix = "backbone.bottom_up.layers.0.downsample."
    merging.load_state_dict({name.removeprefix(prefix): each for name, each in found.items()})
    assert torch.allclose(merging(x).flatten(1, 2), theirs, atol=1e-5)


def microsoft(path: Path, **wrong: Tensor) -> dict[str, Tensor]:
    """A file of Microsoft's names, and the weights in it."""
    torch.manual_seed(3)
    weights = {name: torch.randn(shape) for name, shape in swin(**SMALL).items()}
    indices = {
        name: relative_position_index(3) if name.endswith("index") else torch.zeros(shape)
        for name, shape in constants(SMALL["depths"], 3, 24)
    }
    torch.save({"model": weights | indices | wrong, "epoch": 300}, path)
    return weights


CONFIG = changed(
    read_config("maskrcnn-swin-t"),
    "small",
    classes=2,
    backbone=SMALL,
    proposals={"before_nms": [60, 30], "after_nms": [20, 10]},
    boxes={"layers": 1, "side": 2, "max_dets": 5},
)


def test_training_starts_from_microsofts_swin(tmp_path: Path) -> None:
    path = tmp_path / "swin.pth"
    weights = microsoft(path)
    initial = read_initial(path)
    grey = changed(CONFIG, "grey", input={"order": "BGR"})
    config, (note,) = config_for(grey, initial, share=2)
    assert config.input == CONFIG.input
    assert note.message == f"{path} has Microsoft's names: input.order is now RGB"
    model, (told,) = new_model(config, initial, seed=0)
    own = bottom_up_of(model).state_dict()
    used = [name for name in weights if not name.startswith(("norm.", "head."))]
    assert all(torch.equal(own[name], weights[name]) for name in used)
    assert told.message.startswith(f"{path}: {len(used)} of ")
    assert "(Microsoft names); the other" in told.message


def test_swin_of_another_window_is_refused_with_what_to_set(tmp_path: Path) -> None:
    path = tmp_path / "swin.pth"
    microsoft(path)
    other = changed(CONFIG, "other", backbone={"window": 5})
    with pytest.raises(FormatError) as problem:
        new_model(other, read_initial(path), seed=0)
    assert problem.value.message.startswith(
        f"{path}: backbone.bottom_up.layers.0.blocks.0.attn.relative_position_bias_table has shape "
        "(25, 1), expected (81, 1)"
    )
    assert problem.value.message.endswith(
        "Its windows have 3 x 3 places, those of the model 5 x 5: choose `backbone.window=3`."
    )


def test_a_deeper_swin_is_refused_with_what_to_set(tmp_path: Path) -> None:
    path = tmp_path / "swin.pth"
    microsoft(path)
    shallow = changed(CONFIG, "shallow", backbone={"depths": (2, 2, 1, 2)})
    with pytest.raises(FormatError) as problem:
        new_model(shallow, read_initial(path), seed=0)
    assert problem.value.message.startswith(
        f"{path}: backbone.bottom_up.layers.2.blocks.1.norm1.weight has no place in the model."
    )
    assert problem.value.message.endswith(
        "The file has 2 blocks in the third stage, the model 1 block in the third stage: choose "
        "other `backbone.depths`."
    )


def test_an_index_that_numbers_positions_in_another_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "swin.pth"
    name = "layers.1.blocks.0.attn.relative_position_index"
    microsoft(path, **{name: relative_position_index(3).T.contiguous()})
    with pytest.raises(FormatError) as problem:
        read_weights(path)
    assert problem.value.message == (
        f"{path}: {name} does not number the relative positions of a window row by row. "
        "Expected the weights of a Swin transformer."
    )


@pytest.mark.parametrize(
    "shape", [(), (0,), (5,), (3, 5), (2, 0)], ids=["scalar", "empty", "five", "fifteen", "none"]
)
def test_weights_of_any_shape_are_compared_with_the_model_and_break_nothing(
    shape: tuple[int, ...],
) -> None:
    names = [
        "bbox_head.fc_cls.bias", "bbox_head.fc_reg.bias", "mask_head.conv_logits.weight",
        "backbone.stages.0.downsample.norm.weight", "rpn_head.rpn_cls.bias",
    ]  # fmt: skip
    found = translated(dict.fromkeys(names, torch.zeros(shape))).weights
    assert len(with_our_anchors(found, ProposalConfig(scales=(4.0, 8.0)))) == len(names)


@pytest.mark.parametrize(
    "index",
    [
        torch.zeros(3, 5, dtype=torch.int64),
        torch.zeros(4, 4, dtype=torch.int64),
        torch.full((4, 4), float("nan")),
        torch.zeros(4, 4, dtype=torch.complex64),
        torch.zeros(1, dtype=torch.uint8).expand(65**4),
    ],
    ids=["no square", "zeros", "nan", "complex", "huge"],
)
def test_what_is_no_index_of_positions_is_refused(index: Tensor) -> None:
    with pytest.raises(FormatError, match=r"a\.pth: x\.relative_position_index does not number"):
        without_indices("a.pth", {"x.relative_position_index": index})


def test_a_backbone_alone_is_no_model_to_predict_with(tmp_path: Path) -> None:
    path = tmp_path / "swin.pth"
    microsoft(path)
    with pytest.raises(FormatError) as problem:
        load(path, config=CONFIG)
    assert "backbone.bottom_up.patch_embed.proj.weight is missing" in problem.value.message
    assert problem.value.message.endswith(
        "The file holds a backbone alone (Microsoft names): a training can start from it."
    )


def test_without_weights_no_stage_of_swin_is_frozen() -> None:
    frozen = changed(CONFIG, "frozen", backbone={"frozen_stages": 2})
    config, (note,) = config_for(frozen, None, share=2)
    assert config.backbone == CONFIG.backbone
    assert note.message == "no `initial`: all weights start at random, no layer is frozen"


def test_a_resnet_does_not_start_from_swin(tmp_path: Path) -> None:
    microsoft(tmp_path / "swin.pth")
    initial = read_initial(tmp_path / "swin.pth")
    message = r"res2\.\S+ is missing.*has a Swin transformer, the model a ResNet: choose"
    with pytest.raises(FormatError, match=message):
        new_model(read_config("maskrcnn-r50"), initial, seed=0)


@pytest.fixture(scope="module")
def swin_model() -> Any:
    torch.manual_seed(4)
    model = build(CONFIG).eval()
    for each in model.parameters():
        torch.nn.init.normal_(each, std=0.05)
    return model


def test_a_model_of_mmdetection_predicts_as_it_would_under_our_names(
    swin_model: Any, tmp_path: Path
) -> None:
    path, own = tmp_path / "epoch_36.pth", swin_model.state_dict()
    theirs = {mmdetection_name(name): in_their_order(name, each) for name, each in own.items()}
    torch.save({"meta": {"epoch": 36}, "state_dict": theirs}, path)
    loaded = load(path, config=CONFIG)
    assert str(loaded.report) == f"{len(own)} of {len(own)} weights found"
    image = torch.randn(1, 3, 64, 64)
    had, has = (each(image, [(64, 64)])[0] for each in (swin_model, loaded.model))
    assert torch.equal(had.boxes, has.boxes)
    assert torch.equal(had.scores, has.scores)
    again, (note,) = new_model(CONFIG, read_initial(path), seed=9)
    assert "(mmdetection names)" in note.message
    state = again.state_dict()
    assert all(torch.equal(state[name], each) for name, each in own.items())


def test_our_own_file_of_swin_is_read_without_a_word_about_names(
    swin_model: Any, tmp_path: Path
) -> None:
    path = tmp_path / "swin.safetensors"
    save(path, swin_model, CONFIG, [(1, "lamp"), (2, "table")])
    loaded = load(path)
    backbone = loaded.config.backbone
    assert isinstance(backbone, SwinConfig)
    assert backbone.sizes == (4, (2, 2, 2, 2), (1, 2, 2, 4))
    own, state = swin_model.state_dict(), loaded.model.state_dict()
    assert all(torch.equal(state[name], each) for name, each in own.items())
    config, notes = config_for(CONFIG, read_initial(path), share=2)
    assert (config, notes) == (CONFIG, ())
