"""SOLOv2: from an image to masks of the whole image, without boxes.

    images (B, 3, H, W)
      -> backbone    levels "p2" to "p6"
      -> ins_head    of each cell of five grids, the class and the kernel of an object
      -> mask_head   the mask feature, (B, E, H / 4, W / 4)
      -> kernel times feature, a mask for each cell with a class
      -> matrix NMS  which lowers the scores of masks that others cover

Modules are named as in AdelaiDet's files.

Source: Wang et al. 2020, SOLOv2: Dynamic and Fast Instance Segmentation (arXiv 2003.10152).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from segeval.models.config.parts.solo import SOLOConfig
from segeval.models.networks.assistance import looks_of, losses_of_looks
from segeval.models.networks.batches import Batch, Objects, objects_of_batch
from segeval.models.networks.found import WholeMasks
from segeval.models.networks.product import Product
from segeval.models.networks.protocols import Features, Model, PyramidNetwork, Sizes
from segeval.models.networks.solo.candidates import best_candidates, candidates_of
from segeval.models.networks.solo.heads import READ, MaskFeature, SOLOHead
from segeval.models.networks.solo.levels import strides_of
from segeval.models.networks.solo.losses import dice_loss, focal_loss
from segeval.models.networks.solo.matrix_nms import point_nms
from segeval.models.networks.solo.targets import CellTargets, cell_targets, quarter_masks
from segeval.models.ops.precision import at_least_float32
from segeval.models.ops.resizing import size_of


class SOLO(Model):
    """SOLOv2 on a feature pyramid of five levels.

    Args:
        backbone: an image to its pyramid.
        config: of the heads, the targets and the selection.
        classes: K.
    """

    MASK_LAYERS: ClassVar[str] = "draw"

    def __init__(self, backbone: PyramidNetwork, config: SOLOConfig, *, classes: int) -> None:
        super().__init__()
        self.config, self.classes = config, classes
        self.score, self.max_dets = config.score_threshold, config.max_dets
        self.backbone = backbone
        self.strides = strides_of(list(backbone.strides.values()))
        self.ins_head = SOLOHead(
            classes,
            channels=backbone.channels,
            grids=config.grids,
            layers=config.layers,
            width=config.channels,
            kernels=config.kernels,
            deformable=config.deformable,
        )
        self.mask_head = MaskFeature(
            channels=backbone.channels,
            width=config.mask_channels,
            outputs=config.kernels,
            deformable=config.deformable,
        )
        self.draw = Product()

    @torch.no_grad()
    def forward(self, images: Tensor, sizes: Sizes) -> list[WholeMasks]:
        """The objects of the images, best score first.

        Args:
            images: normalised, padded at the right and the bottom to a multiple of 32,
                (B, 3, H, W).
            sizes: (H, W) of each image before the padding; not used.
        """
        logits, kernels, feature = self._heads(self.backbone(images))
        scores = flat_cells([point_nms(at_least_float32(each).sigmoid()) for each in logits])
        return [
            self._found(*of_image)
            for of_image in zip(scores, flat_cells(kernels), feature, strict=True)
        ]

    def losses(
        self, batch: Batch, *, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """Losses of classes and masks; training minimises their sum.

        Args:
            batch: images with their objects.
            generator: not used.

        Returns:
            "loss_cls" and "loss_mask"; those on the maps of an assistant end in "_assistant".

        Raises:
            ShapeError: if masks are larger than the padded images.
        """
        objects, size = objects_of_batch(batch), size_of(batch.images)
        targets = [self._targets(each, size) for each in objects]
        looks = looks_of(self.backbone, batch.images)
        found = []
        for features, _ in looks:
            logits, kernels, feature = self._heads(features)
            found.append(
                {
                    "loss_cls": self._class_loss(flat_cells(logits), targets),
                    "loss_mask": self._mask_loss(
                        flat_cells(kernels), feature, targets, objects, size
                    ),
                }
            )
        return losses_of_looks(found, [weight for _, weight in looks])

    def rehearse(self, images: Tensor) -> tuple[int, int]:
        """Run every layer, and draw as many masks as are kept of an image."""
        _, kernels, feature = self._heads(self.backbone(images))
        drawn = kernels[0].new_zeros(self.max_dets, self.config.kernels)
        self.draw(drawn, feature[0].flatten(1))
        return size_of(feature)

    def _heads(self, features: Features) -> tuple[list[Tensor], list[Tensor], Tensor]:
        """Class logits and kernels of each level, and the mask feature."""
        maps = [features[name] for name in self.backbone.strides]
        return (*self.ins_head(maps), self.mask_head(maps[:READ]))

    def _chances(self, kernels: Tensor, feature: Tensor) -> Tensor:
        """Mask probabilities (N, H / 4, W / 4) of kernels (N, E) on a feature (E, H / 4, W / 4)."""
        logits = at_least_float32(self.draw(kernels, feature.flatten(1)))
        return logits.sigmoid().reshape(-1, *feature.shape[1:])

    def _found(self, scores: Tensor, kernels: Tensor, feature: Tensor) -> WholeMasks:
        """The objects of an image from scores (C, K) and kernels (C, E) of its C cells."""
        config = self.config
        strides = torch.tensor(self.strides).repeat_interleave(torch.tensor(config.grids) ** 2)

        def chances(cells: Tensor) -> Tensor:
            return self._chances(kernels[cells], feature)

        found = candidates_of(
            scores,
            chances,
            strides.to(scores.device),
            above=config.candidate_score,
            most=config.before_nms,
            size=size_of(feature),
        )
        best = best_candidates(
            found,
            decay=config.decay,
            sigma=config.decay_sigma,
            least=self.score,
            most=self.max_dets,
        )
        return WholeMasks(chances(best.cells), best.scores, best.classes)

    def _targets(self, objects: Objects, size: tuple[int, int]) -> CellTargets:
        """What the cells of all levels learn from an image, cells counted over the levels."""
        config = self.config
        levels = cell_targets(
            objects, size, grids=config.grids, scales=config.scales, sigma=config.sigma
        )
        firsts = [sum(grid * grid for grid in config.grids[:place]) for place in range(len(levels))]
        return CellTargets(
            torch.cat([each.classes.flatten() for each in levels]),
            torch.cat([each.cells + first for each, first in zip(levels, firsts, strict=True)]),
            torch.cat([each.objects for each in levels]),
        )

    def _class_loss(self, logits: Tensor, targets: Sequence[CellTargets]) -> Tensor:
        """Focal loss of all cells and classes, over the number of masks and 1."""
        classes = torch.stack([each.classes for each in targets])
        hits = classes[..., None] == torch.arange(self.classes, device=classes.device)
        masks = sum(len(each.cells) for each in targets)
        config = self.config
        each = focal_loss(at_least_float32(logits), hits, alpha=config.alpha, gamma=config.gamma)
        return each.sum() / (masks + 1)

    def _mask_loss(
        self,
        kernels: Tensor,
        feature: Tensor,
        targets: Sequence[CellTargets],
        objects: Sequence[Objects],
        size: tuple[int, int],
    ) -> Tensor:
        """Mean Dice loss of all masks; without any 0, with zero gradients."""
        found = [
            dice_loss(
                self._chances(own[each.cells], seen),
                quarter_masks(truth.masks, size)[each.objects],
            )
            for own, seen, each, truth in zip(kernels, feature, targets, objects, strict=True)
            if len(each.cells)
        ]
        if not found:
            return 0 * (at_least_float32(kernels).sum() + at_least_float32(feature).sum())
        return self.config.mask_weight * torch.cat(found).mean()


def flat_cells(levels: Sequence[Tensor]) -> Tensor:
    """Maps (B, C, S, S) of all levels as rows of their cells, level by level, (B, cells, C)."""
    return torch.cat([each.flatten(2).transpose(1, 2) for each in levels], dim=1)
