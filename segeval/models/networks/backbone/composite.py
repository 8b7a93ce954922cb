"""Two backbones of one kind: the stages of the second also read the maps of the first.

    assistant   stem -> stage 0 -> stage 1 -> stage 2 -> stage 3
                           |          |          |          |      each map also enters
                           v          v          v          v      the earlier stages
    lead                stage 0 -> stage 1 -> stage 2 -> stage 3 -> the maps that predict

Source: Liang et al. 2021, CBNetV2, section 3.2 (dense higher-level composition) and 3.3 (assistant
supervision), and its public modules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config import BackboneConfig, SwinConfig
from segeval.models.networks.backbone.resnet import ResNet
from segeval.models.networks.backbone.resnet import public_name as resnet_name
from segeval.models.networks.backbone.swin import Swin
from segeval.models.networks.components import register_component, same_name
from segeval.models.networks.protocols import Composable
from segeval.models.ops.resizing import size_of

COPIES = {"assistant": "cb_modules.0", "lead": "cb_modules.1"}
"""The two backbones, and their public names."""


class Composite(nn.Module):
    """An assistant, and a lead that starts from the assistant's first maps.

    Args:
        assistant: a whole backbone.
        lead: another one like it; it loses what the assistant runs for both.
        assist_weight: factor of the losses of heads on the assistant's maps.

    Attributes:
        channels: of each stage's output, by name.
        strides: of each stage's output, in pixels, by name.

    Example:
        >>> import torch
        >>> maps = Composite(ResNet(), ResNet())(torch.zeros(1, 3, 64, 64))
        >>> tuple(maps["res5"].shape)
        (1, 2048, 2, 2)
    """

    assistant: Composable
    lead: Composable

    def __init__(
        self, assistant: Composable, lead: Composable, *, assist_weight: float = 0.5
    ) -> None:
        super().__init__()
        self.channels, self.strides = assistant.channels, assistant.strides
        self.assist_weight = assist_weight
        self.first = lead.leave_first()
        self.assistant, self.lead = assistant, lead
        stages = range(len(self.channels))
        # links.i.j, from stage i + j to stage i; none to the stages that the lead lacks
        self.links = nn.ModuleList(
            nn.ModuleList(assistant.link(source, number) for source in stages[number:])
            if number >= self.first
            else nn.ModuleList()
            for number in stages
        )

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """From (B, 3, H, W) to the maps of the lead."""
        return self.looks(image)[-1][0]

    def looks(self, image: Tensor, /) -> list[tuple[dict[str, Tensor], float]]:
        """The maps of the assistant and those of the lead, with the factors of their losses."""
        x = self.assistant.stem(image)
        inputs, seen = [], []
        for number in range(len(self.channels)):
            inputs.append(x)
            found, x = self.assistant.stage(number, x)
            seen.append(found)
        led, x = seen[: self.first], inputs[self.first]
        for number, links in enumerate(self.links):
            if number >= self.first:
                added = _summed(links.children(), seen[number:], size_of(inputs[number]))
                found, x = self.lead.stage(number, x + added)
                led.append(found)
        by_name = (dict(zip(self.channels, each, strict=True)) for each in (seen, led))
        return list(zip(by_name, (self.assist_weight, 1.0), strict=True))

    def freeze(self, stages: int) -> None:
        """Freeze the first stages of both backbones, see `Freezable`."""
        self.assistant.freeze(stages)
        self.lead.freeze(stages)


def _summed(links: Iterable[nn.Module], maps: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
    """What the maps of the assistant add to the input of a stage, (B, C, H, W) of a size."""
    linked = (link(each) for link, each in zip(links, maps, strict=True))
    first, *others = (
        each if each.shape[2:] == size else functional.interpolate(each, size, mode="nearest")
        for each in linked
    )
    return sum(others, start=first)


def public_name(name: str, *, of_backbone: Callable[[str], str], conv: str = "") -> str:
    """CBNetV2's name of a parameter.

    Args:
        name: ours.
        of_backbone: public names of the two backbones.
        conv: public name of the convolution of a link with a norm; "" without one.

    Example:
        >>> public_name("lead.res3.0.conv1.weight", of_backbone=resnet_name)
        'cb_modules.1.layer2.0.conv1.weight'
        >>> public_name("links.1.2.norm.bias", of_backbone=resnet_name, conv="0.")
        'cb_linears.1.2.1.bias'
    """
    part, _, rest = name.partition(".")
    if part in COPIES:
        return f"{COPIES[part]}.{of_backbone(rest)}"
    number, source, inner = rest.split(".", 2)
    of_norm = inner.startswith("norm.")
    return (
        f"cb_linears.{number}.{source}.{inner.replace('norm.', '1.') if of_norm else conv + inner}"
    )


@register_component(
    "cbnet-resnet",
    names=partial(public_name, of_backbone=resnet_name, conv="0."),
    settings=BackboneConfig,
)
def resnets(config: BackboneConfig) -> Composite:
    """Two ResNets, whatever `config.copies` says."""
    return Composite(ResNet(config), ResNet(config), assist_weight=config.assist_weight)


@register_component(
    "cbnet-swin", names=partial(public_name, of_backbone=same_name), settings=SwinConfig
)
def swins(config: SwinConfig) -> Composite:
    """Two Swin transformers, whatever `config.copies` says."""
    return Composite(Swin(config), Swin(config), assist_weight=config.assist_weight)
