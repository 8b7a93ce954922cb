"""The PointRend mask head: a coarse mask, and points where it is uncertain.

Source: Kirillov et al. 2020, PointRend, sections 3 and 4.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from segeval.models.config import MaskConfig
from segeval.models.config.rules import require_possible
from segeval.models.networks.batches import MaskSample
from segeval.models.networks.mask_heads.coarse_head import CoarseHead
from segeval.models.networks.mask_heads.point_head import PointHead
from segeval.models.networks.mask_heads.targets import (
    grid_targets,
    mask_loss,
    of_class,
    point_targets,
)
from segeval.models.networks.protocols import Features, Pyramid, known_levels
from segeval.models.ops import (
    first_grid,
    grid_points,
    mask_uncertainty,
    sample_in_boxes,
    sample_points,
    subdivide,
    uncertain_points,
)


class PointRendHead(nn.Module):
    """Masks of boxes from features of whole images.

    Args:
        config: layers of the coarse head and of the point head, and their points.
        classes: K, 1 for class-agnostic masks.
        pyramid: of the features that both heads read.

    Raises:
        InputError: for an impossible setting or a level that the pyramid lacks.
    """

    def __init__(self, config: MaskConfig, classes: int, pyramid: Pyramid) -> None:
        super().__init__()
        require_possible({"mask": config}, "PointRendHead")
        self.config = config
        self.levels = known_levels("mask.levels", config.levels, pyramid.strides)
        total = pyramid.channels * len(self.levels)
        # input of the point head in a step
        self.numbers_per_box = config.subdivision_points * (total + classes)
        self.coarse_head = CoarseHead(config, total, classes)
        self.point_head = PointHead(
            total, classes, width=config.point_width, layers=config.point_layers
        )

    def losses(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of the coarse mask and of the points; arguments as in `MaskHead.losses`.

        Returns:
            "loss_mask" and "loss_mask_point", means over boxes and their cells or points; 0 without
            boxes.
        """
        return self._losses(features, sample, self.coarse(features, sample.boxes), generator)

    def learn(
        self, features: Features, sample: MaskSample, *, generator: torch.Generator | None = None
    ) -> tuple[dict[str, Tensor], Tensor]:
        """`losses`, and logits in the first grid of `predict`; see `LearnsMasks.learn`.

        Points are trained where the coarse mask is uncertain and make no mask, so those of a grid
        are predicted for it.
        """
        coarse, config = self.coarse(features, sample.boxes), self.config
        losses = self._losses(features, sample, coarse, generator)
        side, _ = first_grid(coarse.shape[-1], config.subdivision_steps, config.subdivision_points)
        cells = grid_points(side, coarse.device).expand(len(coarse), -1, -1)
        logits = self.at_points(features, sample.boxes, coarse, cells)
        own = of_class(logits, torch.cat(list(sample.classes)))
        return losses, own.unflatten(1, (side, side)).unsqueeze(1)

    def _losses(
        self,
        features: Features,
        sample: MaskSample,
        coarse: Tensor,
        generator: torch.Generator | None,
    ) -> dict[str, Tensor]:
        every = torch.cat(list(sample.classes))
        points = self.training_points(coarse.detach(), every, generator)
        logits = self.at_points(features, sample.boxes, coarse, points)
        cells = grid_targets(sample, coarse.shape[-1])
        labels = point_targets(points, sample)
        return {
            "loss_mask": mask_loss(coarse, every, cells),
            "loss_mask_point": mask_loss(logits, every, labels),
        }

    @torch.no_grad()
    def predict(
        self, features: Features, boxes: Sequence[Tensor], classes: Sequence[Tensor]
    ) -> Tensor:
        """Mask logits of the predicted class of each box; arguments as in `MaskHead.predict`.

        Returns:
            (N, 1, S, S), image by image; S is grid / 2 x 2^steps.
        """
        every = torch.cat(list(classes))
        coarse = self.coarse(features, boxes)
        side = coarse.shape[-1]

        def at(points: Tensor) -> Tensor:
            """Logits of each box's class at its points, for `subdivide`."""
            return of_class(self.at_points(features, boxes, coarse, points), every)

        return subdivide(
            at,
            len(every),
            side=side,
            steps=self.config.subdivision_steps,
            points=self.config.subdivision_points,
            device=coarse.device,
        )

    def coarse(self, features: Features, boxes: Sequence[Tensor]) -> Tensor:
        """Logits of the coarse masks, (N, K, grid / 2, grid / 2)."""
        number, grid = sum(len(each) for each in boxes), self.config.grid
        cells = grid_points(grid, boxes[0].device).expand(number, -1, -1)
        read = self.fine(features, boxes, cells)  # one sample in the middle of every cell
        logits: Tensor = self.coarse_head(read.unflatten(2, (grid, grid)))
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
        levels = self.levels.items()
        found = [sample_in_boxes(features[name], each, boxes, points) for name, each in levels]
        return torch.cat(found, dim=1)

    def training_points(
        self, coarse: Tensor, classes: Tensor, generator: torch.Generator | None
    ) -> Tensor:
        """Training points, (x, y) in [0, 1]² of the boxes, (N, train_points, 2)."""
        config = self.config
        if config.sampling == "grid":
            side = round(config.train_points**0.5)
            return grid_points(side, coarse.device).expand(len(coarse), -1, -1)
        biased = config.sampling == "biased"
        return uncertain_points(
            of_class(coarse, classes).unsqueeze(1),
            mask_uncertainty,
            config.train_points,
            oversample=config.oversample if biased else 1,
            importance=config.importance if biased else 0,
            generator=generator,
        )
