"""Hybrid Task Cascade: every stage of a cascade has a mask head, and draws its boxes anew.

stage t:  boxes of the last stage -> drawn, labelled by the stage's IoU -> classes and moves
          moved boxes, without the truth -> drawn again -> masks (interleaved), and stage t + 1

Source: Chen et al. 2019, Hybrid Task Cascade, sections 3.1 and 3.2, without the semantic branch, as
in mmdetection; not interleaved and without the flow between masks it is mmdetection's Cascade Mask
R-CNN.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from segeval.models.config import BoxConfig
from segeval.models.config.parts.htc import HTCConfig
from segeval.models.networks.batches import Objects
from segeval.models.networks.box_head import BoxSample
from segeval.models.networks.cascade import CascadeRCNN, inside, losses_of_stages
from segeval.models.networks.mask_heads.htc_heads import HTCHeads
from segeval.models.networks.mask_scorers.protocol import MaskScorer
from segeval.models.networks.protocols import (
    BoxStage,
    Features,
    Proposals,
    PyramidNetwork,
    Sizes,
)
from segeval.models.networks.rcnn import look_and_learn, mask_sample, per_image, sample_of


class HTC(CascadeRCNN):
    """A cascade whose stages have a mask head each.

    Args:
        backbone: an image to its pyramid.
        mask_head: those of all stages.
        config: selection of boxes.
        settings: of the flow, and the weights of the stages.
        stages: box stages in order.
        classes: K.
        proposals: first boxes of the images; None for a region proposal network.
        scorer: predicts how good masks are, learning from the last stage; None to leave scores
            alone.
    """

    def __init__(
        self,
        backbone: PyramidNetwork,
        mask_head: HTCHeads,
        config: BoxConfig,
        settings: HTCConfig,
        *,
        stages: Sequence[BoxStage],
        classes: int,
        proposals: Proposals | None = None,
        scorer: MaskScorer | None = None,
    ) -> None:
        super().__init__(
            backbone,
            mask_head,
            config,
            stages=stages,
            classes=classes,
            proposals=proposals,
            scorer=scorer,
            score_weights=settings.score_weights,
            mean_of=settings.mean_of,
        )
        self.interleaved, self.mask_weights = settings.interleaved, settings.stage_weights

    def head_losses(
        self,
        features: Features,
        proposals: Sequence[Tensor],
        objects: Sequence[Objects],
        sizes: Sizes,
        *,
        generator: torch.Generator | None,
    ) -> dict[str, Tensor]:
        """Losses of boxes and masks of all stages, see `MaskRCNN.head_losses`."""

        def drawn(stage: BoxStage, boxes: Sequence[Tensor]) -> BoxSample:
            return sample_of(stage, boxes, objects, self.classes, generator=generator)

        found, boxes = [], proposals
        heads: HTCHeads = self.roi_heads.mask_head  # type: ignore[assignment]
        of_scores: dict[str, Tensor] = {}
        for number, (stage, weight) in enumerate(zip(self.stages, self.mask_weights, strict=True)):
            sample = drawn(stage, boxes)
            losses, moved = look_and_learn(stage, features, sample, len(objects))
            own = ~sample.is_truth
            boxes = inside(per_image(moved[own], sample.image[own], len(objects)), sizes)
            masked = drawn(stage, boxes) if self.interleaved else sample
            in_boxes = mask_sample(masked.boxes, masked, objects)
            of_masks, logits = heads.learn_stage(number, features, in_boxes)
            found.append(losses | {name: weight * each for name, each in of_masks.items()})
            if stage is self.stages[-1]:
                of_scores = self.score_losses(features, in_boxes, logits)
        return losses_of_stages(found) | of_scores
