"""Masks of many boxes, a group at a time, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from segeval.models.networks.box_head import PredictedBoxes
from segeval.models.networks.mask_scorers.protocol import MaskScorer
from segeval.models.networks.protocols import Features, MaskHead, PreparesFeatures

NUMBERS_ON_CPU = 1 << 22
"""Numbers in the largest tensor of the mask head on a CPU."""

NUMBERS_ON_GPU = 1 << 28
"""Numbers in the largest tensor of the mask head on a GPU."""


def masks_in_groups(
    head: MaskHead, features: Features, found: Sequence[PredictedBoxes]
) -> list[Tensor]:
    """Mask logits (n, V, S, S) of the boxes of each image."""
    if isinstance(head, PreparesFeatures):
        features = head.prepared(features)
    logits = []
    for parts in _groups(found, head.numbers_per_box):
        boxes = [each.boxes[part] for each, part in zip(found, parts, strict=True)]
        classes = [each.classes[part] for each, part in zip(found, parts, strict=True)]
        logits.append(head.predict(features, boxes, classes))
    return _split(logits, found)


def ious_in_groups(
    scorer: MaskScorer,
    features: Features,
    found: Sequence[PredictedBoxes],
    masks: Sequence[Tensor],
) -> list[Tensor]:
    """Predicted IoU (n,) of the masks of each image, (n, V, S, S)."""
    ious = []
    for parts in _groups(found, scorer.numbers_per_box):
        boxes = [each.boxes[part] for each, part in zip(found, parts, strict=True)]
        classes = [each.classes[part] for each, part in zip(found, parts, strict=True)]
        logits = torch.cat([each[part] for each, part in zip(masks, parts, strict=True)])
        ious.append(scorer.predict(features, boxes, classes, logits))
    return _split(ious, found)


def _groups(found: Sequence[PredictedBoxes], numbers_per_box: int) -> Iterator[list[slice]]:
    """The boxes of each image that are in a group, for every group.

    Groups are small on a CPU, where new pages of memory cost more than the arithmetic.
    """
    counts = [len(each.boxes) for each in found]
    firsts = [sum(counts[:place]) for place in range(len(counts))]
    on_cpu = not found or found[0].boxes.device.type == "cpu"
    step = max(1, (NUMBERS_ON_CPU if on_cpu else NUMBERS_ON_GPU) // numbers_per_box)
    for start in range(0, max(1, sum(counts)), step):
        yield [slice(max(0, start - at), max(0, start + step - at)) for at in firsts]


def _split(parts: Sequence[Tensor], found: Sequence[PredictedBoxes]) -> list[Tensor]:
    return list(torch.cat(list(parts)).split([len(each.boxes) for each in found]))
