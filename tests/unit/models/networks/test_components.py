"""Components by name: how they are built, what is refused, and the rule that fills them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields
from inspect import Parameter
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from torch import nn

from segeval import FormatError, InputError
from segeval.models import component, public_names, register_component
from segeval.models.config import DetectorConfig
from segeval.models.networks.components import COMPONENTS
from tests.fill_rule import fill, filled, record, recorded, wave


@pytest.fixture
def own() -> Iterator[None]:
    with patch.dict(COMPONENTS):
        register_component("line", names=lambda name: f"inner.{name}")(_line)
        register_component("detector", settings=DetectorConfig)(lambda settings: settings)
        yield


def _line(inputs: int, outputs: int = 2) -> nn.Linear:
    return nn.Linear(inputs, outputs)


@pytest.mark.usefixtures("own")
def test_a_component_is_built_from_its_settings() -> None:
    assert tuple(component("line", inputs=3).weight.shape) == (2, 3)
    assert tuple(component("line", inputs=3, outputs=5).weight.shape) == (5, 3)
    assert public_names("line")("bias") == "inner.bias"
    assert component("detector", kind="rcnn") == DetectorConfig()


@pytest.mark.usefixtures("own")
def test_what_is_no_component_or_setting_is_refused_with_what_there_is() -> None:
    with pytest.raises(InputError, match=r"no component 'lime'\. Did you mean line\? The comp"):
        component("lime")
    with pytest.raises(InputError, match=r"There is no component 'transformer'\. The comp"):
        public_names("transformer")
    with pytest.raises(InputError) as problem:
        component("line", input=3)
    assert problem.value.message == (
        "line: there is no setting input. Did you mean inputs? Its settings are: inputs, outputs."
    )
    with pytest.raises(InputError) as problem:
        component("line", outputs=3)
    assert problem.value.message == (
        "line: the setting inputs is missing. Its settings are: inputs, outputs."
    )
    with pytest.raises(FormatError) as wrong:
        component("detector", kin="x")
    assert wrong.value.message == "detector: there is no setting kin. Did you mean kind?"
    with pytest.raises(InputError, match="There is a component 'line' already"):
        register_component("line")(_line)


def test_weights_are_filled_by_their_public_names() -> None:
    line = fill(nn.Linear(3, 2), lambda name: "ab")
    assert isinstance(line, nn.Linear)
    start = ord("a") + ord("b")
    expected = [math.sin(start + place) * math.sqrt(2 * 2 / 6) for place in range(6)]
    assert line.weight.flatten().tolist() == pytest.approx(expected, rel=1e-15)
    bias = [0.1 * math.sin(start + place) for place in range(2)]
    assert line.bias.tolist() == pytest.approx(bias, rel=1e-15)


def test_norms_are_filled_around_what_leaves_their_input_unchanged() -> None:
    norm = fill(nn.BatchNorm2d(4), lambda name: name)
    for name, middle, most in [
        ("weight", 1, 0.1), ("bias", 0, 0.1), ("running_mean", 0, 0.1), ("running_var", 1, 0.5),
    ]:  # fmt: skip
        found = norm.state_dict()[name]
        assert float((found - middle).abs().max()) <= most, name
        assert len(found.unique()) == 4, name
    assert not norm.training
    assert not torch.equal(filled("running_mean", (4,)), filled("running_var", (4,)))


def test_a_record_is_the_sum_the_mean_size_and_three_numbers() -> None:
    x = wave(2, 2)
    assert x.flatten().tolist() == pytest.approx([math.cos(0.37 * i) for i in range(4)], rel=1e-15)
    assert record(-x)[:2] == recorded(-float(x.sum()), float(x.abs().mean()))
    assert record(x)[2:] == tuple(x.flatten()[[0, 2, 3]].tolist())
    assert float(wave(1, phase=1)) == math.cos(1)


def test_every_component_and_setting_is_documented(root: Path) -> None:
    page = (root / "docs/pages/reference/components.md").read_text()
    lines = [line for line in page.splitlines() if line.startswith("| `")]
    rows = {line.split("`")[1]: line for line in lines}
    assert [line.split("`")[1] for line in lines] == sorted(COMPONENTS)
    for kind, found in COMPONENTS.items():
        if found.settings is None:
            wanted = list(found.defaults)
            needed = {name for name, each in found.defaults.items() if each is Parameter.empty}
            assert all(f"**`{name}`**" in rows[kind] for name in needed), kind
        else:
            wanted = [each.name for each in fields(found.settings) if each.name != "kind"]
        assert all(f"`{name}`" in rows[kind] for name in wanted), kind
