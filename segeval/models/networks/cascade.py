"""Cascade R-CNN: several box stages, each for the boxes that the last one moved.

The training boxes are drawn once. Later stages train on all boxes of the stage before, labelled
anew with a larger overlap, and pass a share of their gradient to the features. There is one mask
head; it trains in the boxes of the first stage and draws in those of the last.

Source: Cai and Vasconcelos 2018, Cascade R-CNN, section 4, as in detectron2. `htc` trains as in
mmdetection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from segeval.metrics.choices import check_choice
from segeval.models.config import BoxConfig
from segeval.models.config.parts.cascade import CascadeConfig
from segeval.models.config.parts.htc import HTCConfig
from segeval.models.networks.batches import Objects
from segeval.models.networks.box_head import BoxMoves, box_moves
from segeval.models.networks.box_stage import FastRCNNStage, box_stage
from segeval.models.networks.classifiers.protocol import BoxClassifier
from segeval.models.networks.components import register_component
from segeval.models.networks.mask_scorers.protocol import MaskScorer
from segeval.models.networks.protocols import (
    BoxStage,
    Features,
    MaskHead,
    Proposals,
    Pyramid,
    PyramidNetwork,
    Sizes,
)
from segeval.models.networks.rcnn import (
    MaskRCNN,
    look_and_learn,
    per_image,
    sample_of,
)
from segeval.models.ops.boxes import clip_boxes

MEANS = ("probabilities", "logits")
"""What can be averaged over stages."""


class CascadeRCNN(MaskRCNN):
    """Cascade R-CNN with any mask head; with one stage it is Mask R-CNN.

    Args:
        backbone: an image to its pyramid.
        mask_head: draws masks in boxes.
        config: selection of boxes.
        stages: box stages in order.
        classes: K.
        proposals: first boxes of the images; None for a region proposal network.
        scorer: predicts how good masks are; None to leave scores alone.
        score_weights: of each stage in the mean score; None for equal ones.
        mean_of: what is averaged: "probabilities" or "logits".
    """

    def __init__(
        self,
        backbone: PyramidNetwork,
        mask_head: MaskHead,
        config: BoxConfig,
        *,
        stages: Sequence[BoxStage],
        classes: int,
        proposals: Proposals | None = None,
        scorer: MaskScorer | None = None,
        score_weights: Sequence[float] | None = None,
        mean_of: str = "probabilities",
    ) -> None:
        super().__init__(
            backbone,
            mask_head,
            config,
            classes=classes,
            proposals=proposals,
            stages=stages,
            scorer=scorer,
        )
        self.score_weights = tuple(score_weights or [1.0] * len(stages))
        self.mean_of = mean_of

    def look(self, features: Features, boxes: Sequence[Tensor], sizes: Sizes) -> list[BoxMoves]:
        """What the stages say of the boxes of each image, (n, 4).

        The last stage places them; their probabilities are those of all stages.
        """
        *earlier, last = self.stages
        outputs = []
        for stage in earlier:
            logits, deltas = stage(features, boxes)
            outputs.append(logits)
            boxes = stage.moved(logits, deltas, boxes, sizes)
        logits, deltas = last(features, boxes)
        outputs.append(logits)
        chances = mean_chances(outputs, self.score_weights, self.mean_of, last.chances)
        return box_moves(chances, deltas, boxes, weights=last.weights)

    def head_losses(
        self,
        features: Features,
        proposals: Sequence[Tensor],
        objects: Sequence[Objects],
        sizes: Sizes,
        *,
        generator: torch.Generator | None,
    ) -> dict[str, Tensor]:
        """Losses of all stages and of the masks, see `MaskRCNN.head_losses`."""
        first, *later = self.stages
        drawn = sample_of(first, proposals, objects, self.classes, generator=generator)
        of_first, moved = look_and_learn(first, features, drawn, len(objects))
        mask_boxes = moved if self.refined else drawn.boxes
        found, sample = [of_first], drawn
        for stage in later:
            boxes = inside(per_image(moved, sample.image, len(objects)), sizes)
            sample = sample_of(stage, boxes, objects, self.classes, draw=False, generator=generator)
            of_stage, moved = look_and_learn(stage, features, sample, len(objects))
            found.append(of_stage)
        return losses_of_stages(found) | self.mask_losses(
            features, mask_boxes, drawn, objects, generator=generator
        )


def mean_chances(
    outputs: Sequence[Tensor],
    weights: Sequence[float],
    mean_of: str,
    chances: Callable[[Tensor], Tensor],
) -> Tensor:
    """Probabilities of the classes and of background, averaged over stages, (N, K + 1).

    Args:
        outputs: of each stage's predictor, (N, ...).
        weights: of the stages.
        mean_of: what is averaged: "probabilities", or "logits", the outputs themselves.
        chances: from outputs to probabilities.

    Source:
        detectron2 averages probabilities, mmdetection the outputs.
    """
    if mean_of == "logits":
        return chances(_mean(outputs, weights))
    return _mean([chances(each) for each in outputs], weights)


@register_component("cascade-scores")
def cascade_scores(
    *, weights: Sequence[float] = (1, 1, 1), mean_of: str = "probabilities"
) -> Callable[[Sequence[Tensor]], Tensor]:
    """From the logits of each stage, (N, K + 1), to the scores of a cascade.

    Args:
        weights: of the stages.
        mean_of: "probabilities" or "logits".

    Raises:
        InputError: for any other word.
    """
    check_choice("mean_of", mean_of, MEANS)
    return partial(
        mean_chances, weights=weights, mean_of=mean_of, chances=partial(torch.softmax, dim=1)
    )


def _mean(numbers: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """The weighted mean of tensors of one shape; equal weights give the plain mean."""
    if len(set(weights)) == 1:
        return numbers[0] if len(numbers) == 1 else torch.stack(list(numbers)).mean(0)
    total = sum(weights)
    return torch.stack(
        [each * (weight / total) for each, weight in zip(numbers, weights, strict=True)]
    ).sum(0)


def losses_of_stages(losses: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Losses of all stages by name: those of the last keep theirs, others end in "_stage0" etc."""
    *earlier, last = losses
    numbered = {
        f"{name}_stage{number}": loss
        for number, each in enumerate(earlier)
        for name, loss in each.items()
    }
    return numbered | last


def inside(boxes: Sequence[Tensor], sizes: Sizes) -> list[Tensor]:
    """Boxes clipped to their image, without empty ones."""
    cut = [clip_boxes(each, size) for each, size in zip(boxes, sizes, strict=True)]
    return [each[(each[:, 2:] > each[:, :2]).all(1)] for each in cut]


def box_stages(
    pyramid: Pyramid,
    config: BoxConfig,
    settings: CascadeConfig | HTCConfig,
    *,
    classes: int,
    classifier: Callable[[], BoxClassifier],
    gradient: float = 1.0,
) -> list[FastRCNNStage]:
    """The stages of a cascade, whose classes share a box.

    Args:
        pyramid: that they read.
        config: of their heads and their training boxes.
        settings: what differs between them.
        classes: K.
        classifier: makes that of a stage.
        gradient: factor of the gradient that reaches the features.
    """
    shared = replace(config, class_agnostic=True)
    columns = zip(settings.ious, settings.deltas, settings.stage_weights, strict=True)
    return [
        replace(
            box_stage(pyramid, shared, classes=classes, classifier=classifier()),
            weights=weights,
            iou=iou,
            gradient=gradient,
            loss_weight=config.weight * loss_weight,
        )
        for iou, weights, loss_weight in columns
    ]
