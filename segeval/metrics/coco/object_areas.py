"""Areas of the objects that count, of which size buckets are quantiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.metrics.coco.objects import areas, never_counted
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.selection import Chosen, has_area


def areas_that_count(gt: GroundTruth, request: Request) -> NDArray[np.float64]:
    """Areas of the objects of a ground truth that count in the bucket "all", whatever is predicted.

    By the rules for masks, so that they are those of every kind of IoU.

    Args:
        gt: all ground truth.
        request: which categories and images, and what is ignored.

    Returns:
        Finite, in pixels squared, float64, shape (n,).

    Raises:
        FormatError: for a malformed mask, or an image without the size that a polygon needs.
        InputError: if a category or image asked for does not exist.
    """
    request = replace(request, iou="segm")
    rows = Chosen.of(gt, request).annotations(gt, request)[0]
    rows = rows[~never_counted(gt, request)[rows]]
    found = areas(gt, None, rows)[rows]
    counts = has_area(found) if request.protocol.federated else (found >= 0) & (found < np.inf)
    return found[counts]
