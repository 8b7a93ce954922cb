"""Models without weights that find what is bright."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.models.config import InputConfig
from segeval.models.networks.found import Instances

SEEN = InputConfig(
    mean=(127.5, 127.5, 127.5), std=(127.5, 127.5, 127.5), order="RGB", test_size=64, test_max=96
)
"""Black is -1, white 1."""

SIDE = 28


class BrightObjects(nn.Module):
    """Finds the box of all bright pixels; its mask is how bright they are."""

    def __init__(self, most: int = 10**6) -> None:
        super().__init__()
        self.score, self.max_dets = 0.05, 100
        self.most = most  # of images in a batch
        self.batches: list[int] = []
        self.weight = nn.Parameter(torch.zeros(1))

    def backbone(self, images: Tensor) -> Tensor:
        return images.mean(1, keepdim=True)

    def forward(self, images: Tensor, sizes: Sequence[tuple[int, int]]) -> list[Instances]:
        self.batches.append(len(images))
        if len(images) > self.most:
            raise torch.OutOfMemoryError("no memory")
        features = self.backbone(images)
        found = []
        for image, (height, width) in zip(features, sizes, strict=True):
            rows, columns = torch.where(image[0, :height, :width] > 0)
            number = 1 if len(rows) and self.score < 0.9 else 0
            boxes = torch.zeros(number, 4)
            for box in boxes:
                ends = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                box[:] = torch.stack(ends).float()
            empty = torch.zeros(0, 1, SIDE, SIDE)
            scores, classes = torch.full((number,), 0.9), torch.zeros(number, dtype=torch.int64)
            found.append(Instances(boxes, scores, classes, empty))
        masks = self.masks(features, found)
        return [
            Instances(each.boxes, each.scores, each.classes, logits)
            for each, logits in zip(found, masks, strict=True)
        ]

    def masks(self, features: Tensor, found: Sequence[Instances]) -> list[Tensor]:
        size = torch.tensor([features.shape[3], features.shape[2]])
        centres = (torch.arange(SIDE) + 0.5) / SIDE
        logits = []
        for image, each in zip(features, found, strict=True):
            low, high = each.boxes[:, None, :2], each.boxes[:, None, 2:]
            x, y = (low + centres[None, :, None] * (high - low)).div(size).mul(2).sub(1).unbind(2)
            shape = (len(each.boxes), SIDE, SIDE)
            grid = torch.stack([x[:, None, :].expand(shape), y[:, :, None].expand(shape)], dim=3)
            every = image[None].expand(len(each.boxes), *image.shape)
            logits.append(20 * functional.grid_sample(every, grid, align_corners=False))
        return logits


class BrightPixels(nn.Module):
    """Class 1 where a pixel is bright, else class 0."""

    def forward(self, images: Tensor, sizes: Sequence[tuple[int, int]]) -> Tensor:
        bright = images.mean(1)
        return torch.stack([-bright, bright], dim=1)
