"""PointRend for semantic segmentation: a coarse prediction, and points where it is uncertain.

Source: Kirillov et al. 2020, PointRend, sections 3 and 5; names as in detectron2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from segeval.models.config import SemanticConfig
from segeval.models.networks.mask_heads import PointHead
from segeval.models.networks.protocols import Features, SemanticHead
from segeval.models.networks.semantic_heads.label_loss import label_loss, labels_at, pixel_loss
from segeval.models.ops import (
    class_uncertainty,
    sample_points,
    subdivide_classes,
    uncertain_points,
)


class CoarseHead(SemanticHead, Protocol):
    """A semantic head whose logits points can refine."""

    def __call__(self, features: Features, generator: torch.Generator | None = None, /) -> Tensor:
        """Logits (B, K, h, w); the generator is of everything random."""


class SemanticPointRendHead(nn.Module):
    """A head's coarse logits, and a point head that reads them and fine features.

    Only the first layer of the point head reads the coarse logits, as in the published models.

    Args:
        coarse: the head whose logits are refined.
        config: the points, and the ignored label.
        classes: K, 2 or more.
        levels: channels of the levels that points read, concatenated, by name.
        width: of the hidden layers of the point head.
        layers: number of hidden layers.
    """

    def __init__(
        self,
        coarse: CoarseHead,
        config: SemanticConfig,
        classes: int,
        *,
        levels: Mapping[str, int],
        width: int = 256,
        layers: int = 3,
    ) -> None:
        super().__init__()
        self.config, self.fine_levels = config, tuple(levels)
        self.coarse_sem_seg_head = coarse
        self.point_head = PointHead(
            sum(levels.values()),
            classes,
            width=width,
            layers=layers,
            coarse_at_each_layer=False,
        )

    @property
    def levels(self) -> set[str]:
        """Names of the maps that points or the coarse head read."""
        return {*self.fine_levels, *self.coarse_sem_seg_head.levels}

    def forward(self, features: Features, generator: torch.Generator | None = None) -> Tensor:
        """The coarse logits, float32, (B, K, h, w)."""
        return self.coarse_sem_seg_head(features, generator).float()

    def losses(
        self, features: Features, labels: Tensor, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of the coarse logits and of the points; arguments as of `SemanticHead.losses`.

        Returns:
            "loss_sem_seg" and "loss_sem_seg_point", means over labelled pixels and points.
        """
        coarse = self(features, generator)
        return {
            "loss_sem_seg": pixel_loss(coarse, labels, self.config.ignore),
            "loss_sem_seg_point": self.point_loss(features, coarse, labels, generator=generator),
        }

    def predict(self, features: Features, size: tuple[int, int]) -> Tensor:
        """The coarse logits, refined up to the size of the padded images."""
        return self.refine(features, self(features), size)

    def point_loss(
        self,
        features: Features,
        coarse: Tensor,
        labels: Tensor,
        *,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Mean cross-entropy of labelled points, most of them uncertain.

        Args:
            features: by name, (B, C, H / stride, W / stride).
            coarse: logits, (B, K, h, w).
            labels: 0 to K - 1 or `ignore`, int64, (B, H, W).
            generator: of the random points.
        """
        points = uncertain_points(
            coarse.detach(),
            class_uncertainty,
            self.config.train_points,
            oversample=self.config.oversample,
            importance=self.config.importance,
            generator=generator,
        )
        logits = self.at_points(features, coarse, points)
        return label_loss(logits, labels_at(labels, points), self.config.ignore)

    @torch.no_grad()
    def refine(self, features: Features, coarse: Tensor, size: tuple[int, int]) -> Tensor:
        """Coarse logits (B, K, h, w) refined to (B, K, 2^n h, 2^n w).

        Args:
            features: by name, (B, C, H / stride, W / stride).
            coarse: the logits.
            size: (H, W) of the padded images, in pixels; it bounds n.
        """
        factor = min(whole // part for whole, part in zip(size, coarse.shape[2:], strict=True))
        possible, steps = factor.bit_length() - 1, self.config.subdivision_steps
        return subdivide_classes(
            coarse,
            lambda points: self.at_points(features, coarse, points),
            steps=possible if steps is None else min(steps, possible),
            points=self.config.subdivision_points,
        )

    def at_points(self, features: Features, coarse: Tensor, points: Tensor) -> Tensor:
        """Logits at points (B, N, 2) of the padded images, (B, K, N)."""
        fine = torch.cat(
            [sample_points(features[name], points) for name in self.fine_levels], dim=1
        )
        logits: Tensor = self.point_head(fine, sample_points(coarse, points))
        return logits
