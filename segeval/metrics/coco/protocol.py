"""What makes one AP protocol differ from another, as data."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from segeval.data.coco.conventions import MAX_DETS, MAX_DETS_LVIS
from segeval.frozen import frozen
from segeval.masks.boundaries import RATIO
from segeval.metrics.sizes import SizeBucket, buckets

COCO_THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95)
"""numpy.linspace(0.5, 0.95, 10), to the last bit, as the official packages have them."""

AREA_LIMIT = 1e10
"""Upper end of the official bucket "all", in pixels squared."""

CapScope = Literal["image and category", "image", "category"]
"""What a cap on predictions counts over."""


@frozen
class Protocol:
    """The rules of one AP evaluation.

    Attributes:
        name: such as "coco".
        thresholds: T IoU thresholds, increasing.
        sizes: size buckets beside "all".
        max_dets: caps on predictions, increasing; AP is taken at the largest. 0 means no limit.
        cap_scope: what a cap counts over: one category of one image, one whole image, or one
            category of the whole set.
        federated: judge a category only in images where it is annotated or verified absent,
            and drop records of area 0 (LVIS).
        uses_crowd: crowd regions absorb any number of predictions (COCO).
        uses_ignore: the ground truth's `ignore` field takes annotations out of the count (LVIS).
        agnostic: all categories as one.
        iou: the default kind of IoU: "segm" or "boundary".
        boundary_ratio: width of the boundary as a fraction of the image's diagonal.
        boundary_px: width of the boundary in pixels for all images; None to go by the ratio.
        removes_boxes: drop the boxes of predictions before evaluating masks, so that they never
            decide size buckets.
        skips_unknown: drop predictions of images and categories that the ground truth lacks.
    """

    name: str
    thresholds: tuple[float, ...]
    sizes: tuple[SizeBucket, ...]
    max_dets: tuple[int, ...]
    cap_scope: CapScope
    federated: bool
    uses_crowd: bool
    uses_ignore: bool
    agnostic: bool = False
    iou: str = "segm"
    boundary_ratio: float = RATIO
    boundary_px: int | None = None
    removes_boxes: bool = False
    skips_unknown: bool = False


COCO = Protocol(
    name="coco",
    thresholds=COCO_THRESHOLDS,
    sizes=buckets("coco"),
    max_dets=MAX_DETS,
    cap_scope="image and category",
    federated=False,
    uses_crowd=True,
    uses_ignore=False,
)

LVIS = Protocol(
    name="lvis",
    thresholds=COCO_THRESHOLDS,
    sizes=buckets("lvis"),
    max_dets=(MAX_DETS_LVIS,),
    cap_scope="image",
    federated=True,
    uses_crowd=False,
    uses_ignore=True,
)

LVIS_FIXED = replace(
    LVIS, name="lvis-fixed", max_dets=(10_000,), cap_scope="category", removes_boxes=True
)
"""Fixed AP: a budget per category instead of per image.

Source: Dave et al. 2021, Evaluating Large-Vocabulary Object Detectors.
"""

LVIS_2021 = replace(LVIS_FIXED, name="lvis-2021", iou="boundary", removes_boxes=False)
"""The LVIS challenge of 2021: fixed AP of boundaries."""

AP_STAR = replace(LVIS, name="ap-star", removes_boxes=True, skips_unknown=True)
"""AP* of a COCO model: LVIS's rules on LVIS's annotations of COCO's categories."""

PROTOCOLS = {protocol.name: protocol for protocol in (COCO, LVIS, LVIS_FIXED, LVIS_2021, AP_STAR)}
