"""Masks of many boxes, a group at a time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from segeval.models.networks.box_head import PredictedBoxes
from segeval.models.networks.protocols import Features, MaskHead

NUMBERS_ON_CPU = 1 << 22
"""Numbers in the largest tensor of the mask head on a CPU."""

NUMBERS_ON_GPU = 1 << 28
"""Numbers in the largest tensor of the mask head on a GPU."""


def masks_in_groups(
    head: MaskHead, features: Features, found: Sequence[PredictedBoxes]
) -> list[Tensor]:
    """Mask logits (n, 1, S, S) of the boxes of each image.

    Boxes are processed in groups, so that memory does not grow with their number. Groups are small
    on a CPU, where new pages of memory cost more than the arithmetic.
    """
    counts = [len(each.boxes) for each in found]
    firsts = [sum(counts[:place]) for place in range(len(counts))]
    on_cpu = not found or found[0].boxes.device.type == "cpu"
    step = max(1, (NUMBERS_ON_CPU if on_cpu else NUMBERS_ON_GPU) // head.numbers_per_box)
    logits = []
    for start in range(0, max(1, sum(counts)), step):
        parts = [slice(max(0, start - at), max(0, start + step - at)) for at in firsts]
        boxes = [each.boxes[part] for each, part in zip(found, parts, strict=True)]
        classes = [each.classes[part] for each, part in zip(found, parts, strict=True)]
        logits.append(head.predict(features, boxes, classes))
    return list(torch.cat(logits).split(counts))
