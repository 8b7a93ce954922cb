"""Kinds of backbones, mask heads and detectors that a user adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

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


def some_batch() -> Batch:
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    masks = torch.zeros(1, 64, 64, dtype=torch.uint8)
    masks[:, 10:50, 20:60] = 1
    objects = tuple(
        Objects(torch.tensor([[20.0, 10, 60, 50]]), torch.tensor([number]), masks)
        for number in range(2)
    )
    return Batch(images, ((64, 64),) * 2, objects, ("a", "b"))


def trained(config: Config) -> Model:
    """A model after a few updates."""
    fitting, (note,) = config_for(config, None, share=2)
    assert (fitting, note.code) == (config, "random-weights")
    model, _ = new_model(fitting, None, seed=1)
    optimiser = torch.optim.SGD(model.parameters(), 0.01)
    generator = torch.Generator().manual_seed(2)
    for _ in range(3):
        optimiser.zero_grad()
        torch.stack(list(model.losses(some_batch(), generator=generator).values())).sum().backward()
        optimiser.step()
    return model


@pytest.mark.parametrize("sections", [{}, {"detector": {"kind": "whole"}}])
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
            assert len(had.boxes) == (1 if sections else 9)
            for name in ("boxes", "scores", "classes", "masks"):
                assert torch.equal(getattr(had, name), getattr(has, name)), name


def test_the_error_of_a_kind_that_is_not_registered_says_how_to_add_it() -> None:
    values = {"kind": "plain", "width": 4}
    with pytest.raises(FormatError) as problem:
        config_from_dict({"backbone": values}, source="own.safetensors")
    assert problem.value.message == (
        "own.safetensors: backbone.kind is 'plain', expected 'resnet'; "
        "segeval.models.register_backbone adds others."
    )
    assert problem.value.field == "backbone.kind"


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
