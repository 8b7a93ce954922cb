"""The box stage of Fast R-CNN: pools features of boxes, classifies the boxes and moves them.

Faster and Mask R-CNN have one. A cascade has several, each for the boxes moved by the last one and
trained with a larger overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from segeval.models.config import BoxConfig
from segeval.models.networks.box_head import (
    BOX_WEIGHTS,
    POSITIVE_IOU,
    SIDE,
    TRAIN_BOXES,
    TRAIN_POSITIVE,
    BoxHead,
    BoxPredictor,
    BoxSample,
    box_losses,
    moved_boxes,
    refined_boxes,
    sample_boxes,
)
from segeval.models.networks.classifiers.protocol import BoxClassifier
from segeval.models.networks.protocols import Features, Pyramid, Sizes
from segeval.models.ops.boxes import Weights
from segeval.models.ops.pooling import pool_per_image


@dataclass(frozen=True)
class FastRCNNStage:
    """A `BoxStage`; its modules belong to the model.

    Attributes:
        head: from pooled features (N, C, side, side) to hidden numbers (N, width).
        predictor: from these to logits of its classifier and deltas (N, 4 K or 4).
        strides: of each level of the pyramid, finest first, in pixels.
        side: cells along each side of the pooled features.
        weights: of the deltas.
        iou: least IoU with an object for a box to be trained on it.
        train_boxes: training boxes per image.
        train_positive: largest share of them that show an object.
        gradient: factor of the gradient that reaches the pooled features.
        loss_weight: factor of the losses.
        beta: of the loss of the deltas, see `smooth_l1`.
        samples: along each side of a cell of the pooled features, see `roi_align`.
    """

    head: nn.Module
    predictor: BoxPredictor
    strides: Mapping[str, int]
    side: int = SIDE
    weights: Weights = BOX_WEIGHTS
    iou: float = POSITIVE_IOU
    train_boxes: int = TRAIN_BOXES
    train_positive: float = TRAIN_POSITIVE
    gradient: float = 1.0
    loss_weight: float = 1.0
    beta: float = 0.0
    samples: int = 0

    def __call__(self, features: Features, boxes: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Class logits and deltas of the boxes, image by image."""
        return self.read(self.pooled(features, boxes))

    def pooled(self, features: Features, boxes: Sequence[Tensor]) -> Tensor:
        """Features of the boxes, image by image, (N, C, side, side)."""
        found = pool_per_image(features, boxes, self.side, self.strides, samples=self.samples)
        return scale_gradient(found, self.gradient)

    def read(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Class logits and deltas from pooled features."""
        logits, deltas = self.predictor(self.head(pooled))
        return logits, deltas

    def sample(
        self,
        boxes: Sequence[Tensor],
        truth: Sequence[Tensor],
        truth_classes: Sequence[Tensor],
        classes: int,
        *,
        draw: bool = True,
        generator: torch.Generator | None,
    ) -> BoxSample:
        """Training boxes: some of the boxes and of the ground truth, or all boxes."""
        return sample_boxes(
            boxes,
            truth,
            truth_classes,
            classes,
            number=self.train_boxes if draw else max(map(len, boxes), default=0),
            positive_fraction=self.train_positive if draw else 1.0,
            threshold=self.iou,
            with_truth=draw,
            generator=generator,
        )

    def moved(
        self, logits: Tensor, deltas: Tensor, boxes: Sequence[Tensor], sizes: Sizes
    ) -> list[Tensor]:
        """The boxes of each image, moved by this stage, see `moved_boxes`."""
        return moved_boxes(self.chances(logits), deltas, boxes, sizes, weights=self.weights)

    def chances(self, logits: Tensor) -> Tensor:
        """Probabilities of the classes and of background, (N, K + 1)."""
        return self.predictor.classifier.chances(logits)

    def learn(
        self, features: Features, boxes: Sequence[Tensor], sample: BoxSample
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Losses of the sampled boxes by name, and these boxes moved."""
        logits, deltas = self(features, boxes)
        return self.losses(logits, deltas, sample), self.refined(deltas, sample)

    def losses(self, logits: Tensor, deltas: Tensor, sample: BoxSample) -> dict[str, Tensor]:
        """Losses of the sampled boxes, see `box_losses`."""
        losses = box_losses(
            logits,
            deltas,
            sample,
            weights=self.weights,
            beta=self.beta,
            classifier=self.predictor.classifier,
        )
        return {name: self.loss_weight * loss for name, loss in losses.items()}

    def refined(self, deltas: Tensor, sample: BoxSample) -> Tensor:
        """The sampled boxes, moved by this stage, see `refined_boxes`."""
        return refined_boxes(deltas, sample, weights=self.weights)


def plain_stage(
    head: nn.Module, predictor: BoxPredictor, pyramid: Pyramid, config: BoxConfig
) -> FastRCNNStage:
    """A stage as the settings of the boxes say.

    Args:
        head: from pooled features to hidden numbers.
        predictor: from these to logits and deltas.
        pyramid: that it reads.
        config: of the pooled features and the training boxes.
    """
    return FastRCNNStage(
        head,
        predictor,
        pyramid.strides,
        side=config.side,
        train_boxes=config.train_boxes,
        train_positive=config.train_positive,
        loss_weight=config.weight,
        beta=config.beta,
        samples=config.samples,
    )


def box_stage(
    pyramid: Pyramid,
    config: BoxConfig,
    *,
    classes: int,
    classifier: BoxClassifier | None = None,
) -> FastRCNNStage:
    """The box stage of Mask R-CNN; a cascade has several.

    Args:
        pyramid: that it reads.
        config: of its head and its training boxes.
        classes: K.
        classifier: of the boxes; None for the softmax.
    """
    return plain_stage(
        BoxHead(pyramid.channels, side=config.side, layers=config.layers, width=config.width),
        BoxPredictor(
            classes, config.width, class_agnostic=config.class_agnostic, classifier=classifier
        ),
        pyramid,
        config,
    )


class _Scaled(torch.autograd.Function):
    """The same numbers, with another gradient."""

    @staticmethod
    def forward(context: Any, numbers: Tensor, factor: float) -> Tensor:
        context.factor = factor
        return numbers.view_as(numbers)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * context.factor, None


def scale_gradient(numbers: Tensor, factor: float) -> Tensor:
    """The same numbers, with a gradient multiplied by a factor on its way back.

    Example:
        >>> x = torch.ones(1, requires_grad=True)
        >>> scale_gradient(x, 0.25).backward()
        >>> x.grad
        tensor([0.2500])
    """
    if factor == 1:
        return numbers
    scaled: Tensor = _Scaled.apply(numbers, factor)
    return scaled
