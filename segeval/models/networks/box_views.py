"""Boxes from several views of the same images: every view looks at the same proposals.

Proposals of all views become one list. All box stages see it in each view, and the boxes and
probabilities that come out are averaged.

Source: test-time augmentation of mmdetection 2 (proposals joined by NMS, boxes and scores of the
same proposal averaged), which the winner of 3D-FUTURE 2020 used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from segeval.models.networks.box_head import BoxMoves
from segeval.models.networks.protocols import Features, JoinsViews, Proposals, Sizes
from segeval.models.ops.boxes import clip_boxes, mirror_boxes, move_boxes

Look = Callable[[Features, Sequence[Tensor], Sizes], list[BoxMoves]]
"""From features, boxes of each image and sizes to what a model says of the boxes."""


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
    look: Look, views: Sequence[SeenImages], proposals: Sequence[Tensor]
) -> list[BoxMoves]:
    """What a model says of the proposals of each image, averaged over views.

    Args:
        look: at the boxes of one view.
        views: of the images; the first is the one with the proposals.
        proposals: of each image, (P, 4).

    Returns:
        Of each image, in its first view.
    """
    first = views[0]
    seen = [
        _in_first(view, first, look(view.features, view.boxes_of(first, proposals), view.sizes))
        for view in views
    ]
    return [
        BoxMoves(
            torch.stack([each.probabilities for each in of_image]).mean(0),
            torch.stack([each.moved for each in of_image]).mean(0),
        )
        for of_image in zip(*seen, strict=True)
    ]


def _in_first(view: SeenImages, first: SeenImages, moves: Sequence[BoxMoves]) -> list[BoxMoves]:
    """Moves in a view, with boxes clipped to it, as they lie in the first view."""
    clipped = [
        clip_boxes(each.moved.reshape(-1, 4), size)
        for each, size in zip(moves, view.sizes, strict=True)
    ]
    return [
        replace(own, moved=each.reshape(own.moved.shape))
        for own, each in zip(moves, view.boxes_in(first, clipped), strict=True)
    ]
