"""Weights to begin with: names of all families, what is frozen, and files that do not fit."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from segeval.errors import FormatError, MismatchError, Note
from segeval.models.config import BackboneConfig, Config, changed
from segeval.models.files.families import MSRA, OURS, TORCHVISION, family_of
from segeval.models.files.model_file import save
from segeval.models.files.weights import save_weights
from segeval.models.networks.backbone.norms import EPSILON, BatchNorm, FrozenBatchNorm
from segeval.models.networks.building import build
from segeval.models.training.initial import (
    bottom_up_of,
    config_for,
    new_model,
    read_initial,
)
from tests.own_kinds import own_kinds
from tests.small_models import small_models

CONFIG = changed(
    Config(), "small", classes=2, mask={"coarse_channels": 8, "coarse_width": 8, "point_width": 8}
)
NARROW = {"depth": 14, "base_channels": 16, "width_per_group": 16}
SEMANTIC = changed(
    CONFIG, "maps", task="semantic", backbone={"norm": "batch"}, semantic={"kind": "deeplab"}
)

MSRA_PARTS = {"shortcut": "branch1", "conv1": "branch2a", "conv2": "branch2b", "conv3": "branch2c"}


def resnet_of(config: Config) -> BackboneConfig:
    assert isinstance(config.backbone, BackboneConfig)
    return config.backbone


@pytest.fixture(autouse=True, scope="module")
def _small() -> Iterator[None]:
    with small_models():
        yield


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    """Numbers that no model begins with, by the names of a ResNet."""
    torch.manual_seed(5)
    state = bottom_up_of(build(CONFIG)).state_dict()
    return {name: torch.rand_like(each) for name, each in state.items()}


def msra_name(name: str) -> str | None:
    """The name that Caffe2 would have written."""
    if name.startswith("stem"):
        parts = {
            "weight": "conv1_w",
            "norm.weight": "res_conv1_bn_s",
            "norm.bias": "res_conv1_bn_b",
        }
        return parts.get(name.removeprefix("stem.conv1."))
    stage, block, conv, rest = name.split(".", 3)
    part = {"weight": "w", "norm.weight": "bn_s", "norm.bias": "bn_b"}.get(rest)
    return part and f"{stage}_{block}_{MSRA_PARTS[conv]}_{part}"


def torchvision_name(name: str) -> str:
    """The name that torchvision has for it."""
    if name.startswith("stem"):
        return name.replace("stem.conv1.norm", "bn1").replace("stem.conv1", "conv1")
    stage, block, conv, rest = name.split(".", 3)
    is_norm = rest.startswith("norm.")
    part = rest.removeprefix("norm.")
    place = f"layer{int(stage[3]) - 1}.{block}"
    if conv == "shortcut":
        return f"{place}.downsample.{int(is_norm)}.{part}"
    return f"{place}.{'bn' if is_norm else 'conv'}{conv[4]}.{part}"


def write_msra(path: Path, weights: dict[str, Tensor]) -> Path:
    arrays: dict[str, Any] = {"fc1000_w": np.zeros((3, 4), np.float32)}
    for name, each in weights.items():
        if (old := msra_name(name)) is not None:
            arrays[old] = each.numpy()
    path.write_bytes(pickle.dumps({"model": arrays, "__author__": "Caffe2"}, protocol=2))
    return path


def write_torchvision(path: Path, weights: dict[str, Tensor]) -> Path:
    renamed = {torchvision_name(name): each for name, each in weights.items()}
    torch.save({**renamed, "fc.weight": torch.zeros(3, 4)}, path)
    return path


def same(model: nn.Module, weights: dict[str, Tensor]) -> bool:
    """Whether a model's ResNet has these weights."""
    own = bottom_up_of(model).state_dict()
    return all(torch.equal(own[name], each) for name, each in weights.items())


@pytest.mark.parametrize("config", [CONFIG, SEMANTIC], ids=["pyramid", "resnet"])
def test_msra_weights_are_found_and_frozen_as_published(
    config: Config, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    initial = read_initial(write_msra(tmp_path / "R-50.pkl", weights))
    assert (initial.family, initial.unknown) == (MSRA, ("fc1000_w",))
    fitting, notes = config_for(config, initial, share=2)
    assert (fitting, notes) == (config, ())
    model, (note,) = new_model(config, initial, seed=0)
    no_statistics = {key: each for key, each in weights.items() if "running" not in key}
    assert same(model, no_statistics)
    # Caffe2's norms have no statistics: they are in the scale and the shift already
    own = bottom_up_of(model).state_dict()
    assert bool((own["res3.0.conv1.norm.running_mean"] == 0).all())
    variance = own["res3.0.conv1.norm.running_var"]
    assert bool(((variance + EPSILON).rsqrt() == 1).all())  # not 0.999995
    assert "R-50.pkl: " in note.message
    assert "(MSRA names); the other" in note.message
    frozen = {name for name, each in model.named_parameters() if not each.requires_grad}
    frozen = {name for name in frozen if "fpn" not in name}
    assert frozen
    assert all(".stem." in f".{name}" or ".res2." in name for name in frozen)
    assert isinstance(bottom_up_of(model).stem.conv1.norm, FrozenBatchNorm)


def test_a_file_of_one_backbone_fills_both_of_two(
    weights: dict[str, Tensor], tmp_path: Path
) -> None:
    initial = read_initial(write_torchvision(tmp_path / "resnet50.pth", weights))
    model, (note,) = new_model(changed(CONFIG, "two", backbone={"copies": 2}), initial, seed=0)
    own = bottom_up_of(model).state_dict()
    for name, each in weights.items():
        assert torch.equal(own[f"assistant.{name}"], each)
        is_shared = name.startswith(("stem", "res2"))
        assert is_shared == (f"lead.{name}" not in own)
        assert is_shared or torch.equal(own[f"lead.{name}"], each)
    assert " not used" not in note.message


def test_torchvision_weights_bring_their_colours_and_strides(
    weights: dict[str, Tensor], tmp_path: Path
) -> None:
    initial = read_initial(write_torchvision(tmp_path / "resnet50.pth", weights))
    assert initial.family == TORCHVISION
    config, (note,) = config_for(CONFIG, initial, share=2)
    assert (config.input.order, resnet_of(config).stride_in_1x1) == ("RGB", False)
    assert config.input.mean == (123.675, 116.28, 103.53)
    assert note.message == (
        f"{tmp_path / 'resnet50.pth'} has torchvision's names: input.order is now RGB, input.mean "
        "123.675, 116.28, 103.53, input.std 58.395, 57.12, 57.375, and backbone.stride_in_1x1 false"
    )
    strided = changed(config, "strided", backbone={"stride_in_1x1": True})
    _, (note,) = config_for(strided, initial, share=2)
    assert note.message.endswith("torchvision's names: backbone.stride_in_1x1 is now false")
    with own_kinds():
        foreign = changed(config, "foreign", input={"order": "BGR"}, backbone={"kind": "plain"})
        _, (note,) = config_for(foreign, initial, share=2)
    assert note.message.endswith("torchvision's names: input.order is now RGB")
    assert config_for(config, initial, share=2) == (config, ())
    model, _ = new_model(config, initial, seed=0)
    assert same(model, weights)


def test_a_bare_backbone_does_not_say_what_it_has_seen(
    weights: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save(weights, tmp_path / "backbone.pth")
    initial = read_initial(tmp_path / "backbone.pth")
    config, (note,) = config_for(CONFIG, initial, share=2)
    assert config == CONFIG
    assert "does not say which input its weights expect: input.order is BGR" in note.message
    assert same(new_model(config, initial, seed=0)[0], weights)


def test_of_a_whole_model_the_heads_of_other_classes_are_left_out(tmp_path: Path) -> None:
    eighty = build(changed(CONFIG, "eighty", classes=80))
    arrays = {name: each.numpy() for name, each in eighty.state_dict().items()}
    (tmp_path / "model_final.pkl").write_bytes(pickle.dumps({"model": arrays}))
    initial = read_initial(tmp_path / "model_final.pkl")
    model, (note,) = new_model(CONFIG, initial, seed=0)
    own = model.state_dict()
    assert torch.equal(
        own["roi_heads.box_head.fc1.weight"], eighty.state_dict()["roi_heads.box_head.fc1.weight"]
    )
    assert "of another shape" in note.message
    assert "start at random" in note.message


def test_our_file_for_other_classes_is_told_of(tmp_path: Path) -> None:
    save(tmp_path / "best.safetensors", build(CONFIG), CONFIG, [(1, "dog"), (2, "cat")])
    initial = read_initial(tmp_path / "best.safetensors")
    assert initial.classes == ("dog", "cat")
    _, notes = new_model(CONFIG, initial, seed=0, categories=[(1, "dog"), (7, "cow")])
    assert notes[1].code == "classes"
    assert "has other classes: 'cow' starts from the weights of 'cat'" in notes[1].message
    assert len(new_model(CONFIG, initial, seed=0, categories=[(8, "dog"), (2, "cat")])[1]) == 1


def test_group_norms_of_our_file_are_taken_over(tmp_path: Path) -> None:
    own = changed(CONFIG, "own", backbone={"norm": "group"})
    save(tmp_path / "best.safetensors", build(own), own, [(1, "dog"), (2, "cat")])
    initial = read_initial(tmp_path / "best.safetensors")
    fitting, (note,) = config_for(CONFIG, initial, share=2)
    assert resnet_of(fitting).norm == "group"
    assert "has group norms, so this model has them too" in note.message
    _, (found,) = new_model(fitting, initial, seed=0, categories=[(1, "dog"), (2, "cat")])
    assert "start at random" not in found.message


def test_our_file_of_another_backbone_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "best.safetensors", build(CONFIG), CONFIG, [(1, "dog"), (2, "cat")])
    deeper = changed(CONFIG, "deeper", backbone={"depth": 101})
    text = r"best\.safetensors: its backbone has depth 50, the configuration deeper has 101\. "
    with pytest.raises(MismatchError, match=text + r".* or `backbone\.depth=50`\."):
        config_for(deeper, read_initial(tmp_path / "best.safetensors"), share=2)


@pytest.mark.parametrize(
    ("config", "share", "norm", "words"),
    [
        (CONFIG, 2, "group", "(group norm for 2 images at a time)"),
        (CONFIG, 8, "sync", "(batch norm for 8 images at a time)"),
        (changed(CONFIG, "own", backbone={"norm": "statistics"}), 8, "sync", "(batch norm for 8"),
        (changed(CONFIG, "own", backbone={"norm": "group"}), 8, "group", "no layer is frozen"),
        (changed(CONFIG, "narrow", backbone=NARROW), 2, "group", "(group norm for 2 images"),
    ],
)
def test_without_weights_nothing_is_frozen_and_a_note_says_so(
    config: Config, share: int, norm: str, words: str
) -> None:
    fitting, (note,) = config_for(config, None, share=share)
    assert (resnet_of(fitting).norm, resnet_of(fitting).frozen_stages) == (norm, 0)
    assert note.message.startswith("no `initial`: all weights start at random, no layer is frozen")
    assert words in note.message
    model, notes = new_model(fitting, None, seed=0)
    assert notes == ()
    assert all(each.requires_grad for each in model.parameters())
    kind = nn.GroupNorm if norm == "group" else BatchNorm
    assert isinstance(bottom_up_of(model).stem.conv1.norm, kind)


def test_a_regressor_on_random_weights_is_told_that_these_never_train() -> None:
    _, (note,) = config_for(changed(CONFIG, "own", detector={"kind": "regressor"}), None, share=2)
    assert note.message == (
        "no `initial`: all weights start at random, and the backbone and the mask head never "
        "train: begin with those of a trained model"
    )


def test_what_trains_from_the_start_anyway_changes_nothing() -> None:
    config = changed(CONFIG, "own", backbone={"norm": "group", "frozen_stages": 0})
    text = "no `initial`: all weights start at random"
    assert config_for(config, None, share=2) == (
        config,
        (Note("random-weights", text, option="initial"),),
    )


def test_random_weights_depend_on_the_seed_alone() -> None:
    torch.manual_seed(1)
    models = [new_model(CONFIG, None, seed=seed)[0].state_dict() for seed in (3, 3, 4)]
    name = "backbone.bottom_up.res2.0.conv1.weight"
    assert torch.equal(models[0][name], models[1][name])
    assert not torch.equal(models[0][name], models[2][name])


def without_one(weights: dict[str, Tensor]) -> None:
    del weights["res3.0.conv1.weight"]


def other_shape(weights: dict[str, Tensor]) -> None:
    weights["res4.0.conv1.weight"] = torch.zeros(3, 4, 1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_one, r"res3\.0\.conv1\.weight is missing\. Are these"),
        (other_shape, r"res4\.0\.conv1\.weight has shape \(3, 4, 1, 1\), expected \(256, 512, 1"),
    ],
)
def test_weights_of_another_backbone_are_refused(
    change: Callable[[dict[str, Tensor]], None],
    message: str,
    weights: dict[str, Tensor],
    tmp_path: Path,
) -> None:
    changed_weights = dict(weights)
    change(changed_weights)
    initial = read_initial(write_torchvision(tmp_path / "resnet50.pth", changed_weights))
    with pytest.raises(FormatError, match=rf"resnet50\.pth: backbone\.bottom_up\.{message}"):
        new_model(CONFIG, initial, seed=0)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"encoder.layer.0.weight": torch.zeros(2)}, tmp_path / "bert.pth")
    message = r"bert\.pth: none of its 1 weight has a known name; the first is 'encoder\.layer\.0"
    with pytest.raises(FormatError, match=message):
        read_initial(tmp_path / "bert.pth")
    torch.save({"backbone.layer1.weight": torch.zeros(2)}, tmp_path / "other.pth")
    initial = read_initial(tmp_path / "other.pth")
    assert initial.family == OURS
    with pytest.raises(FormatError, match=r"other\.pth: backbone\.bottom_up\.\S+ is missing"):
        new_model(CONFIG, initial, seed=0)


def test_names_of_whole_models_of_every_kind_are_known() -> None:
    for config in (CONFIG, SEMANTIC, changed(CONFIG, "fpn", task="semantic")):
        parts = {name.split(".")[0] for name in build(config).state_dict()}
        assert {family_of([f"{part}.weight"]) for part in parts} == {OURS}


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "R-50.pkl").write_bytes(b"cposix\nsystem\n(S'touch broken'\ntR.")
    with pytest.raises(FormatError, match=r"R-50\.pkl: cannot be read .* asks for posix\.system"):
        read_initial(tmp_path / "R-50.pkl")


def test_a_truncated_file_is_refused(weights: dict[str, Tensor], tmp_path: Path) -> None:
    path = write_torchvision(tmp_path / "resnet50.pth", weights)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(FormatError, match=r"resnet50\.pth: cannot be read as weights"):
        read_initial(path)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"categories": "[[1]]"}, "its categories cannot be read"),
        ({"categories": "{"}, "its categories cannot be read"),
        ({"config": "{"}, "its config cannot be read"),
        ({"config": '{"classes": 0}'}, "classes is 0, expected more than 0"),
        ({"config": '{"classes": 2}', "categories": '[[1, "a"]]'}, "has 1 category, its model 2"),
    ],
)
def test_damaged_metadata_is_an_error_and_not_taken_for_absent(
    weights: dict[str, Tensor], tmp_path: Path, texts: dict[str, str], message: str
) -> None:
    path = tmp_path / "damaged.safetensors"
    save_weights(path, weights, texts)
    with pytest.raises(FormatError, match=rf"damaged\.safetensors: {message}"):
        read_initial(path)
