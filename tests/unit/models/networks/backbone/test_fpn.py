"""The pyramid, level by level."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from segeval.errors import InputError
from segeval.models.config import BackboneConfig
from segeval.models.networks.backbone import FPN, ResNet


def small() -> tuple[FPN, Tensor]:
    torch.manual_seed(0)
    return FPN(ResNet(), channels=4), torch.rand(2, 3, 64, 96)


def test_a_level_is_its_lateral_and_the_coarser_one_doubled() -> None:
    fpn, image = small()
    with torch.no_grad():
        maps, levels = fpn.bottom_up(image), fpn(image)
        above = None
        for level in (5, 4, 3, 2):
            x = fpn.get_submodule(f"fpn_lateral{level}")(maps[f"res{level}"])
            if above is not None:  # nearest: a cell becomes four
                x = x + above.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
            above = x
            expected = fpn.get_submodule(f"fpn_output{level}")(x)
            torch.testing.assert_close(levels[f"p{level}"], expected)


def test_p6_is_every_second_cell_of_p5() -> None:
    fpn, image = small()
    with torch.no_grad():
        levels = fpn(image)
    assert torch.equal(levels["p6"], levels["p5"][:, :, ::2, ::2])


def test_levels_come_from_fine_to_coarse() -> None:
    fpn, image = small()
    assert list(fpn(image)) == list(fpn.strides) == ["p2", "p3", "p4", "p5", "p6"]


def test_images_of_a_batch_do_not_touch_each_other() -> None:
    fpn, image = small()
    with torch.no_grad():
        both, alone = fpn(image), fpn(image[1:])
    for name, each in alone.items():
        torch.testing.assert_close(both[name][1:], each, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("level", [2, 3, 4, 5])
def test_its_convolutions_have_a_bias_that_starts_at_zero(level: int) -> None:
    with torch.no_grad():
        fpn, _ = small()
    for kind in ("lateral", "output"):
        assert not fpn.get_parameter(f"fpn_{kind}{level}.bias").any()


@pytest.mark.parametrize("deformable", [0, 2])
def test_mixed_precision_stays_near(deformable: Any) -> None:
    torch.manual_seed(0)
    fpn, image = (
        FPN(ResNet(BackboneConfig(deformable=deformable)), channels=8),
        torch.rand(1, 3, 64, 64),
    )
    with torch.no_grad():
        exact = fpn(image)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough = fpn(image)
    for name, each in exact.items():
        assert rough[name].dtype == torch.bfloat16
        assert (rough[name] - each).norm() < 0.03 * each.norm()


def test_a_backbone_whose_stride_does_not_double_is_refused() -> None:
    dilated = ResNet(BackboneConfig(output_stride=16))
    with pytest.raises(InputError, match="'res5': 16}, expected each twice the one before"):
        FPN(dilated)
