"""The members of the ensemble that won 3D-FUTURE 2020: their settings, and what they cost.

Another test counts the costs of all presets again.
"""

from __future__ import annotations

from typing import Any

import pytest

from segeval.models.config import PyramidConfig, Res2NetConfig, changed, read_config
from segeval.models.costs.listed_presets import PRESET_COSTS, model_table
from segeval.models.costs.preset_costs import model_cost

COSTS = {each.name: each for each in PRESET_COSTS}
NON_LOCAL = 4 * (256 * 256 + 256)
"""Parameters of a non-local block."""


@pytest.mark.parametrize(
    ("name", "backbone", "parameters", "mask"),
    [
        ("3dfuture", "X101-64x4d+D", 156_548_906, 8_927_225_328),
        ("3dfuture-bfp", "X101-64x4d+D", 156_548_906 + NON_LOCAL, 8_927_225_328),
        ("3dfuture-bfp-enrich", "X101-64x4d+D", 157_305_386 + NON_LOCAL, 22_079_636_976),
        ("3dfuture-res2net", "R2-101+D", 166_023_798, 32_211_101_168),
        ("3dfuture-res2net-bfp2", "R2-101+D", 179_656_310, 32_211_101_168),
        ("3dfuture-htc", "R2-101+D+GC", 262_627_154, 8_294_236_160),
    ],
)
def test_the_members_have_as_many_parameters_and_costs_as_their_parts(
    name: str, backbone: str, parameters: int, mask: int
) -> None:
    found = COSTS[name]
    assert (found.backbone, found.parameters) == (backbone, parameters)
    assert found.mask_multiply_adds == mask
    assert found.image == (1408, 1408)


def test_the_list_says_what_the_marks_of_a_backbone_mean() -> None:
    notes = {note.code: note for note in model_table((COSTS["3dfuture-htc"],)).notes}
    assert notes["context"].message == "+GC: with global context blocks."
    assert notes["context"].count == 1
    assert "context" not in {note.code for note in model_table((COSTS["3dfuture"],)).notes}


def test_a_res2net_member_is_the_sum_of_its_parts() -> None:
    pyramid = (256 + 512 + 1024 + 2048 + 4) * 256 + 4 * (9 * 256 * 256 + 256)
    proposals = 9 * 256 * 256 + 256 + 15 * (256 + 1)
    backbone = 43_176_920 - 119_188 + 1_568_484  # its norms are frozen, its offsets train

    def boxes(side: int) -> int:
        hidden = (256 * side**2 + 1) * 1024 + 3 * (1024 + 1) * 1024
        return hidden + (35 + 4) * (1024 + 1)

    coarse = (5 * 256 + 1) * 512 + (4 * 512 + 1) * 512
    coarse += (512 * 13**2 + 1) * 1024 + 3 * (1024 + 1) * 1024 + 34 * 13**2 * (1024 + 1)
    points = (5 * 256 + 34 + 1) * 512 + 4 * (512 + 34 + 1) * 512 + (512 + 34 + 1) * 34
    rest = pyramid + proposals + backbone + coarse + points
    assert rest + boxes(7) + NON_LOCAL == COSTS["3dfuture-res2net"].parameters
    assert rest + boxes(10) + 2 * NON_LOCAL == COSTS["3dfuture-res2net-bfp2"].parameters


@pytest.mark.parametrize(
    ("mask", "parameters", "multiply_adds"),
    [
        ({"point_width": 512}, 157_305_386, 22_079_636_976),
        (
            {"coarse_channels": 512, "coarse_layers": 4, "point_width": 512, "point_layers": 5},
            205_381_674,
            32_211_101_168,
        ),
    ],
)
def test_larger_heads_alone_have_as_many_parameters_as_published(
    mask: dict[str, Any], parameters: int, multiply_adds: int
) -> None:
    found = model_cost(changed(read_config("3dfuture"), "enriched", mask=mask))
    assert (found.parameters, found.mask_multiply_adds) == (parameters, multiply_adds)


@pytest.mark.parametrize(
    ("name", "rate", "clip", "blocks", "layers", "side"),
    [
        ("3dfuture", 0.02, None, 0, 2, 7),
        ("3dfuture-bfp", 0.01, None, 1, 2, 7),
        ("3dfuture-bfp-enrich", 0.02, None, 1, 2, 7),
        ("3dfuture-res2net", 0.01, 35, 1, 4, 7),
        ("3dfuture-res2net-bfp2", 0.01, 35, 2, 4, 10),
    ],
)
def test_the_members_learn_as_the_winner_s_did(
    name: str, rate: float, clip: float | None, blocks: int, layers: int, side: int
) -> None:
    config = read_config(name)
    assert (config.schedule.learning_rate, config.schedule.clip) == (rate, clip)
    assert (config.boxes.layers, config.boxes.side) == (layers, side)
    pyramid = config.pyramid
    assert isinstance(pyramid, PyramidConfig)
    assert blocks == (pyramid.balance_blocks if pyramid.balance == "non-local" else 0)
    assert (config.input.order, config.input.train_sizes) == ("RGB", (1200, 1400))
    assert config.classes == 34
    if "res2net" in name:
        assert config.backbone == Res2NetConfig(depth=101, deformable=1)
