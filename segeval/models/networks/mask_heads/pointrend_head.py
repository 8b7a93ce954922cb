"""The PointRend mask head: a coarse mask, and points where it is uncertain.

Source: Kirillov et al. 2020, PointRend, sections 3 and 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from segeval.errors import InputError
from segeval.models.networks.mask_heads.coarse_head import CoarseHead
from segeval.models.networks.mask_heads.point_head import PointHead
from segeval.models.networks.mask_heads.targets import (
    grid_targets,
    mask_loss,
    of_class,
    point_targets,
)
from segeval.models.ops import (
    grid_points,
    mask_uncertainty,
    points_in_image,
    sample_points,
    subdivide,
    uncertain_points,
)

Features = Mapping[str, Tensor]

SAMPLING = "biased", "uniform", "grid"
"""How training points are chosen."""


class PointRendHead(nn.Module):
    """Masks of boxes from features of whole images.

    Args:
        classes: K, 1 for masks that do not depend on the class.
        levels: stride of each level that both heads read; several are put one after the other.
        channels: of one level.
        grid: cells along each side that the coarse head reads; its mask has half as many.
        coarse_channels: of the convolutions of the coarse head.
        coarse_width: of its fully connected layers.
        coarse_layers: how many of these there are.
        point_width: of the hidden layers of the point head.
        point_layers: how many of these there are.
        train_points: N of training.
        sampling: "biased" towards uncertain points, "uniform", or "grid", which needs a square N.
        oversample: how many times as many points biased sampling draws first.
        importance: part of the points that is chosen by uncertainty.
        steps: how often the side of the mask doubles.
        points: N of inference, the most in one step.

    Raises:
        InputError: for a sampling that there is not, or train_points that make no grid.
    """

    def __init__(
        self,
        classes: int = 80,
        *,
        levels: Mapping[str, int] | None = None,
        channels: int = 256,
        grid: int = 14,
        coarse_channels: int = 256,
        coarse_width: int = 1024,
        coarse_layers: int = 2,
        point_width: int = 256,
        point_layers: int = 3,
        train_points: int = 196,
        sampling: str = "biased",
        oversample: float = 3,
        importance: float = 0.75,
        steps: int = 5,
        points: int = 784,
    ) -> None:
        super().__init__()
        _check_sampling(sampling, train_points)
        self.levels = dict(levels or {"p2": 4})
        self.grid, self.train_points, self.sampling = grid, train_points, sampling
        self.oversample, self.importance = oversample, importance
        self.steps, self.points = steps, points
        total = channels * len(self.levels)
        self.numbers_per_box = points * (total + classes)  # that the point head reads in a step
        self.coarse_head = CoarseHead(
            total,
            classes,
            grid=grid,
            channels=coarse_channels,
            width=coarse_width,
            layers=coarse_layers,
        )
        self.point_head = PointHead(total, classes, width=point_width, layers=point_layers)

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
        """Losses of the coarse mask and of the points.

        Args:
            features: levels of B images, (B, C, H / stride, W / stride) each.
            boxes: of each image, x0, y0, x1, y1 in pixels of the padded image, (n, 4).
            classes: of each image's boxes, int64, (n,).
            masks: bitmaps of the objects of each image, 0 and 1, (m, height, width); with the top
                left corner of the image, of any size.
            objects: which of its image's masks each box is of, int64, (n,).
            generator: of the random points.

        Returns:
            "loss_mask" and "loss_mask_point", means over boxes and their cells or points; 0 without
            boxes.
        """
        every = torch.cat(list(classes))
        coarse = self.coarse(features, boxes)
        points = self.training_points(coarse.detach(), every, generator)
        logits = self.at_points(features, boxes, coarse, points)
        cells = grid_targets(boxes, masks, objects, coarse.shape[-1])
        labels = point_targets(points, boxes, masks, objects)
        return {
            "loss_mask": mask_loss(coarse, every, cells),
            "loss_mask_point": mask_loss(logits, every, labels),
        }

    @torch.no_grad()
    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Mask logits of the predicted class of each box.

        Args:
            features: levels of B images, (B, C, H / stride, W / stride) each.
            boxes: of each image, x0, y0, x1, y1 in pixels of the padded image, (n, 4).
            classes: of each image's boxes, int64, (n,).

        Returns:
            (N, 1, S, S), all images one after the other; S is grid / 2 x 2^steps.
        """
        every = torch.cat(list(classes))
        coarse = self.coarse(features, boxes)
        side = coarse.shape[-1]

        def at(points: Tensor) -> Tensor:
            """The logit of each box's class at its points, which `subdivide` asks for."""
            return of_class(self.at_points(features, boxes, coarse, points), every)

        return subdivide(
            at, len(every), side=side, steps=self.steps, points=self.points, device=coarse.device
        )

    def coarse(self, features: Features, boxes: Sequence[Tensor]) -> Tensor:
        """Logits of the coarse masks, (N, K, grid / 2, grid / 2)."""
        number = sum(len(each) for each in boxes)
        cells = grid_points(self.grid, boxes[0].device).expand(number, -1, -1)
        read = self.fine(features, boxes, cells)  # one sample in the middle of every cell
        logits: Tensor = self.coarse_head(read.unflatten(2, (self.grid, self.grid)))
        return logits

    def at_points(
        self, features: Features, boxes: Sequence[Tensor], coarse: Tensor, points: Tensor
    ) -> Tensor:
        """Logits of all classes at points (N, P, 2) of the boxes, (N, K, P)."""
        fine = self.fine(features, boxes, points)
        logits: Tensor = self.point_head(fine, sample_points(coarse, points))
        return logits

    def fine(self, features: Features, boxes: Sequence[Tensor], points: Tensor) -> Tensor:
        """Features of all levels at points (N, P, 2) of the boxes, (N, C x levels, P)."""
        found = []
        counts = [len(each) for each in boxes]
        for image, (box, some) in enumerate(zip(boxes, points.split(counts), strict=True)):
            of_image = []
            for name, stride in self.levels.items():
                level = features[name][image : image + 1]
                padded = level.shape[2] * stride, level.shape[3] * stride
                places = points_in_image(some, box, padded).reshape(1, -1, 2)
                of_image.append(sample_points(level, places)[0])
            read = torch.cat(of_image).unflatten(1, some.shape[:2])
            found.append(read.transpose(0, 1))
        return torch.cat(found)

    def training_points(
        self, coarse: Tensor, classes: Tensor, generator: torch.Generator | None
    ) -> Tensor:
        """Points to train on, (x, y) in [0, 1]² of the boxes, (N, train_points, 2)."""
        if self.sampling == "grid":
            side = round(self.train_points**0.5)
            return grid_points(side, coarse.device).expand(len(coarse), -1, -1)
        biased = self.sampling == "biased"
        return uncertain_points(
            of_class(coarse, classes).unsqueeze(1),
            mask_uncertainty,
            self.train_points,
            oversample=self.oversample if biased else 1,
            importance=self.importance if biased else 0,
            generator=generator,
        )


def _check_sampling(sampling: str, points: int) -> None:
    if sampling not in SAMPLING:
        raise InputError(
            f"sampling is {sampling!r}, expected one of {', '.join(SAMPLING)}.", code="sampling"
        )
    if sampling == "grid" and round(points**0.5) ** 2 != points:
        raise InputError(
            f"train_points is {points}, expected a square number such as 196 for a grid.",
            code="sampling",
        )
