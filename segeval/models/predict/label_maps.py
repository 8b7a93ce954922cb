"""Label maps of photographs: the likeliest class of every pixel over all views."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from segeval.models.predict.photo_queue import Read
from segeval.models.predict.views import Viewer

NUMBERS = 1 << 24
"""Most probabilities in memory at once."""


def labels_in(
    photos: Sequence[Read], model: Any, viewer: Viewer, category_ids: NDArray[Any]
) -> list[NDArray[Any]]:
    """The label maps of photographs of one padded size.

    Args:
        photos: to predict.
        model: from a batch and its sizes to class logits (B, K, H, W).
        viewer: makes the batches.
        category_ids: id of each class.

    Returns:
        Category ids, uint8 if all of them fit, else uint16, (H, W) each.
    """
    dtype = np.uint8 if category_ids.max(initial=0) <= np.iinfo(np.uint8).max else np.uint16
    of_views: list[list[Tensor]] = [[] for _ in photos]
    for view in viewer.views:
        with viewer.inference():
            batch: Tensor = model(*viewer.batch(photos, view))
        for logits, photo, seen in zip(batch, photos, of_views, strict=True):
            high, wide = view.size_of(photo)
            cut = logits[:, :high, :wide]
            seen.append(cut.flip(2) if view.mirrored else cut)
    return [
        category_ids[most_likely(seen, photo.size).cpu().numpy()].astype(dtype)
        for seen, photo in zip(of_views, photos, strict=True)
    ]


def most_likely(logits: Sequence[Tensor], size: tuple[int, int]) -> Tensor:
    """The class of every pixel with the highest mean probability over views.

    Each view's logits are first interpolated bilinearly at the centres of the pixels, some rows at
    a time: memory does not grow with the image times the classes.

    Args:
        logits: of each view, without padding and not mirrored, (K, h, w).
        size: (H, W) of the pixels.

    Returns:
        0 to K - 1, int64, (H, W).
    """
    height, width = size
    step = max(1, NUMBERS // (len(logits[0]) * width))
    rows = []
    for start in range(0, height, step):
        stop = min(start + step, height)
        parts = [_rows(each, start, stop, size) for each in logits]
        mean = parts[0] if len(parts) == 1 else sum(part.softmax(0) for part in parts)
        rows.append(torch.as_tensor(mean).argmax(0))
    return torch.cat(rows)


def _rows(logits: Tensor, start: int, stop: int, size: tuple[int, int]) -> Tensor:
    """Some rows of logits (K, h, w) in another size, (K, stop - start, W)."""
    last = logits.shape[1] - 1
    steps = torch.arange(start, stop, device=logits.device, dtype=torch.float64)
    place = ((steps + 0.5) * (last + 1) / size[0] - 0.5).clamp(0, last)
    upper = place.floor().long()
    weight = (place - upper).float()[:, None]
    lower = (upper + 1).clamp(max=last)
    mixed = torch.lerp(logits[:, upper].float(), logits[:, lower].float(), weight)
    return functional.interpolate(
        mixed[None], size=(stop - start, size[1]), mode="bilinear", align_corners=False
    )[0]
