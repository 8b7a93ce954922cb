"""Global context: recorded numbers, counts, names, and how it begins."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import Tensor

from segeval import FormatError
from segeval.models import component, public_names
from segeval.models.config import BackboneConfig, Config, config_from_dict
from segeval.models.costs.flops import counting, shapes_only
from segeval.models.files.torchvision_names import of_torchvision
from segeval.models.networks.backbone import resnet
from segeval.models.networks.product import Product
from tests.fill_rule import fill, record, recorded, wave
from tests.softmaxes import Softmaxes


def test_a_block_adds_the_recorded_numbers() -> None:
    block = fill(component("global-context", channels=8, context=4), "global-context")
    found = record(block(wave(2, 8, 3, 5)))
    assert found == recorded(5.113250, 0.6359475, 1.031340, 0.9453633, 0.9796557)


def test_one_place_is_its_own_mean() -> None:
    """Channels 3 and 1 to one number 3 - 1 = 2, whose norm is its bias .5; twice that is added."""
    block = component("global-context", channels=2, context=4)
    with torch.no_grad():
        block.reduce.weight.copy_(torch.tensor([[1.0, -1]]).reshape(1, 2, 1, 1))
        block.norm.bias.fill_(0.5)
        block.expand.weight.copy_(torch.tensor([[2.0], [4]]).reshape(2, 1, 1, 1))
        found = block(torch.tensor([3.0, 1]).reshape(1, 2, 1, 1))
    assert found.flatten().tolist() == [4, 3]


def test_what_is_added_is_the_same_at_every_place() -> None:
    block = fill(component("global-context", channels=8), "global-context")
    x = wave(2, 8, 3, 5)
    added = (block(x) - x).flatten(2)
    assert added.abs().sum() > 1
    assert torch.allclose(added, added[:, :, :1].expand_as(added), rtol=0, atol=1e-14)


def test_places_with_larger_logits_have_larger_shares() -> None:
    block = component("global-context", channels=1)
    with torch.no_grad():
        block.conv_mask.weight.fill_(1)
        block.conv_mask.bias.fill_(7)  # the same for all places
    seen: list[tuple[Tensor, ...]] = []
    block.product.register_forward_hook(lambda *run: seen.append((*run[1], run[2])))
    x = torch.tensor([0.0, 1, 2]).log().clamp(min=-50).reshape(1, 1, 1, 3)
    block(x)
    ((_, shares, mean),) = seen
    assert torch.allclose(shares.flatten(), torch.tensor([0, 1 / 3, 2 / 3]))
    assert torch.allclose(mean, 2 / 3 * torch.tensor(2.0).log())


@pytest.mark.parametrize(
    ("depth", "context", "added"),
    [
        (50, 4, 10_000_909),
        (50, 16, 2_521_741),
        (101, 4, 18_961_694),
        (101, 16, 4_788_062),
    ],
)
def test_a_resnet_with_it_has_as_many_parameters_more(depth: int, context: int, added: int) -> None:
    with shapes_only():
        plain, more = (component("resnet", depth=depth, context=each) for each in (0, context))
    one, other = (sum(each.numel() for each in net.parameters()) for net in (plain, more))
    assert other - one == added


def test_a_resnet_with_it_costs_as_many_multiply_adds_more() -> None:
    found = []
    for context in (0, 4):
        with shapes_only(), torch.no_grad():
            backbone = component("resnet", context=context)
            with counting(backbone) as runs:
                backbone(torch.zeros(1, 3, 800, 1344))
        kinds = dict(backbone.named_modules())
        of_products = [isinstance(kinds[run.layer], Product) for run in runs]
        costs = [run.multiply_adds for run in runs]
        products = sum(cost for cost, is_one in zip(costs, of_products, strict=True) if is_one)
        found.append((products, sum(costs) - products))
    (none, plain), (products, layers) = found
    assert none == 0
    assert layers - plain == 76_623_872
    # each number of a map is multiplied by its place's share
    assert products == 4 * 512 * 100 * 168 + 6 * 1024 * 50 * 84 + 3 * 2048 * 25 * 42


def test_a_resnet_with_it_begins_as_one_without() -> None:
    torch.manual_seed(0)
    with patch.dict(resnet.BLOCKS, {50: (1, 1, 1, 1)}):
        plain, more = component("resnet"), component("resnet", context=16)
    missing, unexpected = more.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected
    assert {name.split(".")[2] for name in missing} == {"context"}
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        for one, other in zip(plain(image).values(), more(image).values(), strict=True):
            assert torch.equal(one, other)


def test_it_stands_before_the_addition_in_the_chosen_stages() -> None:
    with patch.dict(resnet.BLOCKS, {50: (2, 1, 1, 1)}):
        backbone = component("resnet", context=4, context_stages=("res2", "res5"))
    stages = {name.split(".")[0] for name in backbone.state_dict() if ".context." in name}
    assert stages == {"res2", "res5"}
    block = backbone.res2[1]
    with torch.no_grad():
        block.context.expand.bias.fill_(-1e6)  # so that the sum is negative, and ReLU makes it 0
        assert not block(torch.rand(1, 256, 4, 4)).any()


def test_every_weight_of_it_learns_once_it_adds_something() -> None:
    block = component("global-context", channels=8)
    torch.nn.init.ones_(block.expand.weight)
    (block(torch.rand(2, 8, 3, 5)) * torch.rand(2, 8, 3, 5)).sum().backward()
    still = [name for name, each in block.named_parameters() if not each.grad.abs().sum()]
    # a constant added to all logits of a softmax changes nothing, up to rounding
    assert still in ([], ["conv_mask.bias"])


def test_it_has_the_names_of_mmdetection() -> None:
    names = public_names("resnet")
    with shapes_only():
        own = list(component("resnet", context=4, deformable=1).state_dict())
    public = [names(name) for name in own]
    assert {name.partition("layer2.0.")[2] for name in public} >= {
        "context_block.conv_mask.weight",
        "context_block.channel_add_conv.0.bias",
        "context_block.channel_add_conv.1.weight",
        "context_block.channel_add_conv.3.bias",
        "conv2.conv_offset.weight",
        "bn3.running_var",
        "downsample.1.bias",
    }
    torchvision = [name for name in own if "offset" not in name]
    assert [of_torchvision(names(name)) for name in torchvision] == torchvision
    later = "layer2.0.context_block1.channel_add_conv.3.bias"
    assert of_torchvision(later) == "res3.0.context.expand.bias"
    assert of_torchvision("layer2.0.context_block.channel_mul_conv.0.bias") is None
    assert of_torchvision("layer2.0.context_block.channel_add_conv.2.bias") is None


def test_in_16_bits_the_shares_are_computed_in_32() -> None:
    block = component("global-context", channels=8)
    x = torch.rand(1, 8, 3, 5)
    with Softmaxes() as narrow, torch.autocast("cpu", torch.bfloat16):
        block(x)
    with narrow:
        assert block.bfloat16()(x.bfloat16()).dtype == torch.bfloat16
    with Softmaxes() as wide:
        block.double()(x.double())
    assert narrow.found == [torch.float32] * 2
    assert wide.found == [torch.float64]


@pytest.mark.parametrize(("settings", "message"), [
    ({"context": 8}, "mine: backbone.context is 8, expected 0 or 4 or 16."),
    ({"context_stages": ["res6"]}, "mine: backbone.context_stages is ['res6'], expected some of"),
])  # fmt: skip
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError) as problem:
        config_from_dict({"backbone": settings}, base=Config(), source="mine")
    assert problem.value.message.startswith(message)


def test_its_label_says_so() -> None:
    assert BackboneConfig(context=4, deformable=1).label == "R50+D+GC"
