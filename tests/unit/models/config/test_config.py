"""Configurations from names, dictionaries and TOML files."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from segeval import FormatError, InputError
from segeval.models.config import (
    Config,
    MaskConfig,
    changed,
    config_from_dict,
    read_config,
    to_toml,
)
from segeval.models.config.kinds import SETTINGS
from segeval.models.config.ordinary import is_ordinary
from segeval.models.config.presets import PRESETS
from segeval.models.config.setting_types import Level, Stage, types_of
from segeval.models.networks.backbone import FPN, ResNet


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_toml_and_plain_values(name: str, tmp_path: Path) -> None:
    config = PRESETS[name]
    path = tmp_path / "copy.toml"
    path.write_text(to_toml(config))
    assert config.name == name
    assert read_config(path) == config
    assert config_from_dict(config.to_dict()) == config


def test_a_file_says_in_what_it_differs_from_a_preset(tmp_path: Path) -> None:
    path = tmp_path / "chairs.toml"
    path.write_text('base = "pointrend-x101"\nclasses = 3\n[schedule]\nupdates = 12\nclip = 1\n')
    config = read_config(path)
    assert config == changed(
        PRESETS["pointrend-x101"], "chairs", classes=3, schedule={"updates": 12, "clip": 1.0}
    )
    assert isinstance(config.schedule.clip, float)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"clases": 3}, "there is no setting clases. Did you mean classes?"),
        ({"width": 3}, "there is no setting width. Did you mean boxes.width?"),
        (
            {"backbone": {"window": 7}},
            "there is no setting backbone.window. It is one of backbone.kind='swin', and this",
        ),
        ({"mask": {"grit": 8}}, "there is no setting mask.grit. Did you mean mask.grid?"),
        ({"classes": "3"}, "classes is '3', expected a whole number"),
        ({"classes": 0}, "classes is 0, expected more than 0"),
        ({"mask": {"sampling": "random"}}, "'biased' or 'uniform' or 'grid'"),
        ({"mask": 3}, "mask is 3, expected settings by name"),
        ({"input": {"mean": [1, 2]}}, "input.mean is [1, 2], expected a list of 3"),
        ({"input": {"flip": 1}}, "input.flip is 1, expected true or false"),
        ({"input": {"train_sizes": []}}, "input.train_sizes is [], expected at least one size"),
    ],
)
def test_a_wrong_setting_is_named(values: dict[str, object], text: str) -> None:
    with pytest.raises(FormatError) as problem:
        config_from_dict(values, source="mine")
    assert text in problem.value.message
    assert problem.value.message.startswith("mine: ")


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ("backbone.depth", 34, "14 or 26 or 50 or 101"),
        ("backbone.groups", 0, "1 or more"),
        ("backbone.width_per_group", -4, "1 or more"),
        ("backbone.deformable", 3, "0 or 1 or 2"),
        ("backbone.deformable_stages", ["res6"], "some of res2, res3, res4, res5"),
        ("backbone.output_stride", 4, "8 or 16 or 32"),
        ("backbone.output_stride", 16, "32: the feature pyramid"),
        ("backbone.multi_grid", [1, 0, 1], "each of them 1 or more"),
        ("backbone.frozen_stages", 6, "0 to 5"),
        ("input.mean", [1.0, 2.0, float("inf")], "finite numbers"),
        ("input.std", [1.0, 0.0, 1.0], "each of them more than 0"),
        ("input.train_sizes", [0], "at least one size, each of them 1 or more"),
        ("input.train_max", 0, "1 or more"),
        ("input.test_size", 0, "1 or more"),
        ("input.test_max", -1, "1 or more"),
        ("input.test_scales", [800, 0], "each of them 1 or more"),
        ("input.crop", [512, 0], "each of them 1 or more"),
        ("input.crop_scales", [2.0, 0.5], "the smaller factor first"),
        ("input.crop_max_share", 0.0, "more than 0, and at most 1"),
        ("boxes.score_threshold", -0.1, "0 to 1"),
        ("boxes.score_threshold", float("nan"), "0 to 1"),
        ("boxes.nms_threshold", 1.5, "0 to 1"),
        ("boxes.max_dets", 0, "more than 0"),
        ("mask.levels", ["p7"], "some of p2, p3, p4, p5, p6, each once"),
        ("mask.levels", ["p2", "p2"], "some of p2, p3, p4, p5, p6, each once"),
        ("mask.levels", [], "some of p2, p3, p4, p5, p6, each once"),
        ("mask.grid", 0, "an even number, 2 or more"),
        ("mask.grid", 15, "an even number, 2 or more"),
        ("mask.coarse_channels", 0, "1 or more"),
        ("mask.coarse_width", 0, "1 or more"),
        ("mask.coarse_layers", -1, "0 or more"),
        ("mask.point_width", 0, "1 or more"),
        ("mask.point_layers", -1, "0 or more"),
        ("mask.train_points", 0, "1 or more"),
        ("mask.oversample", 0.5, "1 or more"),
        ("mask.importance", 1.1, "0 to 1"),
        ("mask.subdivision_steps", -1, "0 or more"),
        ("mask.subdivision_points", 0, "1 or more"),
        ("mask.output", 30, "28 or 56 or 112 or 224"),
        ("semantic.levels", [], "some of p2, p3, p4, p5, each once"),
        ("semantic.levels", ["p6"], "some of p2, p3, p4, p5, each once"),
        ("semantic.train_points", 0, "1 or more"),
        ("semantic.oversample", 0.9, "1 or more"),
        ("semantic.importance", -0.1, "0 to 1"),
        ("semantic.subdivision_steps", -1, "0 or more"),
        ("semantic.subdivision_points", 0, "1 or more"),
        ("semantic.test_output_stride", 12, "8 or 16 or 32"),
        ("schedule.batch", 0, "more than 0"),
        ("schedule.learning_rate", 0.0, "more than 0"),
        ("schedule.learning_rate", float("inf"), "more than 0"),
        ("schedule.updates", -5, "more than 0"),
        ("schedule.steps", [8, 6], "the smallest first"),
        ("schedule.steps", [-1], "the smallest first"),
        ("schedule.factor", 0.0, "more than 0"),
        ("schedule.poly", 0.0, "more than 0"),
        ("schedule.warmup_updates", -1, "0 or more"),
        ("schedule.warmup_factor", 2.0, "0 to 1"),
        ("schedule.momentum", 1.0, "0 or more, and less than 1"),
        ("schedule.weight_decay", -1e-4, "0 or more"),
        ("schedule.norm_decay", -1.0, "0 or more"),
        ("schedule.head_rate", 0.0, "more than 0"),
        ("schedule.clip", 0.0, "more than 0"),
        ("mask.coarse_layers", 10**9, "0 or more, and at most 1,000"),
        ("mask.point_layers", 10**30, "0 or more, and at most 1,000"),
        ("mask.subdivision_steps", 60, "0 or more, and at most 16"),
        ("mask.coarse_width", 10**9, "1 or more, and at most 1,000,000"),
        ("backbone.multi_grid", [1, 1, 10**9], "each of them 1 or more, and at most 1,000"),
        ("input.test_max", 10**6, "so little that no view of input.test_size has more than 268"),
        ("semantic.ignore", 1 << 70, "-1,000,000,000 to 1,000,000,000"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(place: str, value: object, expected: str) -> None:
    section, key = place.split(".")
    with pytest.raises(InputError) as problem:
        config_from_dict({section: {key: value}}, source="mine.toml")
    assert problem.value.message.startswith(f"mine.toml: {place} is {value!r}, expected ")
    assert expected in problem.value.message
    assert (problem.value.path, problem.value.field) == ("mine.toml", place)


def test_every_number_and_choice_of_every_kind_has_limits() -> None:
    one_kind = {type(each) for each in vars(Config()).values() if is_dataclass(each)}
    several = {each for kinds in SETTINGS.values() for each in kinds.values()}
    own: set[Any] = {each for each in one_kind | several if each.__module__.startswith("segeval.")}
    assert len(own) > len(SETTINGS)
    for settings in own:
        kinds = types_of(settings, limits=True)
        free = {each.name for each in fields(settings) if kinds[each.name] in (int, float, str)}
        assert free <= {"kind"}, settings


def test_the_rules_know_the_stages_and_levels_that_there_are() -> None:
    with torch.device("meta"):
        pyramid = FPN(ResNet())
    assert tuple(pyramid.strides) == get_args(Level)
    assert tuple(pyramid.bottom_up.channels) == get_args(Stage)


@pytest.mark.parametrize(
    ("preset", "values", "text"),
    [
        (
            "semantic-fpn-r101",
            {"backbone": {"output_stride": 16}},
            "backbone.output_stride is 16, expected 32",
        ),
        (
            "deeplabv3-r103",
            {"semantic": {"kind": "fpn"}},
            "backbone.output_stride is 16, expected 32",
        ),
        (
            "pointrend-r50",
            {"mask": {"sampling": "grid", "train_points": 200}},
            "mask.train_points is 200, expected a square number",
        ),
        (
            "htc-r50",
            {"mask": {"agnostic_last": True}},
            'mask.agnostic_last is True, expected false: mask.last is not "refine"',
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    preset: str, values: dict[str, object], text: str
) -> None:
    with pytest.raises(InputError) as problem:
        config_from_dict(values, base=PRESETS[preset], source="--set")
    assert problem.value.message.startswith(f"--set: {text}")


def test_a_configuration_made_by_hand_is_called_by_its_name() -> None:
    with pytest.raises(InputError, match=r"mine: mask\.grid is 3, expected an even"):
        Config(name="mine", mask=MaskConfig(grid=3))


def test_a_wrong_value_in_a_file_names_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[boxes]\nnms_threshold = 2\n")
    with pytest.raises(InputError) as problem:
        read_config(path)
    assert problem.value.message == f"{path}: boxes.nms_threshold is 2.0, expected 0 to 1."


def test_a_base_is_found_beside_the_file_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    (folder / "common.toml").write_text('base = "maskrcnn-r50"\nclasses = 7\n')
    (folder / "long.toml").write_text('base = "common.toml"\n[schedule]\nupdates = 99\n')
    monkeypatch.chdir(tmp_path)
    config = read_config("configs/long.toml")
    assert (config.name, config.mask.kind) == ("long", "conv")
    assert (config.classes, config.schedule.updates) == (7, 99)


def test_an_unknown_base_names_the_file_and_its_field(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "pointrend-r5"\n')
    with pytest.raises(InputError, match=r"Did you mean pointrend-r50\?") as problem:
        read_config(path)
    assert problem.value.message.startswith(f"{path}: base is 'pointrend-r5', which is neither")
    assert (problem.value.path, problem.value.field) == (str(path), "base")


def test_a_base_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("base = 50\n")
    with pytest.raises(FormatError, match="base is 50, expected the name of a preset"):
        read_config(path)


@pytest.mark.parametrize("names", [("a.toml",), ("a.toml", "b.toml")])
def test_files_that_are_the_base_of_each_other_are_named(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    for place, name in enumerate(names):
        (tmp_path / name).write_text(f'base = "{names[(place + 1) % len(names)]}"\n')
    with pytest.raises(InputError) as problem:
        read_config(tmp_path / "a.toml")
    way = ", then ".join(str(tmp_path / name) for name in (*names, "a.toml"))
    assert way in problem.value.message
    assert problem.value.field == "base"


def test_a_name_with_quotes_survives_toml(tmp_path: Path) -> None:
    config = changed(Config(), 'the "best" \\ of all')
    path = tmp_path / "copy.toml"
    path.write_text(to_toml(config))
    assert read_config(path) == config


def test_an_unknown_name_lists_the_presets() -> None:
    with pytest.raises(InputError, match=r"Did you mean pointrend-r101\?") as problem:
        read_config("pointrend-r10")
    assert "maskrcnn-r50" in problem.value.message


def test_a_missing_file_is_no_unknown_preset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.toml: no such file\.$"):
        read_config(tmp_path / "gone.toml")
    path = tmp_path / "mine.toml"
    path.write_text('base = "gone.toml"')
    with pytest.raises(InputError, match=r"gone\.toml', which is a file that is not there\.$"):
        read_config(path)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("classes: 3")
    with pytest.raises(FormatError, match=r"broken\.toml: not TOML"):
        read_config(path)


def test_each_step_of_the_3dfuture_ablation_changes_little() -> None:
    names = [name for name in PRESETS if name.startswith("3dfuture")]
    ablation = [PRESETS[name] for name in names[: names.index("3dfuture") + 1]]
    assert len(ablation) == 6
    masks = [each.mask for each in ablation if isinstance(each.mask, MaskConfig)]
    assert [each.kind for each in masks] == ["conv"] + ["pointrend"] * 5
    assert [each.grid for each in masks] == [14, 14, 14, 14, 26, 26]
    assert [len(each.levels) for each in masks] == [1, 4, 4, 4, 4, 5]
    assert all(each.boxes.class_agnostic and each.classes == 34 for each in ablation)


def test_defaults_are_those_of_the_published_model() -> None:
    config = Config()
    assert config.schedule.learning_rate == 0.02
    assert config.input.train_sizes == (640, 672, 704, 736, 768, 800)


def test_presets_are_ordinary_and_what_is_larger_is_not() -> None:
    assert all(map(is_ordinary, PRESETS.values()))
    larger = (
        {"classes": 5000},
        {"mask": {"coarse_width": 1025}},
        {"mask": {"coarse_layers": 5}},
        {"backbone": {"kind": "res2net", "scale_width": 27}},
        {"backbone": {"groups": 64, "width_per_group": 64}},
    )
    for changes in larger:
        assert not is_ordinary(config_from_dict(changes))


def test_another_kind_of_file_in_place_of_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\x80\x04\x95" + bytes(20))
    with pytest.raises(FormatError, match="is a Python pickle, expected a configuration in TOML"):
        read_config(path)
