"""CBNetV2: recorded numbers, counts, what two backbones share, how heads learn from both."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segeval import FormatError
from segeval.models import build, component, public_names
from segeval.models.config import Config, changed, read_config
from segeval.models.costs.flops import shapes_only
from segeval.models.files.mmdetection_names import of_mmdetection
from segeval.models.networks.backbone import FPN, Composite
from segeval.models.networks.backbone.norms import FrozenBatchNorm
from segeval.models.networks.batches import Batch
from segeval.models.networks.rcnn import MaskRCNN
from tests.detector_batches import few_proposals, some_batch
from tests.fill_rule import fill, record, recorded, wave
from tests.small_models import small_models

SMALL_SWIN = {"embed": 4, "depths": (2, 2, 2, 2), "heads": (1, 2, 2, 4), "window": 3}


def swins(**settings: Any) -> Composite:
    composite: Composite = component("cbnet-swin", **SMALL_SWIN, **settings)
    return composite


def resnets(**settings: Any) -> Composite:
    with small_models():
        composite: Composite = component("cbnet-resnet", **settings)
    return composite


def numbers_of(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


def test_the_maps_of_two_small_swins_are_the_recorded_ones() -> None:
    composite = fill(swins(), "cbnet-swin")
    assert isinstance(composite, Composite)
    (assistant, _), (lead, weight) = composite.looks(wave(1, 3, 40, 52))
    sums = [record(each)[:1] for each in (assistant["res2"], *lead.values())]
    expected = (-26.85261, -12.06602, -3.285042, 1.095861, -0.5226721)
    assert sums == [recorded(each) for each in expected]
    assert weight == 1
    assert all(
        torch.equal(each, lead[name]) for name, each in composite(wave(1, 3, 40, 52)).items()
    )


@pytest.mark.parametrize(
    ("size", "whole", "links"),
    [
        ("t", 55_682_676, 646_176),
        ("s", 98_318_484, None),
        ("b", 174_631_792, None),
        ("l", 392_569_128, 2_582_592),
    ],
)
def test_two_swins_have_as_many_parameters_as_the_published_ones(
    size: str, whole: int, links: int | None
) -> None:
    with shapes_only():
        composite = component("cbnet-swin", swin=size)
    assert numbers_of(composite) == whole
    assert links in {None, numbers_of(composite.links)}


@pytest.mark.parametrize(
    ("base", "size", "parameters"),
    [
        ("maskrcnn-swin-t", "t", 75_956_580),  # "76M"
        ("htc-r50", "b", 228_088_430),  # "231M", with a semantic branch of 2,802,103
        ("lvis-htc-swin-l", "l", 450_593_659),
    ],
)
def test_whole_models_have_as_many_parameters(base: str, size: str, parameters: int) -> None:
    backbone = {"kind": "swin", "swin": size, "copies": 2}
    with shapes_only():
        model = build(changed(read_config(base), "two", backbone=backbone))
    assert numbers_of(model) == parameters


def copied(composite: Composite) -> Composite:
    """With the weights of the assistant in the lead."""
    own, lead = composite.get_submodule("assistant").state_dict(), composite.get_submodule("lead")
    lead.load_state_dict({name: own[name] for name in lead.state_dict()})
    return composite.eval()


def test_resnets_start_as_one_and_swins_do_not() -> None:
    image = wave(1, 3, 64, 64).float()
    (assistant, _), (lead, _) = copied(resnets()).looks(image)
    assert all(torch.equal(lead[name], assistant[name]) for name in lead)
    filled = fill(swins(), "cbnet-swin")
    assert isinstance(filled, Composite)
    for weight in filled.links.parameters():
        nn.init.zeros_(weight)
    (assistant, _), (lead, _) = copied(filled).looks(wave(1, 3, 64, 64))
    apart = [float((lead[name] - assistant[name]).detach().abs().mean()) for name in lead]
    assert min(apart) > 0.01  # the map of a stage enters the same stage as it is


def test_the_lead_has_no_stem_and_the_map_of_res2_is_the_assistants() -> None:
    composite = resnets()
    names = {name.split(".")[0] for name in composite.get_submodule("lead").state_dict()}
    assert names == {"res3", "res4", "res5"}
    assert "patch_embed.proj.weight" not in swins().get_submodule("lead").state_dict()
    (assistant, _), (lead, _) = composite.looks(torch.randn(1, 3, 64, 64))
    assert lead["res2"] is assistant["res2"]


@pytest.mark.parametrize("make", [swins, resnets])
@pytest.mark.parametrize("size", [(64, 96), (32, 64)])
def test_the_lead_alone_gives_the_assistant_a_gradient(make: Any, size: tuple[int, int]) -> None:
    composite = make()
    for link in composite.links.parameters():
        nn.init.normal_(link)
    sum(each.square().mean() for each in composite(torch.randn(2, 3, *size)).values()).backward()
    without = {name for name, each in composite.named_parameters() if each.grad is None}
    assert not without


def test_norms_of_links_keep_their_statistics() -> None:
    composite = resnets().train()
    composite(torch.randn(2, 3, 64, 64))
    assert float(composite.get_buffer("links.1.0.norm.running_mean").abs().max()) == 0


def test_frozen_stages_are_those_of_both() -> None:
    composite = resnets(norm="batch")
    composite.freeze(3)
    frozen = {
        ".".join(name.split(".")[:2])
        for name, each in composite.named_parameters()
        if not each.requires_grad
    }
    assert frozen == {"assistant.stem", "assistant.res2", "assistant.res3", "lead.res3"}
    assert isinstance(composite.get_submodule("lead.res3.0.conv1.norm"), FrozenBatchNorm)
    swin = swins()
    swin.freeze(2)
    frozen = {
        name.split(".")[0] for name, each in swin.named_parameters() if not each.requires_grad
    }
    assert frozen == {"assistant", "lead"}
    assert not any(each.requires_grad for each in swin.get_submodule("lead.layers.0").parameters())


@pytest.mark.parametrize(("kind", "make"), [("cbnet-swin", swins), ("cbnet-resnet", resnets)])
def test_published_names_are_read(kind: str, make: Any) -> None:
    names = public_names(kind)
    for name in make().state_dict():
        assert of_mmdetection(f"backbone.{names(name)}") == f"backbone.bottom_up.{name}"


@pytest.fixture
def pair() -> MaskRCNN:
    with small_models():
        torch.manual_seed(0)
        model = build(changed(Config(), "two", classes=3, backbone={"copies": 2}))
    assert isinstance(model, MaskRCNN)
    model.proposal_generator = few_proposals(model.backbone)  # type: ignore[arg-type]
    return model


def drawn(model: MaskRCNN, batch: Batch) -> dict[str, Tensor]:
    return model.losses(batch, generator=torch.Generator().manual_seed(0))


def test_heads_learn_from_the_assistant_by_half(pair: MaskRCNN) -> None:
    losses = drawn(pair, some_batch())
    own = {name for name in losses if not name.endswith("_assistant")}
    assert {f"{name}_assistant" for name in own} == losses.keys() - own
    assert {"loss_rpn_cls", "loss_cls", "loss_mask"} <= own
    pyramid = pair.backbone
    assert isinstance(pyramid, FPN)
    assert isinstance(pyramid.bottom_up, Composite)
    pyramid.bottom_up.assist_weight = 1.0
    whole = drawn(pair, some_batch())
    for name, loss in losses.items():
        factor = 0.5 if name.endswith("_assistant") else 1
        assert torch.equal(loss, factor * whole[name])


def test_the_assistant_learns_in_the_proposals_of_the_lead(
    pair: MaskRCNN, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[list[Tensor]] = []
    used: list[Any] = []
    learn, heads = pair.proposal_generator.learn, pair.head_losses

    def learned(*given: Any, **named: Any) -> Any:
        proposals, losses = learn(*given, **named)
        found.append(proposals)
        return proposals, losses

    def looked(features: Any, proposals: Any, *given: Any, **named: Any) -> Any:
        used.append(proposals)
        return heads(features, proposals, *given, **named)

    monkeypatch.setattr(pair.proposal_generator, "learn", learned)
    monkeypatch.setattr(pair, "head_losses", looked)
    drawn(pair, some_batch())
    assert len(found) == len(used) == 2
    assert all(each is found[1] for each in used)


def test_solo_learns_from_the_assistant_too() -> None:
    heads = {"kind": "solo", "channels": 32, "mask_channels": 32, "kernels": 32}
    backbone, pyramid = {"depth": 14, "copies": 2}, {"channels": 32}
    made = changed(Config(), "two", classes=3, detector=heads, backbone=backbone, pyramid=pyramid)
    names = {"loss_cls", "loss_mask"}
    assert build(made).losses(some_batch()).keys() == names | {f"{n}_assistant" for n in names}


def test_a_semantic_head_on_dilated_stages_has_one_backbone() -> None:
    with pytest.raises(FormatError) as caught:
        changed(read_config("deeplabv3-r103"), "two", backbone={"copies": 2})
    assert str(caught.value) == (
        "two: backbone.copies is 2, expected 1: the stages of two backbones cannot be dilated, as "
        "those of this semantic head are."
    )
