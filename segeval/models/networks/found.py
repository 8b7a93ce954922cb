"""Objects found in an image, whatever form their masks have.

Prediction needs only a `Found`. A model that can draw masks in given boxes (`MasksBoxes`) can also
average them over several views of an image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, Protocol, TypedDict, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from segeval.brief import Brief
from segeval.masks import RunLengths
from segeval.masks.measure import areas_and_boxes
from segeval.models.networks.box_head import PredictedBoxes
from segeval.models.networks.box_views import SeenImages
from segeval.models.networks.mask_votes import mean_mask
from segeval.models.networks.protocols import Sizes
from segeval.models.ops.boxes import clip_boxes, move_boxes
from segeval.models.ops.pasting import paste_masks
from segeval.models.ops.whole_masks import whole_masks

Size = tuple[int, int]
"""(H, W) in pixels."""


class FoundInPhoto(TypedDict):
    """N objects in the pixels of a photograph, as `to_predictions` takes them.

    Keys:
        scores: (N,).
        classes: 0 to K - 1, int64, (N,).
        boxes: x0, y0, x1, y1 in pixels, (N, 4).
        masks: N masks of the photograph; absent if the model finds boxes only.
        box_scores: scores that do not count how good masks are, (N,); absent if `scores` do not.
        mask_ious: predicted IoU of the masks, (N,); absent likewise.
    """

    scores: Tensor
    classes: Tensor
    boxes: Tensor
    masks: NotRequired[RunLengths]
    box_scores: NotRequired[Tensor]
    mask_ious: NotRequired[Tensor]


class Found(Protocol):
    """The objects of an image, in pixels of the image as the model saw it."""

    def in_photo(self, seen: Size, size: Size) -> FoundInPhoto:
        """The objects in the pixels of the photograph, without those that lie outside of it.

        Args:
            seen: size of the image as the model saw it, without padding.
            size: of the photograph.
        """


@runtime_checkable
class MasksBoxes(Protocol):
    """A model that draws masks in given boxes; its `Found` are `Instances`."""

    def backbone(self, images: Tensor) -> Any:
        """Features of a batch of images."""

    def masks(self, features: Any, found: Sequence[Any]) -> list[Tensor]:
        """Logits (N, V, S, S) in the boxes of the objects of each image, see `mean_mask`."""


@runtime_checkable
class ScoresMasks(MasksBoxes, Protocol):
    """A model that may predict how good masks are."""

    def mask_ious(
        self, features: Any, found: Sequence[Any], masks: Sequence[Tensor]
    ) -> list[Tensor] | None:
        """Predicted IoU (N,) of the masks of each image; None if it does not."""


@runtime_checkable
class DetectsInViews(MasksBoxes, Protocol):
    """A model that finds boxes in several views together."""

    def detect_in_views(self, views: Sequence[SeenImages]) -> list[PredictedBoxes]:
        """The objects of each image, in its first view, best score first."""


@runtime_checkable
class LooksAtBoxes(Protocol):
    """A model that can be shown boxes, which it moves or looks at in place of proposals."""

    def in_boxes(
        self, images: Tensor, sizes: Sizes, given: Sequence[PredictedBoxes]
    ) -> Sequence[Found]:
        """The objects of the images.

        Args:
            images: normalised and padded, (B, 3, H, W).
            sizes: (H, W) of each image without its padding.
            given: boxes of each image, in its pixels, with scores and classes.
        """


@runtime_checkable
class DrawsInCrops(Protocol):
    """A model that is shown a crop around each given box, in place of whole images."""

    def object_logits(self, crops: Tensor) -> Tensor:
        """Logits of the object at every pixel.

        Args:
            crops: normalised and padded as images are, (N, 3, H, W).

        Returns:
            (N, 1, H, W).
        """


@dataclass(frozen=True, repr=False)
class Instances(PredictedBoxes):
    """The objects of an image, best score first: boxes with masks.

    Attributes:
        masks: logits inside the boxes, (N, 1, S, S); S is 0 if the model finds boxes only.
        mask_ious: predicted IoU of each mask with its object, in [0, 1], (N,), by which `scores`
            are multiplied; None if nothing predicts it.
        box_scores: the scores without it, (N,); None likewise.
    """

    masks: Tensor
    mask_ious: Tensor | None = None
    box_scores: Tensor | None = None

    def in_photo(self, seen: Size, size: Size) -> FoundInPhoto:
        """The objects in the pixels of the photograph, see `Found`.

        Source:
            detectron2's detector_postprocess: boxes are scaled in x and y, clipped, and dropped if
            empty.
        """
        boxes = clip_boxes(move_boxes(self.boxes.float(), seen, size), size)
        kept = (boxes[:, 2:] > boxes[:, :2]).all(1)
        boxes = boxes[kept]
        found: FoundInPhoto = {
            "scores": self.scores[kept],
            "classes": self.classes[kept],
            "boxes": boxes,
        }
        if self.mask_ious is not None and self.box_scores is not None:
            found |= {"box_scores": self.box_scores[kept], "mask_ious": self.mask_ious[kept]}
        if self.masks.shape[2]:
            sizes = torch.tensor([size]).expand(len(boxes), 2)
            found["masks"] = paste_masks(self.masks[kept].float(), boxes, sizes)
        return found


@dataclass(frozen=True, repr=False)
class WholeMasks(Brief):
    """The objects of an image, best score first: masks of the whole image, without boxes.

    Attributes:
        masks: probabilities at stride 4, of the padded image, (N, H / 4, W / 4).
        scores: (N,).
        classes: 0 to K - 1, int64, (N,).
    """

    masks: Tensor
    scores: Tensor
    classes: Tensor

    def in_photo(self, seen: Size, size: Size) -> FoundInPhoto:
        """The objects in the pixels of the photograph, see `Found`; their boxes are the tightest.

        An object without a pixel in its mask, see `whole_masks`, is dropped.
        """
        runs = whole_masks(self.masks, seen, size)
        areas, boxes = areas_and_boxes(runs)
        rows = np.flatnonzero(areas)
        corners = boxes[rows]
        corners[:, 2:] += corners[:, :2]
        kept = torch.from_numpy(rows).to(self.scores.device)
        return {
            "scores": self.scores[kept],
            "classes": self.classes[kept],
            "boxes": torch.from_numpy(corners),
            "masks": runs.take(rows),
        }


def instances(
    found: Sequence[PredictedBoxes],
    masks: Sequence[Tensor],
    ious: Sequence[Tensor] | None = None,
) -> list[Instances]:
    """Boxes with their masks, best score first.

    Args:
        found: the boxes of each image. Scores of `Instances` may count how good other masks are:
            then those without it are taken.
        masks: of each image, logits of every vote, (N, V, S, S).
        ious: predicted IoU of the masks of each image, (N,), by which scores are multiplied; None
            to leave them as they are.
    """
    if ious is None:
        return [
            Instances(each.boxes, each.scores, each.classes, mean_mask(votes))
            for each, votes in zip(found, masks, strict=True)
        ]
    scored = []
    for each, votes, iou in zip(found, masks, ious, strict=True):
        plain = each.box_scores if isinstance(each, Instances) else None
        plain = each.scores if plain is None else plain
        scores = plain * iou
        order = scores.argsort(descending=True, stable=True)
        columns = each.boxes, scores, each.classes, mean_mask(votes), iou, plain
        scored.append(Instances(*(column[order] for column in columns)))
    return scored
