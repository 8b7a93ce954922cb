"""What an evaluation is asked for: its rules and its records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from segeval.frozen import frozen
from segeval.metrics.boundary_settings import NO_BOUNDARIES, BoundarySettings
from segeval.metrics.coco.compat import CompatRules, compat_rules
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.sizes import SizeBucket

FREQUENCIES = {"r": "rare", "c": "common", "f": "frequent"}
"""LVIS's groups of categories, by the letter in its files."""


@frozen
class Request:
    """How records are chosen and judged, for one kind of IoU.

    Attributes:
        protocol: the rules asked for.
        iou: "segm", "boundary" or "bbox".
        compat: the official package to reproduce, or None.
        area_from: "mask" or "bbox": the area of a prediction for its size bucket; None before the
            files are known, and where there are no predictions.
        categories: ids or names to keep, None for all.
        images: ids or file names to keep, None for all.
        min_score: predictions with a lower score are not used; None uses all.
        skip_unknown: drop records of unknown images and categories instead of refusing them.
        honour_ignore: let COCO's `ignore` field take annotations out of the count.
    """

    protocol: Protocol
    iou: str = "segm"
    compat: str | None = None
    area_from: str | None = None
    categories: tuple[int | str, ...] | None = None
    images: tuple[int | str, ...] | None = None
    min_score: float | None = None
    skip_unknown: bool = False
    honour_ignore: bool = False

    @property
    def rules(self) -> CompatRules:
        """The rules of the official package, or of the default mode, for the protocol."""
        return compat_rules(self.protocol, self.iou, self.compat)

    @property
    def boundary(self) -> BoundarySettings:
        """Width of the boundaries that are compared."""
        if self.iou != "boundary":
            return NO_BOUNDARIES
        px = self.protocol.boundary_px
        return BoundarySettings(self.protocol.boundary_ratio if px is None else None, px)

    @property
    def buckets(self) -> tuple[SizeBucket, ...]:
        """The bucket "all" and those of the protocol, none of which exceeds it."""
        limit = self.rules.area_limit
        sizes = self.protocol.sizes
        ended = (replace(size, max_area=min(size.max_area, limit)) for size in sizes)
        return (SizeBucket("all", 0.0, limit), *ended)

    def rules_by_name(self) -> dict[str, Any]:
        """What parts of an evaluation must have in common, by the names of arguments.

        Their images differ, and a part without predictions goes with any rule of areas.
        """
        rules = {**vars(self), **vars(self.protocol), "protocol": self.protocol.name}
        del rules["images"], rules["name"]
        if self.area_from is None:
            del rules["area_from"]
        return rules

    def to_dict(self) -> dict[str, Any]:
        """The request as plain values."""
        sizes = [size.to_dict() for size in self.protocol.sizes]
        return {**asdict(self), "protocol": {**asdict(self.protocol), "sizes": sizes}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Request:
        """The request that `to_dict` gave, also after JSON.

        Raises:
            TypeError: for values of another type.
            KeyError: for missing values.
        """
        protocol = dict(values["protocol"])
        sizes = tuple(SizeBucket.from_dict(size) for size in protocol["sizes"])
        thresholds, caps = tuple(protocol["thresholds"]), tuple(protocol["max_dets"])
        chosen = {
            name: None if values[name] is None else tuple(values[name])
            for name in ("categories", "images")
        }
        rules = Protocol(**{**protocol, "sizes": sizes, "thresholds": thresholds, "max_dets": caps})
        return cls(**{**values, "protocol": rules, **chosen})
