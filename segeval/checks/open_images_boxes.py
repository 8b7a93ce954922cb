"""Masks of Open Images that lie elsewhere than the box of the same object."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.checks.box_geometry import corners_text, lie_elsewhere, near, xywh_of
from segeval.checks.mask_and_box import BY_ROWS, NEARLY_ALL, WORTH_SAYING, boxes_by_rows
from segeval.data.open_images import OpenImagesGroundTruth
from segeval.findings import Finding
from segeval.masks import boxes
from segeval.words import counted

LOOKED_AT = 1024
"""Most masks that are compared."""


def masks_beside_fractions(gt: OpenImagesGroundTruth) -> Iterator[Finding]:
    """Objects whose mask lies elsewhere than their box, if they are many.

    Args:
        gt: the ground truth; some of its masks are looked at.
    """
    rows = np.flatnonzero(gt.mask >= 0)
    rows = rows[:: max(len(rows) // LOOKED_AT, 1)]
    if not len(rows):
        return
    masks = gt.masks.take(gt.mask[rows]).decode()
    height, width = masks.sizes.T.astype(np.float64)
    box = xywh_of(gt.boxes_xyxy[rows] * np.stack([width, height, width, height], axis=1))
    own = boxes(masks)
    apart = np.flatnonzero(~near(own, box) & lie_elsewhere(own, box))
    if len(apart) < max(WORTH_SAYING * len(rows), 1):
        return
    fit = near(boxes_by_rows(masks)[apart], box[apart]).sum() >= NEARLY_ALL * len(apart)
    first = apart[0]
    yield Finding(
        "warn",
        "masks and boxes",
        f"{len(apart):,} of {counted(len(rows), 'mask')} looked at "
        f"{'lies' if len(apart) == 1 else 'lie'} elsewhere than the box of "
        f"{'its object' if len(apart) == 1 else 'their objects'} (first: mask "
        f"{corners_text(own[first])}, box {corners_text(np.round(box[first], 1))}, image "
        f"{gt.image_ids[gt.image[rows[first]]]})",
        count=len(apart),
        path=gt.source,
        hint=BY_ROWS if fit else "",
        code="mask-and-box",
    )
