"""Kinds of backbones, heads and detectors that a user adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import torch
from msgspec import Meta
from PIL import Image

from segeval import FormatError, InputError, MismatchError
from segeval.data import Predictions
from segeval.models import build, load, save
from segeval.models.config import Config, changed, config_from_dict, kinds, read_config, to_toml
from segeval.models.costs.preset_costs import model_cost
from segeval.models.networks import registry
from segeval.models.networks.backbone import FPN
from segeval.models.networks.batches import Batch, Objects
from segeval.models.networks.protocols import Model
from segeval.models.networks.rcnn import MaskRCNN
from segeval.models.networks.registry import register_backbone
from segeval.models.predict.inference import predict_images
from segeval.models.predict.options import PredictionOptions
from segeval.models.training.initial import config_for, new_model, read_initial
from tests.own_kinds import BlobHead, Plain, PlainConfig, own_kinds

SECTIONS = {"backbone": {"kind": "plain", "width": 4}, "mask": {"kind": "blob", "side": 3}}
CATEGORIES = ((4, "lamp"), (9, "table"))


@pytest.fixture
def own() -> Iterator[None]:
    with own_kinds():
        yield


def own_config(**sections: Any) -> Config:
    return changed(Config(), "own", classes=2, **SECTIONS, **sections)


def own_semantic(**semantic: Any) -> Config:
    """On the finest map, of stride 8."""
    settings = {"kind": "tint", "side": 3, **semantic}
    return own_config(task="semantic", semantic=settings, input={"test_size": 64, "test_max": 96})


def some_labels() -> Batch:
    """Each image is of one class, but for a part that has no label."""
    bright = torch.ones(3, 64, 64)
    labels = torch.tensor([0, 1]).repeat_interleave(64 * 64).reshape(2, 64, 64)
    labels[:, 40:] = 255
    return Batch(torch.stack([-bright, bright]), ((64, 64),) * 2, labels, ("a", "b"))


def some_batch() -> Batch:
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    masks = torch.zeros(1, 64, 64, dtype=torch.uint8)
    masks[:, 10:50, 20:60] = 1
    objects = tuple(
        Objects(torch.tensor([[20.0, 10, 60, 50]]), torch.tensor([number]), masks)
        for number in range(2)
    )
    return Batch(images, ((64, 64),) * 2, objects, ("a", "b"))


def trained(config: Config, batch: Batch | None = None) -> Model:
    """A model after a few updates."""
    fitting, (note,) = config_for(config, None, share=2)
    assert (fitting, note.code) == (config, "random-weights")
    model, _ = new_model(fitting, None, seed=1)
    optimiser = torch.optim.SGD(model.parameters(), 0.01)
    generator = torch.Generator().manual_seed(2)
    for _ in range(3):
        optimiser.zero_grad()
        losses = model.losses(batch or some_batch(), generator=generator)
        torch.stack(list(losses.values())).sum().backward()
        optimiser.step()
    return model


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"detector": {"kind": "whole"}},
        {"detector": {"kind": "steps"}},
        {"pyramid": {"kind": "flat", "width": 16}},
    ],
)
def test_what_was_trained_with_own_parts_is_loaded_wherever_they_are_registered(
    sections: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    with own_kinds():
        config = own_config(boxes={"score_threshold": 0.0, "max_dets": 9}, **sections)
        model = trained(config).eval()
        save(path, model, config, CATEGORIES)
    with pytest.raises(FormatError, match=r"own\.safetensors: (backbone|detector)\.kind is '"):
        load(path)
    with own_kinds():
        loaded = load(path)
    assert (loaded.config, loaded.categories) == (config, CATEGORIES)
    batch = some_batch()
    with torch.no_grad():
        for had, has in zip(
            model(batch.images, batch.sizes), loaded.model(batch.images, batch.sizes), strict=True
        ):
            assert len(had.boxes) == (1 if config.detector.kind == "whole" else 9)
            for name in ("boxes", "scores", "classes", "masks"):
                assert torch.equal(getattr(had, name), getattr(has, name)), name


def test_the_error_of_a_kind_that_is_not_registered_says_how_to_add_it() -> None:
    values = {"kind": "plain", "width": 4}
    with pytest.raises(FormatError) as problem:
        config_from_dict({"backbone": values}, source="own.safetensors")
    known = " or ".join(repr(kind) for kind in kinds.SETTINGS["backbone"])
    assert problem.value.message == (
        f"own.safetensors: backbone.kind is 'plain', expected {known}; "
        "segeval.models.register_backbone adds others."
    )
    assert problem.value.field == "backbone.kind"
    with pytest.raises(FormatError, match=r"expected 'fpn' or .*register_semantic_head"):
        config_from_dict({"semantic": {"kind": "tint"}})


@pytest.mark.usefixtures("own")
def test_a_section_of_an_own_kind_starts_from_its_defaults_and_is_checked() -> None:
    config = own_config()
    assert config.backbone == PlainConfig(width=4)
    assert changed(config, "wide", backbone={"width": 6}).backbone == PlainConfig(width=6)
    assert changed(config, "back", backbone={"kind": "resnet"}).backbone == Config().backbone
    with pytest.raises(FormatError, match=r"no setting backbone\.widht\. Did you mean"):
        changed(config, "x", backbone={"widht": 6})
    with pytest.raises(FormatError, match=r"x: backbone\.width is 'a', expected a whole number"):
        changed(config, "x", backbone={"width": "a"})


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitedConfig:
    kind: str = "limited"
    width: Annotated[int, Meta(ge=4, le=64)] = 8
    rate: Annotated[float, Meta(gt=0)] = 0.5
    names: tuple[str, ...] = ()
    places: dict[str, int] = field(default_factory=dict)


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("width", 2, "4 to 64"),
        ("width", "a", "a whole number"),
        ("rate", 0.0, "more than 0"),
        ("names", [1], "a list of texts"),
        ("places", 3, "a dict"),
    ],
)
def test_limits_of_own_settings_are_said_in_words(name: str, value: object, expected: str) -> None:
    register_backbone("limited", LimitedConfig)(Plain)
    with pytest.raises(FormatError) as problem:
        changed(Config(), "x", backbone={"kind": "limited", name: value})
    assert problem.value.message == f"x: backbone.{name} is {value!r}, expected {expected}."


@pytest.mark.usefixtures("own")
def test_own_settings_survive_toml(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(to_toml(own_config()))
    assert read_config(path) == own_config()


@pytest.mark.usefixtures("own")
def test_own_parts_are_built_and_their_costs_counted() -> None:
    model = build(own_config())
    assert isinstance(model, MaskRCNN)
    assert isinstance(model.backbone, FPN)
    assert isinstance(model.backbone.bottom_up, Plain)
    assert isinstance(model.roi_heads.mask_head, BlobHead)
    assert list(model.backbone.strides.values()) == [8, 16, 32]
    config = own_config(input={"test_size": 64, "test_max": 64})
    cost = model_cost(config)
    assert (cost.backbone, cost.output) == ("plain", (3, 3))
    assert cost.mask_multiply_adds == 9 * 256  # one product of 256 channels a cell
    whole = changed(config, "whole", detector={"kind": "whole"}, boxes={"max_dets": 1})
    assert model_cost(whole).mask_multiply_adds == 9 * 8


@pytest.mark.usefixtures("own")
def test_a_cascade_of_mine_on_boxes_of_mine_is_trained_and_counted() -> None:
    three = own_config(
        detector={"kind": "steps", "ious": [0.5, 0.6, 0.7]},
        input={"test_size": 64, "test_max": 64},
    )
    model = build(three)
    losses = model.losses(some_batch(), generator=torch.Generator().manual_seed(0))
    stages = ["_stage0", "_stage1", ""]
    of_stages = [f"loss_{part}{stage}" for stage in stages for part in ("cls", "box_reg")]
    assert list(losses) == [*of_stages, "loss_mask"]
    torch.stack(list(losses.values())).sum().backward()
    heads = model.get_submodule("roi_heads").parameters()
    assert all(each.grad is not None for each in heads)
    assert not [name for name in model.state_dict() if name.startswith("proposal_generator")]
    two = changed(three, "two", detector={"ious": [0.5, 0.6]})
    stage = 8 * 7 * 7 * 16 + 16 * 16 + 16 * (3 + 4)  # two layers, classes, and a box
    assert model_cost(three).multiply_adds - model_cost(two).multiply_adds == 5 * stage


@pytest.mark.usefixtures("own")
def test_an_own_model_predicts_and_is_trained_on(tmp_path: Path) -> None:
    Image.new("RGB", (90, 60), (200, 30, 30)).save(tmp_path / "lamp.png")
    path = tmp_path / "own.safetensors"
    config = own_config(detector={"kind": "whole"}, input={"test_size": 64, "test_max": 96})
    model = trained(config)
    save(path, model, config, CATEGORIES)
    (found,) = predict_images(
        load(path), [tmp_path / "lamp.png"], options=PredictionOptions(device="cpu")
    )
    assert isinstance(found.found, Predictions)
    assert found.found.boxes.tolist() == [[0, 0, 90, 60]]
    initial = read_initial(path)
    again, (note,) = new_model(config, initial, seed=5)
    assert "weights found" in note.message
    assert torch.equal(again.state_dict()["score.bias"], model.state_dict()["score.bias"])
    other = changed(config, "other", backbone={"width": 8})
    with pytest.raises(MismatchError, match="its backbone has width 4, the configuration other"):
        config_for(other, initial, share=2)


@pytest.mark.parametrize("pyramid", [False, True])
def test_an_own_semantic_head_trains_is_loaded_again_and_predicts(
    pyramid: bool, tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    with own_kinds():
        config = own_semantic(pyramid=pyramid)
        model = trained(config, some_labels()).eval()
        save(path, model, config, CATEGORIES)
    with pytest.raises(FormatError, match="kind is"):
        load(path)
    with own_kinds():
        loaded = load(path)
        assert (loaded.config, loaded.categories) == (config, CATEGORIES)
        again, _ = new_model(config, read_initial(path), seed=5)
    images, sizes = some_labels().images, some_labels().sizes
    logits = model(images, sizes)
    assert logits.shape == (2, 2, 64, 64)
    for other in (loaded.model, again.eval()):
        assert torch.equal(other(images, sizes), logits)
    Image.new("RGB", (90, 60), (200, 30, 30)).save(tmp_path / "room.png")
    (found,) = predict_images(
        loaded, [tmp_path / "room.png"], options=PredictionOptions(device="cpu")
    )
    assert isinstance(found.found, np.ndarray)
    assert found.found.shape == (60, 90)


@pytest.mark.usefixtures("own")
def test_an_own_semantic_head_learns_what_it_is_shown() -> None:
    model, batch = build(own_semantic()), some_labels()
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(20):
        optimiser.zero_grad()
        (loss,) = model.losses(batch).values()
        loss.backward()
        optimiser.step()
    found = model.eval()(batch.images, batch.sizes).argmax(1)
    assert found.flatten(1).unique(dim=1).tolist() == [[0], [1]]


@pytest.mark.usefixtures("own")
def test_levels_that_an_own_semantic_head_leaves_out_are_not_trained() -> None:
    model = build(own_semantic(pyramid=True))
    model.losses(some_labels())["loss_tint"].backward()
    parameters = dict(model.named_parameters())
    still = {name for name, each in parameters.items() if not each.requires_grad}
    assert still == {"backbone.fpn_output4.weight", "backbone.fpn_output4.bias"}
    assert all(each.grad is not None for each in parameters.values() if each.requires_grad)


@pytest.mark.usefixtures("own")
def test_the_costs_of_an_own_semantic_head_are_counted() -> None:
    one, three = (model_cost(own_semantic(side=side)) for side in (1, 3))
    assert (one.backbone, one.output, one.image) == ("plain", (8, 12), (64, 96))
    assert three.multiply_adds - one.multiply_adds == 8 * 12 * 4 * 2 * (9 - 1)
    assert three.parameters - one.parameters == 4 * 2 * (9 - 1)


@pytest.mark.usefixtures("own")
def test_settings_of_a_semantic_head_say_what_it_reads_and_what_it_leaves_out() -> None:
    with pytest.raises(InputError, match="all fields, `kind`, `ignore` and `pyramid` included"):
        registry.register_semantic_head("plain", PlainConfig)(Plain)  # type: ignore[arg-type]


@pytest.mark.usefixtures("own")
def test_a_level_that_a_backbone_lacks_is_refused_with_the_setting_that_names_it() -> None:
    backbone = SECTIONS["backbone"]
    for section, config in {
        "mask": changed(Config(), "x", backbone=backbone),
        "semantic": changed(Config(), "x", task="semantic", backbone=backbone),
    }.items():
        with pytest.raises(InputError) as problem:
            build(config)
        levels = "p3, p4, p5" if section == "mask" else "p3, p4"
        assert str(problem.value) == (
            f"{section}.levels has 'p2', expected levels of this model: {levels}."
        )
        assert problem.value.field == f"{section}.levels"


@pytest.mark.usefixtures("own")
def test_a_kind_belongs_to_one_class() -> None:
    @dataclass(frozen=True, kw_only=True)
    class OtherConfig:
        kind: str = "plain"

    @dataclass(frozen=True)
    class NoKind:
        width: int = 3

    @dataclass(frozen=True)
    class NoDefault:
        width: int
        kind: str = "other"

    @dataclass
    class Changeable:
        kind: str = "other"

    with pytest.raises(InputError, match="There is a backbone of kind 'plain' already"):
        register_backbone("plain", OtherConfig)
    for settings in (NoKind, NoDefault, Changeable, int):
        with pytest.raises(InputError, match="cannot hold settings, expected a frozen dataclass"):
            register_backbone("other", settings)  # type: ignore[arg-type]


def test_every_kind_of_the_package_can_be_made() -> None:
    assert {section: set(known) for section, known in kinds.SETTINGS.items()} == {
        section: set(known) for section, known in registry.MAKERS.items()
    }
