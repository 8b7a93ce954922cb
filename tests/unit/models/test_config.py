"""Configurations from names, dictionaries and TOML files."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval import FormatError, InputError
from segeval.models.config import Config, changed, config_from_dict, read_config, to_toml
from segeval.models.presets import PRESETS


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
        ({"mask": {"step": 3}}, "there is no setting mask.step. Did you mean mask.steps?"),
        ({"classes": "3"}, "classes is '3', expected a whole number"),
        ({"classes": 0}, "classes is 0, expected more than 0"),
        ({"mask": {"sampling": "random"}}, "'biased' or 'uniform' or 'grid'"),
        ({"mask": 3}, "mask is 3, expected settings by name"),
        ({"input": {"mean": [1, 2]}}, "input.mean is [1, 2], expected a list of 3"),
        ({"input": {"flip": 1}}, "input.flip is 1, expected true or false"),
        ({"input": {"train_sizes": []}}, "input.train_sizes is (), expected at least one size"),
    ],
)
def test_a_wrong_setting_is_named(values: dict[str, object], text: str) -> None:
    with pytest.raises(FormatError) as problem:
        config_from_dict(values, source="mine")
    assert text in problem.value.message


def test_an_unknown_name_lists_the_presets() -> None:
    with pytest.raises(InputError, match=r"Did you mean pointrend-r101\?") as problem:
        read_config("pointrend-r10")
    assert "maskrcnn-r50" in problem.value.message


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("classes: 3")
    with pytest.raises(FormatError, match=r"broken\.toml: no TOML"):
        read_config(path)


def test_each_step_of_the_3dfuture_ablation_changes_little() -> None:
    names = [name for name in PRESETS if name.startswith("3dfuture")]
    ablation = [PRESETS[name] for name in names]
    assert len(ablation) == 6
    assert [each.mask.side for each in ablation] == [28, 224, 224, 224, 416, 416]
    assert [len(each.mask.levels) for each in ablation] == [1, 4, 4, 4, 4, 5]
    assert all(each.boxes.class_agnostic and each.classes == 34 for each in ablation)


def test_defaults_are_those_of_the_published_model() -> None:
    config = Config()
    assert config.mask.side == 224
    assert config.schedule.learning_rate == 0.02
    assert config.input.train_sizes == (640, 672, 704, 736, 768, 800)
