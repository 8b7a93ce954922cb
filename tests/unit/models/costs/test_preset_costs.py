"""What the presets are made of, and what an image costs."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import pytest
import torch

from segeval.models import build
from segeval.models.config import BackboneConfig, Config, changed
from segeval.models.config.presets import PRESETS
from segeval.models.costs.flops import cost_of, counting
from segeval.models.costs.listed_presets import PRESET_COSTS, ModelCost, list_presets
from segeval.models.costs.preset_costs import list_models, model_cost


def test_the_published_model_has_the_published_size() -> None:
    cost = model_cost(PRESETS["pointrend-r50"])
    assert (cost.parameters, cost.output, cost.image) == (60_161_792, (224, 224), (800, 1344))
    assert (cost.boxes, cost.mask_multiply_adds) == (100, 924_286_976)


def test_masks_of_another_head_cost_something_else() -> None:
    pointrend, conv = (model_cost(PRESETS[name]) for name in ("pointrend-r50", "maskrcnn-r50"))
    assert conv.mask_multiply_adds == 529_858_560
    assert conv.output == (28, 28)
    assert pointrend.multiply_adds - conv.multiply_adds == 100 * (924_286_976 - 529_858_560)


@pytest.mark.parametrize(
    ("name", "output"),
    [("semantic-fpn-r101", (256, 512)), ("semantic-fpn-r101-pointrend", (1024, 2048))],
)
def test_a_semantic_model_is_listed_with_the_size_of_what_it_predicts(
    name: str, output: tuple[int, int]
) -> None:
    cost = model_cost(PRESETS[name])
    assert (cost.image, cost.output) == ((1024, 2048), output)
    assert cost.mask_multiply_adds is None


def test_a_run_with_real_numbers_costs_the_same() -> None:
    config = changed(
        PRESETS["semantic-fpn-r101-pointrend"],
        "small",
        backbone={"depth": 50},
        input={"test_size": 64, "test_max": 90},
        semantic={"subdivision_points": 100},
    )
    model = build(config).eval()
    with counting(model) as runs:
        model(torch.zeros(1, 3, 64, 96), ((64, 90),))
    assert model_cost(config).multiply_adds == cost_of(runs).multiply_adds


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (BackboneConfig(), "R50"),
        (BackboneConfig(depth=101, deep_stem=True), "R103"),
        (BackboneConfig(depth=101, groups=64, width_per_group=4, deformable=1), "X101-64x4d+D"),
    ],
)
def test_backbones_have_the_names_of_papers(config: BackboneConfig, name: str) -> None:
    assert config.label == name


def test_the_list_has_a_table_per_task() -> None:
    config = Config()
    found = list_models([config, PRESETS["semantic-fpn-r101"]])
    assert [table.name for table in found.tables] == ["instance", "semantic"]
    assert found.tables[0].rows == (("pointrend-r50", "R50", "60.2M", "224", "800x1344", "303G"),)
    assert found.tables[1].rows[0][3] == "1/4"
    assert found.summary == "2 models"
    assert [note.code for note in found.notes] == ["counted", "output"]
    first = found.to_dict()["results"]["models"][0]
    assert first["parameters"] == 60_161_792


@pytest.mark.parametrize("listed", PRESET_COSTS, ids=lambda each: each.name)
def test_what_is_listed_of_a_preset_is_what_it_costs(listed: ModelCost) -> None:
    assert replace(model_cost(PRESETS[listed.name]), paper=listed.paper) == listed


def test_all_presets_are_listed_by_paper() -> None:
    listed = list_presets().scores
    assert {each.name for each in listed} == set(PRESETS)
    papers = [paper for paper, _ in groupby(each.paper for each in listed)]
    assert len(papers) == len(set(papers))
    assert all(papers)
