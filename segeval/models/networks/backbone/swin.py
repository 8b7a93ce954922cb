"""Swin transformer: an image to four maps, each half the last one's width.

    image -> patch_embed    4 x 4 pixels become a place of C channels
          -> layers.0 to 3  blocks of attention in windows; then 2 x 2 places become one of twice
                            the channels
          -> norm0 to 3     the output of each layer, as res2 to res5

Maps inside are (B, H, W, C). Modules are named as in the published checkpoints.

Source: Liu et al. 2021, Swin Transformer, section 3; the norms of the outputs are those of its
published detectors.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config.parts.swin import SwinConfig
from segeval.models.config.rules import require_possible
from segeval.models.networks.backbone.staged import StagedNetwork
from segeval.models.networks.backbone.window_attention import WindowAttention, Windows
from segeval.models.networks.components import register_component
from segeval.models.networks.random_layers import DropPath

PATCH = 4
"""Side of the patches that become places, in pixels."""


class PatchEmbedding(nn.Module):
    """Patches of 4 x 4 pixels to places.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, channels, PATCH, stride=PATCH)
        self.norm = nn.LayerNorm(channels)

    def forward(self, image: Tensor) -> Tensor:
        """(B, 3, H, W), padded at the right and the bottom, to (B, H / 4, W / 4, C)."""
        height, width = image.shape[2:]
        image = functional.pad(image, (0, -width % PATCH, 0, -height % PATCH))
        embedded: Tensor = self.norm(self.proj(image).permute(0, 2, 3, 1))
        return embedded


class Perceptron(nn.Module):
    """Two fully connected layers at each place, the hidden one four times as wide."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, 4 * channels)
        self.fc2 = nn.Linear(4 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) to (..., C)."""
        mixed: Tensor = self.fc2(functional.gelu(self.fc1(x)))
        return mixed


class Block(nn.Module):
    """Attention in windows, then two layers at each place; both are added to their input.

    Args:
        channels: C.
        heads: of the attention.
        window: side of the windows.
        drop_path: chance of an image to skip one of the two in training.
    """

    def __init__(self, channels: int, heads: int, window: int, *, drop_path: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attn = WindowAttention(channels, heads, window)
        self.drop_path = DropPath(drop_path)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = Perceptron(channels)

    def forward(self, x: Tensor, windows: Windows) -> Tensor:
        """(B, H, W, C) to (B, H, W, C), cut into windows for the attention."""
        seen = self.attn(windows.cut(self.norm1(x)), windows.apart)
        x = x + self.drop_path(windows.joined(seen))
        mixed: Tensor = x + self.drop_path(self.mlp(self.norm2(x)))
        return mixed


class PatchMerging(nn.Module):
    """2 x 2 places to one of twice the channels.

    Args:
        channels: C of the input.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, H, W, C), padded at the right and the bottom, to (B, H / 2, W / 2, 2 C)."""
        height, width = x.shape[1:3]
        if height % 2 or width % 2:
            x = functional.pad(x, (0, 0, 0, width % 2, 0, height % 2))
        # row by column: (0, 0), (1, 0), (0, 1), (1, 1)
        parts = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        merged: Tensor = self.reduction(self.norm(torch.cat(parts, dim=-1)))
        return merged


class Layer(nn.Module):
    """A stage: its blocks, and the way to the next one.

    Args:
        channels: C.
        heads: of the attention.
        window: side of the windows.
        drop_path: of each block.
        merges: whether another stage follows.
    """

    def __init__(
        self, channels: int, heads: int, window: int, *, drop_path: list[float], merges: bool
    ) -> None:
        super().__init__()
        self.window = window
        self.blocks = nn.ModuleList(
            Block(channels, heads, window, drop_path=rate) for rate in drop_path
        )
        self.downsample = PatchMerging(channels) if merges else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """From (B, H, W, C) the output of this stage, as large, and the input of the next one."""
        height, width = x.shape[1:3]
        ways = [
            Windows(height, width, self.window, shifted=shifted).to(x.device)
            for shifted in (False, True)
        ]
        for number, block in enumerate(self.blocks):
            x = block(x, ways[number % 2])
        return x, x if self.downsample is None else self.downsample(x)


@register_component("swin", settings=SwinConfig)
class Swin(StagedNetwork):
    """Patch embedding and four stages, whose normed outputs are res2 to res5.

    Args:
        config: its size; None for Swin-T.

    Attributes:
        channels: of each stage's output, by name.
        strides: of each stage's output, in pixels, by name.

    Raises:
        FormatError: for an impossible setting.

    Example:
        >>> maps = Swin()(torch.zeros(1, 3, 64, 64))
        >>> {name: tuple(each.shape[1:]) for name, each in maps.items()}
        {'res2': (96, 16, 16), 'res3': (192, 8, 8), 'res4': (384, 4, 4), 'res5': (768, 2, 2)}
    """

    def __init__(self, config: SwinConfig | None = None) -> None:
        super().__init__()
        config = config or SwinConfig()
        require_possible({"backbone": config}, "Swin")
        embed, depths, heads = config.sizes
        self.channels = {f"res{2 + stage}": embed << stage for stage in range(4)}
        self.strides = {f"res{2 + stage}": PATCH << stage for stage in range(4)}
        rates = torch.linspace(0, config.drop_path, sum(depths), device="cpu").split(depths)
        self.patch_embed = PatchEmbedding(embed)
        self.layers = nn.ModuleList(
            Layer(
                channels,
                heads[stage],
                config.window,
                drop_path=rates[stage].tolist(),
                merges=stage < 3,
            )
            for stage, channels in enumerate(self.channels.values())
        )
        for stage, channels in enumerate(self.channels.values()):
            self.add_module(f"norm{stage}", nn.LayerNorm(channels))
        self.apply(_draw_weights)

    def stem(self, image: Tensor) -> Tensor:
        """The input of the first stage, (B, C, H/4, W/4), see `Staged`."""
        embedded: Tensor = self.patch_embed(image)
        return embedded.permute(0, 3, 1, 2)

    def stage(self, number: int, x: Tensor) -> tuple[Tensor, Tensor]:
        """Run a stage, see `Staged`; the input of the next one is merged, and has no norm.

        Args:
            number: 0 to 3.
            x: from the stem, or from the stage before.
        """
        seen, merged = self.layers[number](x.permute(0, 2, 3, 1))
        normed = self.get_submodule(f"norm{number}")(seen)
        return normed.permute(0, 3, 1, 2).contiguous(), merged.permute(0, 3, 1, 2)

    def leave_first(self) -> int:
        """Drop the patch embedding, which an assistant runs for both, see `Composable`."""
        del self.patch_embed
        return 0

    def link(self, source: int, number: int) -> nn.Module:
        """A 1x1 convolution with a bias; the identity within a stage. See `Composable`.

        Args:
            source: stage of the map.
            number: stage that it is for.
        """
        if source == number:
            return nn.Identity()
        channels = list(self.channels.values())
        layer = nn.Conv2d(channels[source], channels[number], 1)
        for weight in layer.parameters():
            nn.init.zeros_(weight)
        return layer

    def parts(self) -> list[nn.Module | None]:
        """The patch embedding, None in a lead, and the stages.

        The norms of their outputs, which detectors add, are not among them, and always train.
        """
        return [getattr(self, "patch_embed", None), *self.layers]

    def still(self, part: nn.Module) -> None:
        """Drop nothing in a part."""
        for layer in part.modules():
            if isinstance(layer, DropPath):
                layer.rate = 0.0


def _draw_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
