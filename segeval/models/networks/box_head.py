"""The box head: the class of each proposal, and the exact place of its object.

Training runs `sample_boxes` -> `BoxHead` -> `BoxPredictor` -> `box_losses`, and `refined_boxes` for
the masks; inference runs `BoxHead` -> `BoxPredictor` -> `box_moves` ->
`best_boxes`.

Source: Girshick 2015, Fast R-CNN, with the two layers of Lin et al. 2017, FPN, section 4.2, and the
numbers of detectron2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from segeval.brief import Brief
from segeval.models.networks.classifiers import Softmax
from segeval.models.networks.classifiers.protocol import BoxClassifier
from segeval.models.networks.normalised_layers import NormalisedLinear
from segeval.models.networks.smooth_l1 import smooth_l1
from segeval.models.ops.boxes import (
    Weights,
    clip_boxes,
    decode_boxes,
    encode_boxes,
    move_boxes,
)
from segeval.models.ops.matching import NEGATIVE, match_boxes, sample_labels
from segeval.models.ops.nms import class_wise_nms

BOX_WEIGHTS: Weights = (10, 10, 5, 5)
"""Weights of dx, dy, dw, dh, which spread them about as much as class logits."""

SIDE, LAYERS, WIDTH = 7, 2, 1024
"""Cells along each side of the pooled features; number and width of the layers that read them."""

TRAIN_BOXES, TRAIN_POSITIVE = 512, 0.25
"""Training boxes per image, and the largest share of them that show an object."""

POSITIVE_IOU = 0.5
"""Least IoU with an object for a box to be trained on it."""


@dataclass(frozen=True)
class BoxSample:
    """Boxes of B images for one training step.

    Attributes:
        boxes: x0, y0, x1, y1 in pixels, (N, 4).
        image: index of the image of each box, int64, (N,), ascending.
        classes: 0 to K - 1, or K for background, int64, (N,).
        matched: index of its ground truth in the image, 0 without any, int64, (N,).
        targets: the box of that ground truth, zeros without any, (N, 4).
        positive: whether it shows an object, bool, (N,).
        is_truth: whether it is a box of the ground truth itself, bool, (N,).
    """

    boxes: Tensor
    image: Tensor
    classes: Tensor
    matched: Tensor
    targets: Tensor
    positive: Tensor
    is_truth: Tensor


@dataclass(frozen=True, repr=False)
class PredictedBoxes(Brief):
    """The boxes found in an image, best score first.

    Attributes:
        boxes: x0, y0, x1, y1 in pixels, inside the image, (N, 4).
        scores: probability of the class, (N,).
        classes: 0 to K - 1, int64, (N,).
    """

    boxes: Tensor
    scores: Tensor
    classes: Tensor

    def moved(self, before: tuple[int, int], after: tuple[int, int], *, mirrored: bool) -> Self:
        """The same objects in another view of the image, see `move_boxes`."""
        return replace(self, boxes=move_boxes(self.boxes, before, after, mirrored=mirrored))


@dataclass(frozen=True)
class BoxMoves:
    """What the last stage says of the proposals of an image.

    Attributes:
        probabilities: of the classes and background, (P, K + 1).
        moved: the proposals, moved for each class, (P, 4 K), or (P, 4) if all classes share them.
    """

    probabilities: Tensor
    moved: Tensor


class BoxHead(nn.Module):
    """Fully connected layers on the pooled features, `fc1`, `fc2` and so on.

    Args:
        channels: of the features.
        side: of the pooled features.
        layers: number of layers.
        width: of each layer.
    """

    def __init__(
        self, channels: int, *, side: int = SIDE, layers: int = LAYERS, width: int = WIDTH
    ) -> None:
        super().__init__()
        widths = [channels * side * side, *[width] * layers]
        made = [nn.Linear(*shape) for shape in pairwise(widths)]
        self.layers = tuple(f"fc{number}" for number in range(1, layers + 1))
        for name, layer in zip(self.layers, made, strict=True):
            nn.init.kaiming_uniform_(layer.weight, a=1)  # Caffe2's "Xavier"
            nn.init.zeros_(layer.bias)
            self.add_module(name, layer)

    def forward(self, pooled: Tensor) -> Tensor:
        """From (N, C, side, side) to (N, width)."""
        hidden = pooled.flatten(1)
        for name in self.layers:
            hidden = functional.relu(self.get_submodule(name)(hidden))
        return hidden


class BoxPredictor(nn.Module):
    """Logits of the classes and of background, and deltas from the proposal to the object.

    Args:
        classes: K, without background.
        width: of the box head.
        class_agnostic: whether all classes share the deltas.
        classifier: what the logits mean, a module; None for the softmax.
    """

    def __init__(
        self,
        classes: int,
        width: int = WIDTH,
        *,
        class_agnostic: bool = False,
        classifier: BoxClassifier | None = None,
    ) -> None:
        super().__init__()
        self.classifier = classifier or Softmax(classes=classes)
        make = NormalisedLinear if self.classifier.normalised else nn.Linear
        self.cls_score = make(width, self.classifier.outputs)
        self.bbox_pred = nn.Linear(width, 4 if class_agnostic else 4 * classes)
        nn.init.normal_(self.cls_score.weight, std=0.01)
        nn.init.normal_(self.bbox_pred.weight, std=0.001)
        for layer in (self.cls_score, self.bbox_pred):
            nn.init.zeros_(layer.bias)

    def forward(self, hidden: Tensor, for_deltas: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """From (N, width) to the classifier's logits, (N, outputs), and deltas (N, 4 K or 4).

        Args:
            hidden: of a box head.
            for_deltas: what deltas are read from, (N, width); None for `hidden` too.
        """
        moving = hidden if for_deltas is None else for_deltas
        return self.cls_score(hidden).float(), self.bbox_pred(moving).float()


@torch.no_grad()
def sample_boxes(
    proposals: Sequence[Tensor],
    gt_boxes: Sequence[Tensor],
    gt_classes: Sequence[Tensor],
    classes: int,
    *,
    number: int = TRAIN_BOXES,
    positive_fraction: float = TRAIN_POSITIVE,
    threshold: float = POSITIVE_IOU,
    with_truth: bool = True,
    generator: torch.Generator | None = None,
) -> BoxSample:
    """Training boxes drawn from the proposals and the ground truth of each image.

    Args:
        proposals: of each image, (P, 4).
        gt_boxes: of each image, (M, 4); M may be 0.
        gt_classes: of each image, 0 to K - 1, int64, (M,).
        classes: K.
        number: most boxes per image.
        positive_fraction: largest share of `number` that may be positive.
        threshold: least IoU of a positive box with a ground truth.
        with_truth: whether boxes of the ground truth may be drawn too.
        generator: of the random numbers.

    Returns:
        Boxes image by image, the positives of each first.
    """
    parts = []
    for index, (found, truth, labels_of) in enumerate(
        zip(proposals, gt_boxes, gt_classes, strict=True)
    ):
        boxes = torch.cat([found, truth.to(found)]) if with_truth else found
        matched, labels = match_boxes(boxes, truth, negative=threshold, positive=threshold)
        taken = torch.cat(sample_labels(labels, number, positive_fraction, generator=generator))
        matched, positive = matched[taken], labels[taken] != NEGATIVE
        of_class = torch.full_like(matched, classes)
        targets = torch.zeros_like(boxes[taken])
        if len(truth):
            of_class = torch.where(positive, labels_of[matched], of_class)
            targets = truth.to(found)[matched]
        image = torch.full_like(matched, index)
        parts.append(
            (boxes[taken], image, of_class, matched, targets, positive, taken >= len(found))
        )
    return BoxSample(*(torch.cat(column) for column in zip(*parts, strict=True)))


def box_losses(
    logits: Tensor,
    deltas: Tensor,
    sample: BoxSample,
    *,
    weights: Weights = BOX_WEIGHTS,
    classifier: BoxClassifier | None = None,
    beta: float = 0.0,
) -> dict[str, Tensor]:
    """Losses of the sampled boxes.

    Args:
        logits: of the classifier, (N, outputs).
        deltas: (N, 4 K), or (N, 4) if all classes share them.
        sample: the N boxes.
        weights: of the deltas.
        classifier: what the logits mean; None for the softmax.
        beta: of `smooth_l1`; 0 for L1.

    Returns:
        Those of the classifier, and "loss_box_reg", the sum of L1 over the positives' deltas of
        their class, divided by N: each positive counts the same, however many there are. Without
        boxes all are 0, with zero gradients.
    """
    of_classes = (classifier or Softmax()).losses(logits, sample.classes)
    if len(logits) == 0:
        return of_classes | {"loss_box_reg": 0 * deltas.sum()}
    own = deltas_of(deltas, sample.classes)[sample.positive]
    targets = encode_boxes(sample.boxes[sample.positive], sample.targets[sample.positive], weights)
    distances = smooth_l1(own - targets, beta)
    return of_classes | {"loss_box_reg": distances.sum() / len(logits)}


@torch.no_grad()
def refined_boxes(deltas: Tensor, sample: BoxSample, *, weights: Weights = BOX_WEIGHTS) -> Tensor:
    """The sampled boxes moved by the deltas of their ground truth's class.

    The mask head trains on these, as it runs on them in inference.

    Args:
        deltas: (N, 4 K), or (N, 4) if all classes share them.
        sample: the N boxes; background is moved by the deltas of the last class.
        weights: of the deltas.

    Returns:
        (N, 4), without gradient, not clipped to the image.
    """
    if len(deltas) == 0:
        return sample.boxes
    return decode_boxes(sample.boxes, deltas_of(deltas, sample.classes), weights)


@torch.no_grad()
def box_moves(
    probabilities: Tensor,
    deltas: Tensor,
    proposals: Sequence[Tensor],
    *,
    weights: Weights = BOX_WEIGHTS,
) -> list[BoxMoves]:
    """The proposals of each image with their probabilities, moved for each class.

    Args:
        probabilities: of the classes and background, for all proposals, image by image,
            (N, K + 1).
        deltas: of the same, (N, 4 K), or (N, 4) if all classes share them.
        proposals: of each image, (P, 4).
        weights: of the deltas.
    """
    counts = [len(each) for each in proposals]
    return [
        BoxMoves(chance, decode_boxes(boxes, move, weights) if len(boxes) else move.float())
        for boxes, chance, move in zip(
            proposals, probabilities.split(counts), deltas.split(counts), strict=True
        )
    ]


@torch.no_grad()
def best_boxes(
    moves: Sequence[BoxMoves],
    image_sizes: Sequence[tuple[int, int]],
    *,
    score: float,
    nms_threshold: float,
    max_dets: int,
) -> list[PredictedBoxes]:
    """The objects of each image; a proposal may become several, of different classes.

    Args:
        moves: of the proposals of each image.
        image_sizes: (H, W) in pixels of each image without its padding.
        score: kept boxes have a higher probability.
        nms_threshold: IoU, within a class.
        max_dets: number of best boxes kept per image.
    """
    found = []
    for each, size in zip(moves, image_sizes, strict=True):
        moved, chance = each.moved, each.probabilities
        finite = moved.isfinite().all(1) & chance.isfinite().all(1)
        row, of_class = torch.where((chance[:, :-1] > score) & finite[:, None])
        scores = chance[row, of_class]
        per_class = moved.reshape(len(moved), moved.shape[1] // 4, 4)
        kept = clip_boxes(per_class[row, of_class.clamp(max=per_class.shape[1] - 1)], size)
        best = class_wise_nms(kept, scores, of_class, nms_threshold)[:max_dets]
        found.append(PredictedBoxes(kept[best], scores[best], of_class[best]))
    return found


def moved_boxes(
    probabilities: Tensor,
    deltas: Tensor,
    proposals: Sequence[Tensor],
    image_sizes: Sequence[tuple[int, int]],
    *,
    weights: Weights = BOX_WEIGHTS,
) -> list[Tensor]:
    """The proposals of each image, moved by the deltas of their likeliest class and clipped.

    Args:
        probabilities: of all proposals, image by image, (N, K + 1).
        deltas: of the same, (N, 4 K), or (N, 4) if all classes share them.
        proposals: of each image, (P, 4).
        image_sizes: (H, W) in pixels of each image without its padding.
        weights: of the deltas.
    """
    own = deltas_of(deltas, probabilities[:, :-1].argmax(1))
    return placed_boxes(own, proposals, image_sizes, weights=weights)


def placed_boxes(
    deltas: Tensor,
    proposals: Sequence[Tensor],
    image_sizes: Sequence[tuple[int, int]],
    *,
    weights: Weights,
) -> list[Tensor]:
    """The proposals of each image, moved by their deltas, (N, 4), image by image, and clipped."""
    moved = decode_boxes(torch.cat(list(proposals)), deltas, weights)
    of_images = moved.split([len(each) for each in proposals])
    return [clip_boxes(each, size) for each, size in zip(of_images, image_sizes, strict=True)]


def deltas_of(deltas: Tensor, classes: Tensor) -> Tensor:
    """The deltas of the class of each box, (N, 4).

    Args:
        deltas: (N, 4 K), or (N, 4) if all classes share them.
        classes: 0 to K - 1, or K for background, which has those of the last class, int64, (N,).
    """
    known = deltas.shape[1] // 4
    per_class = deltas.reshape(len(deltas), known, 4)
    return per_class[torch.arange(len(deltas), device=deltas.device), classes.clamp(max=known - 1)]
