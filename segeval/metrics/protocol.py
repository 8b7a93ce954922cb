"""What makes one AP protocol differ from another, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from segeval.metrics.sizes import SizeBucket, buckets

COCO_THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95)
"""numpy.linspace(0.5, 0.95, 10), to the last bit, as the official packages have them."""

AREA_LIMIT = 1e10
"""Upper end of the official bucket "all", in pixels squared."""


@dataclass(frozen=True)
class Protocol:
    """The rules of one AP evaluation.

    Attributes:
        name: "coco" or "lvis".
        thresholds: T IoU thresholds, increasing.
        sizes: size buckets beside "all".
        max_dets: caps on predictions, increasing; AP is taken at the largest. 0 means no limit.
        cap_scope: what a cap counts over: one category of one image, or one whole image.
        federated: judge a category only in images where it is annotated or verified absent,
            and drop records of area 0 (LVIS).
        uses_crowd: crowd regions absorb any number of predictions (COCO).
        uses_ignore: the ground truth's `ignore` field takes annotations out of the count (LVIS).
        agnostic: all categories as one.
    """

    name: str
    thresholds: tuple[float, ...]
    sizes: tuple[SizeBucket, ...]
    max_dets: tuple[int, ...]
    cap_scope: Literal["image and category", "image"]
    federated: bool
    uses_crowd: bool
    uses_ignore: bool
    agnostic: bool = False


COCO = Protocol(
    name="coco",
    thresholds=COCO_THRESHOLDS,
    sizes=buckets("coco"),
    max_dets=(1, 10, 100),
    cap_scope="image and category",
    federated=False,
    uses_crowd=True,
    uses_ignore=False,
)

LVIS = Protocol(
    name="lvis",
    thresholds=COCO_THRESHOLDS,
    sizes=buckets("lvis"),
    max_dets=(300,),
    cap_scope="image",
    federated=True,
    uses_crowd=False,
    uses_ignore=True,
)

PROTOCOLS = {protocol.name: protocol for protocol in (COCO, LVIS)}
