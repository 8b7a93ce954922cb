"""Boxes from several views of the same images: every view looks at the same proposals.

Proposals of all views become one list. Each box stage then sees the list in each view, and its
boxes and probabilities are averaged.

Source: test-time augmentation of mmdetection 2 (proposals joined by NMS, boxes and scores of the
same proposal averaged), which the winner of 3D-FUTURE 2020 used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from segeval.models.networks.box_head import BoxMoves
from segeval.models.networks.protocols import BoxStage, Features, JoinsViews, Proposals, Sizes
from segeval.models.ops.boxes import clip_boxes, decode_boxes, mirror_boxes, move_boxes


@dataclass(frozen=True)
class SeenImages:
    """A batch of images in one view.

    Attributes:
        features: of the batch.
        sizes: (H, W) of each image in this view, without padding.
        mirrored: whether left and right are swapped.
    """

    features: Features
    sizes: Sizes
    mirrored: bool = False

    def boxes_of(self, first: SeenImages, boxes: Sequence[Tensor]) -> list[Tensor]:
        """Boxes of each image in the first view, which is not mirrored, as they lie in this one."""
        return [
            move_boxes(each, before, after, mirrored=self.mirrored)
            for each, before, after in zip(boxes, first.sizes, self.sizes, strict=True)
        ]

    def boxes_in(self, first: SeenImages, boxes: Sequence[Tensor]) -> list[Tensor]:
        """Boxes of each image in this view, (n, 4), as they lie in the first one."""
        return [
            move_boxes(mirror_boxes(each, own[1]) if self.mirrored else each, own, after)
            for each, own, after in zip(boxes, self.sizes, first.sizes, strict=True)
        ]


def proposals_of_views(generator: Proposals, views: Sequence[SeenImages]) -> list[Tensor]:
    """The proposals of all views, for each image in its first view, (P, 4).

    A generator that `JoinsViews` drops the worse of two boxes that overlap; the boxes of another
    one all stay.
    """
    first = views[0]
    if len(views) == 1 or not isinstance(generator, JoinsViews):
        found = [view.boxes_in(first, generator(view.features, view.sizes)) for view in views]
        return [torch.cat(of_image) for of_image in zip(*found, strict=True)]
    scored = []
    for view in views:
        boxes, scores = zip(*generator.scored(view.features, view.sizes), strict=True)
        scored.append(list(zip(view.boxes_in(first, boxes), scores, strict=True)))
    return [generator.joined(of_image) for of_image in zip(*scored, strict=True)]


def look_from_all(
    stages: Sequence[BoxStage], views: Sequence[SeenImages], proposals: Sequence[Tensor]
) -> list[BoxMoves]:
    """What the stages say of the proposals of each image, averaged over views.

    Args:
        stages: in order; their probabilities are averaged too.
        views: of the images; the first is the one with the proposals.
        proposals: of each image, (P, 4).

    Returns:
        Of each image, in its first view.
    """
    first, boxes = views[0], list(proposals)
    counts = [len(each) for each in boxes]
    of_stages = []
    *earlier, last = stages
    for stage in earlier:
        seen = [stage(view.features, view.boxes_of(first, boxes)) for view in views]
        chance = _mean_chance([logits for logits, _ in seen])
        of_stages.append(chance)
        moved = []
        for view, (_, deltas) in zip(views, seen, strict=True):
            own = view.boxes_of(first, boxes)
            moved.append(view.boxes_in(first, stage.moved(chance.log(), deltas, own, view.sizes)))
        boxes = [torch.stack(of_image).mean(0) for of_image in zip(*moved, strict=True)]
    seen = [last(view.features, view.boxes_of(first, boxes)) for view in views]
    of_stages.append(_mean_chance([logits for logits, _ in seen]))
    moves = [
        _decoded(view, first, deltas, view.boxes_of(first, boxes), last)
        for view, (_, deltas) in zip(views, seen, strict=True)
    ]
    chances = torch.stack(of_stages).mean(0).split(counts)
    return [
        BoxMoves(chance, torch.stack(of_image).mean(0))
        for chance, of_image in zip(chances, zip(*moves, strict=True), strict=True)
    ]


def _mean_chance(logits: Sequence[Tensor]) -> Tensor:
    """Probabilities (N, K + 1), averaged over views."""
    return torch.stack([each.softmax(1) for each in logits]).mean(0)


def _decoded(
    view: SeenImages, first: SeenImages, deltas: Tensor, boxes: Sequence[Tensor], stage: BoxStage
) -> list[Tensor]:
    """The boxes of each image as a view moves them, clipped, in the first view, (P, 4 K or 4)."""
    of_image = zip(boxes, deltas.split([len(each) for each in boxes]), strict=True)
    moved = [
        decode_boxes(own, move, stage.weights) if len(own) else move.float()
        for own, move in of_image
    ]
    clipped = [
        clip_boxes(each.reshape(-1, 4), size) for each, size in zip(moved, view.sizes, strict=True)
    ]
    in_first = view.boxes_in(first, clipped)
    return [each.reshape(own.shape) for each, own in zip(in_first, moved, strict=True)]
