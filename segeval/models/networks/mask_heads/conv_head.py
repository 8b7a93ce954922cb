"""The mask head of Mask R-CNN: four convolutions and twice the size.

Source: He et al. 2017, Mask R-CNN, section 3 and figure 4; names as in detectron2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from segeval.models.networks.mask_heads.targets import grid_targets, mask_loss, of_class
from segeval.models.ops.pooling import pool_boxes

Features = Mapping[str, Tensor]


class ConvHead(nn.Module):
    """4 x conv: box features of r x r to mask logits of 2r x 2r.

    Args:
        classes: K, 1 for masks that do not depend on the class.
        output: side of the masks, 2r: 28, 56, 112 or 224.
        channels: of the features and of the convolutions.
        layers: convolutions before the size is doubled.
        lowest: first level that is read; each box is read from one, by its size.
        highest: last level that is read.
        soft_targets: train towards the covered part of a cell instead of 0 or 1.
    """

    def __init__(
        self,
        classes: int = 80,
        *,
        output: int = 28,
        channels: int = 256,
        layers: int = 4,
        lowest: int = 2,
        highest: int = 5,
        soft_targets: bool = False,
    ) -> None:
        super().__init__()
        self.output, self.lowest, self.highest = output, lowest, highest
        self.soft_targets = soft_targets
        self.numbers_per_box = channels * output**2  # that the predictor reads
        self.layer_names = [f"mask_fcn{number}" for number in range(1, layers + 1)]
        for name in self.layer_names:
            self.add_module(name, nn.Conv2d(channels, channels, kernel_size=3, padding=1))
        self.deconv = nn.ConvTranspose2d(channels, channels, kernel_size=2, stride=2)
        self.predictor = nn.Conv2d(channels, classes, kernel_size=1)
        for module in self.children():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        nn.init.normal_(self.predictor.weight, std=0.001)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (N, K, 2r, 2r) of box features (N, C, r, r)."""
        for name in self.layer_names:
            features = self.get_submodule(name)(features).relu()
        return self.predictor(self.deconv(features).relu())  # type: ignore[no-any-return]

    def losses(
        self,
        features: Features,
        boxes: Sequence[Tensor],
        classes: Sequence[Tensor],
        masks: Sequence[Tensor],
        objects: Sequence[Tensor],
        *,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """The loss of boxes; all arguments as those of `PointRendHead.losses`."""
        logits = self(self.pool(features, boxes))
        targets = grid_targets(boxes, masks, objects, self.output, soft=self.soft_targets)
        return {"loss_mask": mask_loss(logits, torch.cat(list(classes)), targets)}

    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Logits (N, 1, 2r, 2r) of each box's class; arguments as of `PointRendHead.predict`."""
        logits = self(self.pool(features, boxes))
        return of_class(logits, torch.cat(list(classes))).unsqueeze(1)

    def pool(self, features: Features, boxes: Sequence[Tensor]) -> Tensor:
        """Features of boxes, each from the level of its size, (N, C, r, r)."""
        together = torch.cat(list(boxes))
        counts = torch.tensor([len(each) for each in boxes], device=together.device)
        image = torch.repeat_interleave(torch.arange(len(boxes), device=together.device), counts)
        side = self.output // 2
        return pool_boxes(features, together, image, side, lowest=self.lowest, highest=self.highest)
