"""The mask head of Mask R-CNN: four convolutions and an upsampling.

Source: He et al. 2017, Mask R-CNN, section 3 and figure 4; names as in detectron2.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segeval.models.config import MaskConfig
from segeval.models.networks.backbone.conv import fill_weight
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.mask_heads.targets import grid_targets, mask_loss, of_class
from segeval.models.networks.normalised_layers import NormalisedConv
from segeval.models.networks.protocols import Features, Pyramid
from segeval.models.ops.pooling import pool_per_image


class ConvLayers(nn.Module):
    """Convolutions, an upsampling, and the predictor: (N, C, r, r) to (N, K, 2r, 2r).

    Args:
        channels: C.
        classes: K, 1 for class-agnostic masks.
        layers: convolutions before the upsampling.
        normalised: whether the predictor is a `NormalisedConv`.
    """

    def __init__(
        self, channels: int, classes: int, *, layers: int = 4, normalised: bool = False
    ) -> None:
        super().__init__()
        self.layer_names = [f"mask_fcn{number}" for number in range(1, layers + 1)]
        for name in self.layer_names:
            self.add_module(name, nn.Conv2d(channels, channels, kernel_size=3, padding=1))
        self.deconv = nn.ConvTranspose2d(channels, channels, kernel_size=2, stride=2)
        self.predictor = nn.Conv2d(channels, classes, kernel_size=1)
        for module in self.children():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                fill_layer(module)
        nn.init.normal_(self.predictor.weight, std=0.001)
        if normalised:
            self.predictor = NormalisedConv(channels, classes)

    def hidden(self, features: Tensor) -> Tensor:
        """Features after the convolutions, (N, C, r, r)."""
        for name in self.layer_names:
            features = self.get_submodule(name)(features).relu()
        return features

    def drawn(self, hidden: Tensor) -> Tensor:
        """Logits (N, K, 2r, 2r) of features after the convolutions."""
        return self.predictor(self.deconv(hidden).relu())  # type: ignore[no-any-return]

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, K, 2r, 2r) of box features (N, C, r, r)."""
        return self.drawn(self.hidden(features))


def fill_layer(layer: nn.Conv2d | nn.ConvTranspose2d) -> None:
    """Draw the initial weights of a layer with a bias, which becomes 0."""
    fill_weight(layer.weight, "msra")
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]


class ConvHead(ConvLayers):
    """4 x conv: box features of r x r to mask logits of 2r x 2r.

    Each box reads the level for its size; the coarsest level serves only proposals.

    Args:
        config: `output` is 2r.
        classes: K, 1 for class-agnostic masks.
        pyramid: of the features.
        layers: convolutions before the upsampling.
    """

    def __init__(
        self, config: MaskConfig, classes: int, pyramid: Pyramid, *, layers: int = 4
    ) -> None:
        super().__init__(pyramid.channels, classes, layers=layers, normalised=config.normalised)
        self.output, self.soft_targets = config.output, config.soft_targets
        self.strides = dict(pyramid.strides)
        self.numbers_per_box = pyramid.channels * self.output**2  # input of the predictor

    def losses(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The mask loss, "loss_mask"; arguments as in `MaskHead.losses`."""
        return self.learn(features, sample, generator=generator)[0]

    def learn(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """`losses`, and the logits of each box's class; see `LearnsMasks.learn`."""
        logits, known = self(self.pool(features, sample.boxes)), torch.cat(list(sample.classes))
        targets = grid_targets(sample, self.output, soft=self.soft_targets)
        loss = {"loss_mask": mask_loss(logits, known, targets)}
        return loss, of_class(logits, known).unsqueeze(1)

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Logits (N, 1, 2r, 2r) of each box's class; arguments as in `MaskHead.predict`."""
        logits = self(self.pool(features, boxes))
        return of_class(logits, torch.cat(list(classes))).unsqueeze(1)

    def pool(self, features: Features, boxes: Sequence[Tensor]) -> Tensor:
        """Features of boxes, each from the level for its size, (N, C, r, r)."""
        return pool_per_image(features, boxes, self.output // 2, self.strides)
