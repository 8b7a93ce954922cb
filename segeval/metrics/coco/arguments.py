"""The user's arguments: checked, and put into the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from segeval.checks.ground_truth import lvis_gaps, not_cocofied
from segeval.checks.records import Records
from segeval.data import GroundTruth
from segeval.errors import InputError
from segeval.findings import raise_first
from segeval.frozen import frozen
from segeval.metrics.boundary_settings import boundary_settings
from segeval.metrics.choices import check_choice, check_flag, is_number, kinds_of_iou
from segeval.metrics.coco.compat import (
    COMPAT,
    MODES,
    OFFICIAL,
    check_compat,
    package_of,
)
from segeval.metrics.coco.object_areas import areas_that_count
from segeval.metrics.coco.protocol import PROTOCOLS, Protocol
from segeval.metrics.coco.request import Request
from segeval.metrics.coco.rule_values import (
    check_protocol,
    ordered_caps,
    ordered_thresholds,
    shown,
)
from segeval.metrics.size_quantiles import check_sizes, number_of_quantiles, quantile_buckets
from segeval.metrics.sizes import SizeBucket, buckets, names_quantiles

IOUS = ("segm", "boundary", "bbox")
"""Kinds of IoU."""


OTHER_PROTOCOLS = {
    "cityscapes": "cityscapes_ap",
    "openimages": "open_images_ap",
    "id-maps": "id_maps_ap",
}
"""Functions of protocols that do not read COCO's files."""

Chosen = int | str | Sequence[int | str] | None
"""Ids or names, or a single one."""


@frozen(kw_only=True)
class Arguments:
    """The arguments of `average_precision` that decide what is matched, as the caller gave them."""

    iou: str | Sequence[str] | None = None
    protocol: str | Protocol | None = None
    compat: str | None = None
    sizes: str | Sequence[SizeBucket | float] | None = None
    max_dets: int | Sequence[int] | None = None
    thresholds: float | Sequence[float] | None = None
    area_from: str | None = None
    boundary_ratio: float | None = None
    boundary_px: int | None = None
    categories: Chosen = None
    images: Chosen = None
    agnostic: bool = False
    min_score: float | None = None
    score_field: str = "score"
    skip_unknown: bool = False
    honour_ignore: bool = False

    def check(self) -> None:
        """Refuse impossible arguments before any file is read.

        Raises:
            InputError: for an unknown choice, or choices, sizes, caps or thresholds that no
                protocol can use.
        """
        if self.iou is not None:
            kinds_of_iou(self.iou, IOUS)
        for name in ("agnostic", "skip_unknown", "honour_ignore"):
            check_flag(name, getattr(self, name))
        check_choice("compat", self.compat, MODES)
        check_choice("area_from", self.area_from, ("mask", "bbox"))
        for name in ("area_from", "honour_ignore"):
            if self.compat is not None and getattr(self, name):
                raise InputError(
                    f"`{name}` does not go with `compat`: {self.compat} has its own rule.",
                    code="compat",
                    option=name,
                )
        if self.min_score is not None and not is_number(self.min_score):
            raise InputError(
                f"`min_score` is {self.min_score!r}, expected a number.",
                code="min-score",
                option="min_score",
            )
        if self.sizes is not None:
            check_sizes(self.sizes)
        if self.max_dets is not None:
            ordered_caps(self.max_dets)
        if self.thresholds is not None:
            ordered_thresholds(self.thresholds)

    def requests(self, gt: GroundTruth, every: GroundTruth | None = None) -> tuple[Request, ...]:
        """The request for every kind of IoU.

        Args:
            gt: the ground truth.
            every: of more images, if `gt` is a part of it: sizes may be quantiles of the whole.

        Raises:
            InputError: for settings that make no sense, or more quantiles than objects have areas.
            FormatError: if only part of the ground truth is in LVIS's format.
        """
        protocol = self._protocol(gt)
        ious = self._ious(protocol.iou)
        protocol = self._with_boundary(protocol, ious)
        check_compat(self.compat, protocol, ious)
        requests = tuple(self._request(protocol, kind) for kind in ious)
        if not names_quantiles(self.sizes):
            return requests
        whole = gt if every is None else every
        number = number_of_quantiles(self.sizes)
        sizes = quantile_buckets(areas_that_count(whole, requests[0]), number, whole.source)
        protocol = replace(protocol, sizes=sizes)
        return tuple(replace(request, protocol=protocol) for request in requests)

    def _request(self, protocol: Protocol, iou: str) -> Request:
        """The request for one kind of IoU, by the rules of the package to reproduce."""
        package = package_of(protocol, iou) if self.compat == OFFICIAL else self.compat
        return Request(
            protocol=protocol,
            iou=iou,
            compat=package,
            area_from=self.area_from,
            categories=several(self.categories, "categories"),
            images=several(self.images, "images"),
            min_score=None if self.min_score is None else float(self.min_score),
            skip_unknown=self.skip_unknown,
            honour_ignore=self.honour_ignore,
        )

    def _ious(self, default: str) -> tuple[str, ...]:
        """Kinds of IoU, each once."""
        if self.iou is None:
            return (default,)
        return (self.iou,) if isinstance(self.iou, str) else tuple(dict.fromkeys(self.iou))

    def _protocol(self, gt: GroundTruth) -> Protocol:
        """The protocol with the caller's settings in it."""
        protocol = named_protocol(self.protocol, self.compat, gt)
        agnostic = self.agnostic or protocol.agnostic
        if agnostic and protocol.federated:
            raise InputError(
                f"`agnostic` does not go with {protocol.name}: each image is annotated for some "
                "categories only.",
                code="agnostic",
                option="agnostic",
            )
        changes: dict[str, Any] = {"agnostic": agnostic}
        if self.sizes is not None and not names_quantiles(self.sizes):
            changes["sizes"] = buckets(self.sizes)
        if self.max_dets is not None:
            changes["max_dets"] = _caps(self.max_dets, protocol, self.compat)
        if self.thresholds is not None:
            changes["thresholds"] = ordered_thresholds(self.thresholds)
        return replace(protocol, **changes)

    def _with_boundary(self, protocol: Protocol, ious: Sequence[str]) -> Protocol:
        """The protocol with the width of boundaries asked for, if any."""
        if self.boundary_ratio is None and self.boundary_px is None:
            return protocol
        compared = "boundary" in ious
        width = boundary_settings(self.boundary_ratio, self.boundary_px, compared=compared)
        kept = protocol.boundary_ratio if width.ratio is None else width.ratio
        return replace(protocol, boundary_ratio=kept, boundary_px=width.px)


def named_protocol(
    protocol: str | Protocol | None, compat: str | None, gt: GroundTruth
) -> Protocol:
    """The protocol of that name, or the one that the ground truth's keys imply.

    Raises:
        InputError: if there is no such protocol.
        FormatError: if only part of the ground truth is in LVIS's format.
    """
    if isinstance(protocol, Protocol):
        check_protocol(protocol)
        return protocol
    if protocol is None:
        if compat is None:
            raise_first(lvis_gaps(Records(gt, gt)))
        of_file = "lvis" if gt.is_lvis else "coco"
        protocol = COMPAT.get(compat, of_file) if compat else of_file
    name: Any = protocol
    if isinstance(name, str) and name in OTHER_PROTOCOLS:
        raise InputError(
            f"`protocol` is {protocol!r}, which reads other files: use "
            f"segeval.{OTHER_PROTOCOLS[protocol]}.",
            code="protocol",
            option="protocol",
        )
    check_choice("protocol", protocol, tuple(PROTOCOLS))
    if protocol == "ap-star":
        raise_first(not_cocofied(Records(gt, gt)))
    return PROTOCOLS[protocol]


def several(chosen: Chosen, name: str) -> tuple[int | str, ...] | None:
    """Ids or names as a tuple."""
    if chosen is None:
        return None
    several = (chosen,) if isinstance(chosen, int | str) else tuple(chosen)
    if not several:
        raise InputError(
            f"`{name}` is empty, expected ids or names, or None for all.", code=name, option=name
        )
    return several


def _caps(max_dets: int | Sequence[int], protocol: Protocol, compat: str | None) -> tuple[int, ...]:
    """Caps in increasing order, 0 (no limit) last."""
    caps = ordered_caps(max_dets)
    package = package_of(protocol, "segm")
    needs = ""
    if compat is not None and not protocol.federated and (len(caps) != 3 or 0 in caps):
        needs = f"{package} needs three caps of at least 1"
    if compat is not None and protocol.federated and len(caps) != 1:
        needs = f"{package} has a single cap"
    if needs:
        raise InputError(f"`max_dets={shown(caps)}`: {needs}.", code="max-dets", option="max_dets")
    return caps
