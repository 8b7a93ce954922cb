"""Matching boxes with ground truth, and sampling boxes for a training step.

Source: Ren et al. 2015, Faster R-CNN, section 3.1.2, with the ties and orders of detectron2.
"""

from __future__ import annotations

import torch
from torch import Tensor

from segeval.models.ops.boxes import box_iou

POSITIVE, NEGATIVE, IGNORED = 1, 0, -1
"""Labels of boxes."""

PAIRS = 1 << 22
"""Most pairs of boxes compared at once; their corners take eight times the memory."""


@torch.no_grad()
def same_class_matches(
    boxes: Tensor, classes: Tensor, gt_boxes: Tensor, gt_classes: Tensor, *, iou: float
) -> tuple[Tensor, Tensor]:
    """The ground truth of its class that each box overlaps most, and whether the overlap suffices.

    Args:
        boxes: of an image, (N, 4).
        classes: of these, (N,).
        gt_boxes: (M, 4).
        gt_classes: of these, (M,).
        iou: least overlap.

    Returns:
        Index of the ground truth, int64, (N,), 0 without any; bool, (N,).
    """
    if not len(gt_boxes) or not len(boxes):
        nothing = torch.zeros(len(boxes), dtype=torch.int64, device=boxes.device)
        return nothing, nothing.bool()
    overlap = box_iou(boxes, gt_boxes.to(boxes))
    overlap = overlap * (classes[:, None] == gt_classes[None])
    best, matched = overlap.max(dim=1)
    return matched, best >= iou


def match_boxes(
    boxes: Tensor,
    gt_boxes: Tensor,
    *,
    negative: float,
    positive: float,
    low_quality: bool = False,
) -> tuple[Tensor, Tensor]:
    """The ground truth that each box overlaps most, and whether the overlap suffices.

    Args:
        boxes: anchors or proposals, (N, 4).
        gt_boxes: (M, 4).
        negative: boxes with a smaller IoU are negative.
        positive: boxes with this IoU or more are positive; those between are ignored.
        low_quality: whether the box that overlaps a ground truth most is positive too, however
            small the overlap; all of them if several tie. It still learns the ground truth that it
            overlaps most itself, perhaps another one.

    Returns:
        Index of the ground truth (0 if there is none), int64, (N,), and POSITIVE, NEGATIVE or
        IGNORED, int8, (N,). Without ground truth all are negative. A ground truth that no box
        touches makes none positive.

    Example:
        >>> boxes = torch.tensor([[0.0, 0, 4, 4], [0, 0, 4, 2], [9, 9, 10, 10]])
        >>> match_boxes(boxes, torch.tensor([[0.0, 0, 4, 4]]), negative=0.3, positive=0.7)
        (tensor([0, 0, 0]), tensor([ 1, -1,  0], dtype=torch.int8))
    """
    labels = torch.full((len(boxes),), NEGATIVE, dtype=torch.int8, device=boxes.device)
    if len(boxes) == 0 or len(gt_boxes) == 0:
        return torch.zeros_like(labels, dtype=torch.int64), labels
    some = gt_boxes.split(max(1, PAIRS // len(boxes)))
    iou = torch.cat([box_iou(each, boxes) for each in some])  # (M, N)
    best, matched = iou.max(dim=0)
    labels[best >= negative] = IGNORED
    labels[best >= positive] = POSITIVE
    if low_quality:
        most = iou.max(dim=1, keepdim=True).values
        labels[((iou == most) & (most > 0)).any(dim=0)] = POSITIVE
    return matched, labels


def sample_labels(
    labels: Tensor,
    number: int,
    positive_fraction: float,
    *,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Boxes drawn for training; negatives fill the places that positives leave.

    Args:
        labels: POSITIVE, NEGATIVE or IGNORED, (N,).
        number: most boxes in all.
        positive_fraction: largest share of `number` that may be positive.
        generator: of the random numbers, drawn on its own device.

    Returns:
        Indices of positives and of negatives, int64.

    Example:
        >>> labels = torch.tensor([1, 0, -1, 0])
        >>> positives, negatives = sample_labels(labels, 8, 0.5)
        >>> positives, negatives.sort().values
        (tensor([0]), tensor([1, 3]))
    """
    positives = _draw(labels == POSITIVE, int(number * positive_fraction), generator)
    negatives = _draw(labels == NEGATIVE, number - len(positives), generator)
    return positives, negatives


def _draw(wanted: Tensor, number: int, generator: torch.Generator | None) -> Tensor:
    """At most `number` places where `wanted` is true, in random order."""
    places = torch.where(wanted)[0]
    where = places.device if generator is None else generator.device
    order = torch.randperm(len(places), generator=generator, device=where)
    return places[order[:number].to(places.device)]
