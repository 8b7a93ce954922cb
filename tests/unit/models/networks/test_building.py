"""Models from configurations, and in and out of files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from segeval import FormatError, InputError, MismatchError
from segeval.models import build, load, save
from segeval.models.config import Config, changed
from segeval.models.config.presets import PRESETS
from segeval.models.files.weights import save_weights
from segeval.models.networks.box_stage import FastRCNNStage
from segeval.models.networks.rcnn import MaskRCNN
from tests.small_models import small_models

SMALL = changed(
    Config(),
    "small",
    classes=2,
    backbone={"width_per_group": 4},
    mask={"coarse_channels": 8, "coarse_width": 16, "point_width": 8, "grid": 8},
)
"""Few numbers."""

CATEGORIES = ((5, "chair"), (9, "table"))


def test_settings_alone_make_a_small_model() -> None:
    model = build(
        changed(
            Config(),
            "small",
            backbone={"depth": 14, "base_channels": 8, "width_per_group": 8, "norm": "group"},
            pyramid={"channels": 16},
            boxes={"width": 32},
            mask={"kind": "conv"},
        )
    )
    shapes = {name: tuple(each.shape) for name, each in model.state_dict().items()}
    assert "backbone.bottom_up.res5.0.conv1.weight" in shapes
    assert "backbone.bottom_up.res5.1.conv1.weight" not in shapes
    assert shapes["backbone.bottom_up.stem.conv1.weight"] == (8, 3, 7, 7)
    assert shapes["backbone.bottom_up.res5.0.conv2.weight"] == (64, 64, 3, 3)
    assert shapes["backbone.bottom_up.res5.0.conv3.weight"] == (256, 64, 1, 1)
    assert shapes["backbone.fpn_output5.weight"] == (16, 16, 3, 3)
    assert shapes["roi_heads.box_head.fc1.weight"] == (32, 16 * 7 * 7)
    assert shapes["roi_heads.box_predictor.cls_score.weight"] == (81, 32)
    assert shapes["roi_heads.mask_head.predictor.weight"] == (80, 16, 1, 1)


@pytest.mark.parametrize("side", [1_000_000, 1_000_000_000])
def test_settings_that_no_memory_holds_are_refused_in_words(side: int) -> None:
    config = changed(SMALL, "vast", backbone={"depth": 14}, boxes={"side": side})
    with pytest.raises(InputError, match="vast: its settings ask for more weights than the memory"):
        build(config)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, nn.Module]:
    """A file of a model with random weights, and the model."""
    torch.manual_seed(0)
    with small_models():
        model = build(SMALL)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save(path, model, SMALL, CATEGORIES)
    return path, model


@pytest.fixture
def small() -> Iterator[None]:
    """Models are as that one is."""
    with small_models():
        yield


@pytest.mark.parametrize(
    ("name", "entries", "parameters"),
    [
        ("pointrend-r50", 311, 60_161_792),
        ("pointrend-x101", 566, 123_246_336),
        ("pointrend-r50-cityscapes", 311, 56_096_456),
        ("semantic-fpn-r101-pointrend", 567, 47_572_582),
    ],
)
def test_presets_have_the_published_numbers(name: str, entries: int, parameters: int) -> None:
    with torch.device("meta"):
        model = build(name)
    assert len(model.state_dict()) == entries
    assert sum(each.numel() for each in model.parameters()) == parameters


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_built(name: str) -> None:
    config = PRESETS[name]
    with torch.device("meta"):
        model = build(config)
    labels_pixels = config.task == "semantic" or config.detector.kind == "crops"
    assert hasattr(model, "sem_seg_head") == labels_pixels


def test_the_3dfuture_head_reads_five_levels() -> None:
    with torch.device("meta"):
        state = build("3dfuture").state_dict()
    head = "roi_heads.mask_head."
    assert state[head + "point_head.fc1.weight"].shape == (256, 1280 + 34, 1)
    assert state[head + "coarse_head.reduce_channel_dim_conv.weight"].shape == (256, 1280, 1, 1)
    assert state[head + "coarse_head.prediction.weight"].shape == (34 * 13 * 13, 1024)
    assert state["roi_heads.box_predictor.bbox_pred.weight"].shape == (4, 1024)


@pytest.mark.usefixtures("small")
def test_a_saved_model_comes_back_with_its_configuration_and_categories(
    saved: tuple[Path, nn.Module],
) -> None:
    path, model = saved
    loaded = load(path)
    assert loaded.config == SMALL
    assert loaded.categories == CATEGORIES
    assert not loaded.model.training
    assert (
        str(loaded.report)
        == f"{len(model.state_dict())} of {len(model.state_dict())} weights found"
    )
    own = loaded.model.state_dict()
    assert all(torch.equal(own[name], value) for name, value in model.state_dict().items())


@pytest.mark.usefixtures("small")
def test_weights_alone_need_a_configuration(saved: tuple[Path, nn.Module], tmp_path: Path) -> None:
    path = tmp_path / "published.pth"
    torch.save({"model": saved[1].state_dict()}, path)
    with pytest.raises(InputError, match="holds no configuration of its model"):
        load(path)
    assert load(path, config=SMALL).categories is None


@pytest.mark.usefixtures("small")
def test_a_missing_mask_head_is_an_error(saved: tuple[Path, nn.Module], tmp_path: Path) -> None:
    path = tmp_path / "boxes.pth"
    state = saved[1].state_dict()
    torch.save({name: value for name, value in state.items() if "mask_head" not in name}, path)
    with pytest.raises(FormatError, match=r"boxes\.pth: roi_heads\.mask_head\..* is missing"):
        load(path, config=SMALL)


@pytest.mark.usefixtures("small")
def test_weights_of_another_number_of_classes_are_an_error(saved: tuple[Path, nn.Module]) -> None:
    with pytest.raises(FormatError, match="has shape"):
        load(saved[0], config=changed(SMALL, "three", classes=3))


@pytest.mark.usefixtures("small")
def test_the_file_s_own_configuration_is_not_offered_where_it_does_not_fit_either(
    saved: tuple[Path, nn.Module], tmp_path: Path
) -> None:
    path = tmp_path / "cut.safetensors"
    state = {name: each for name, each in saved[1].state_dict().items() if "box_head" not in name}
    save_weights(path, state, {"config": json.dumps(SMALL.to_dict())})
    with pytest.raises(FormatError) as refused:
        load(path, config=changed(SMALL, "three", classes=3))
    assert "leave yours out" not in refused.value.message


@pytest.mark.usefixtures("small")
def test_the_box_head_has_the_side_and_the_layers_of_its_settings() -> None:
    boxes = {"side": 10, "layers": 4, "train_boxes": 64, "train_positive": 0.5}
    proposals = {"scales": [4, 8], "after_nms": [2000, 1000]}
    model = build(changed(SMALL, "wide", boxes=boxes))
    state = model.state_dict()
    found = {
        name.removeprefix("roi_heads.box_head."): tuple(each.shape)
        for name, each in state.items()
        if name.startswith("roi_heads.box_head.") and name.endswith("weight")
    }
    assert found == {
        "fc1.weight": (1024, 32 * 10 * 10),
        "fc2.weight": (1024, 1024),
        "fc3.weight": (1024, 1024),
        "fc4.weight": (1024, 1024),
    }
    assert isinstance(model, MaskRCNN)
    (stage,) = model.stages
    assert isinstance(stage, FastRCNNStage)
    assert (stage.side, stage.train_boxes, stage.train_positive) == (10, 64, 0.5)
    assert changed(SMALL, "more", proposals=proposals).proposals.scales == (4.0, 8.0)


@pytest.mark.usefixtures("small")
def test_a_configuration_beside_that_of_the_file_can_be_left_out(
    saved: tuple[Path, nn.Module],
) -> None:
    with pytest.raises(FormatError, match="the configuration of its model: leave yours out"):
        load(saved[0], config="pointrend-r101")


@pytest.mark.usefixtures("small")
def test_weights_that_are_not_finite_are_an_error(
    saved: tuple[Path, nn.Module], tmp_path: Path
) -> None:
    state = dict(saved[1].state_dict())
    name = "roi_heads.box_head.fc2.bias"
    state[name] = state[name] / 0
    torch.save(state, tmp_path / "a.pth")
    with pytest.raises(FormatError, match=rf"a\.pth: {name} has numbers that are not finite"):
        load(tmp_path / "a.pth", config=SMALL)


@pytest.mark.usefixtures("small")
def test_a_truncated_file_is_named(saved: tuple[Path, nn.Module], tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    content = saved[0].read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FormatError, match=r"half\.safetensors: cannot be read as weights"):
        load(path)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"config": "{"}, "its config cannot be read"),
        ({"config": "[]"}, "its config cannot be read"),
        ({"config": json.dumps(SMALL.to_dict()), "categories": "[[1]]"}, "its categories cannot"),
        ({"config": json.dumps(SMALL.to_dict()), "categories": "7"}, "its categories cannot"),
        ({"config": json.dumps({"clases": 2})}, "there is no setting clases"),
        (
            {"config": json.dumps({"name": "mine", "mask": {"grid": 3}})},
            r"odd\.safetensors: mask\.grid is 3, expected an even number",
        ),
        (
            {"config": json.dumps(SMALL.to_dict()), "categories": '[[1, "chair"]]'},
            "has 1 category, its model 2",
        ),
        (
            {
                "config": json.dumps(SMALL.to_dict()),
                "categories": '[[1, "chair"], [1, "chair"]]',
            },
            "has 1 category, its model 2",
        ),
    ],
)
def test_metadata_that_does_not_fit_is_an_error(
    saved: tuple[Path, nn.Module], tmp_path: Path, texts: dict[str, str], message: str
) -> None:
    path = tmp_path / "odd.safetensors"
    save_weights(path, saved[1].state_dict(), texts)
    with pytest.raises(FormatError, match=message):
        load(path)


def test_weights_are_not_read_by_a_backbone_that_strides_elsewhere(
    saved: tuple[Path, nn.Module], small: None
) -> None:
    """Every shape is the same, and every number would be another."""
    other = changed(SMALL, "other", backbone={"stride_in_1x1": False})
    message = r"its backbone has stride_in_1x1 True, the configuration other has False\. Choose"
    with pytest.raises(MismatchError, match=message):
        load(saved[0], config=other)


def test_weights_are_not_read_by_a_res2net_that_averages_otherwise(tmp_path: Path) -> None:
    own = {"kind": "res2net", "depth": 14, "base_channels": 16}
    few = {"pyramid": {"channels": 16}, "mask": {"kind": "none"}, "boxes": {"width": 16}}
    config = changed(Config(), "own", classes=2, backbone=own, **few)
    path = tmp_path / "own.safetensors"
    save(path, build(config), config, CATEGORIES)
    other = changed(config, "other", backbone={"pool_first": False})
    with pytest.raises(MismatchError, match=r"or `backbone\.pool_first=True`"):
        load(path, config=other)


def test_weights_are_not_read_by_a_pyramid_that_balances_otherwise(
    saved: tuple[Path, nn.Module], small: None
) -> None:
    """An average has no weights, so nothing is missing."""
    other = changed(SMALL, "other", pyramid={"balance": "average"})
    message = r"its pyramid has balance 'none', the configuration other has 'average'\. Choose"
    with pytest.raises(MismatchError, match=message):
        load(saved[0], config=other)
