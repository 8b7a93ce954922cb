"""The official packages that can be reproduced, and the peculiarities of each.

Messages call packages by these names. `official` stands for the one that belongs to the protocol
and the kind of IoU.
"""

from __future__ import annotations

import math

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.coco.protocol import AREA_LIMIT, Protocol

OFFICIAL = "official"
PYCOCOTOOLS = "pycocotools"
LVIS_PACKAGE = "lvis"
BOUNDARY_API = "boundary-iou-api"
CHALLENGE_2021 = "lvis-api lvis_challenge_2021"

COMPAT = {PYCOCOTOOLS: "coco", LVIS_PACKAGE: "lvis"}
"""Packages that can be named, and the protocol of each."""

PACKAGES = (PYCOCOTOOLS, LVIS_PACKAGE, BOUNDARY_API, CHALLENGE_2021)
"""All packages that are reproduced."""

OFFICIAL_BUCKETS = ("all", "small", "medium", "large")
"""The size buckets that the packages' own summaries know."""

MODES = (OFFICIAL, *COMPAT)
"""What `compat` can be."""


def package_of(protocol: Protocol, iou: str) -> str:
    """The official package of a protocol and a kind of IoU."""
    if protocol.name == "lvis-2021":
        return CHALLENGE_2021
    if iou == "boundary":
        return BOUNDARY_API
    return LVIS_PACKAGE if protocol.federated else PYCOCOTOOLS


def check_compat(compat: str | None, protocol: Protocol, ious: tuple[str, ...]) -> None:
    """Refuse a package that lacks the protocol, the kind of IoU or the size buckets.

    Raises:
        InputError: if the package lacks one of them.
    """
    if compat is not None and any(size.relative for size in protocol.sizes):
        raise InputError(
            "`sizes` relative to the image do not go with `compat`: the official packages know "
            "areas in pixels alone.",
            code="compat",
            option="sizes",
        )
    if compat is None or compat == OFFICIAL:
        return
    for iou in ious:
        package = package_of(protocol, iou)
        if package == compat:
            continue
        if package_of(protocol, "segm") != compat:
            reason = f"`compat={compat!r}` has the protocol {COMPAT[compat]}, not {protocol.name}."
        else:
            reason = f"{compat} has no IoU {iou!r}; `compat={OFFICIAL!r}` is as {package} there."
        raise InputError(reason, code="compat", option="compat")


@frozen
class CompatRules:
    """How an official package differs from the default mode.

    Attributes:
        package: its name, None for the default mode.
        uses_crowd: crowd regions absorb any number of predictions.
        uses_ignore: the ground truth's `ignore` field takes annotations out of the count.
        area_limit: upper end of the bucket "all", in pixels squared, which no bucket exceeds.
        ends_are_open: an area equal to the upper end of a size bucket is outside.
        zero_id_is_void: a match with annotation id 0 counts as a miss.
        first_record_decides: whether the first record has a box decides which area puts
            predictions into size buckets, and which field every record must have.
        draws_boxes: a box stands in for a missing mask.
        draws_short_parts: later parts of a polygon may have fewer than three points, and parts an
            odd number of coordinates, the last of which is left out.
        needs_fields: annotations must have `area` and `iscrowd`; boxes are read only where there
            are predictions.
        picks_by_id: annotations are looked up by id, so the last one of an id replaces the others;
            their `area` decides whether LVIS counts them.
        needs_lists: images must have LVIS's lists of negative and not exhaustive categories, and
            categories a `frequency` where fields are needed.
        cap_per_category: keys of numbers call the cap one of a category.
    """

    package: str | None
    uses_crowd: bool
    uses_ignore: bool
    area_limit: float
    ends_are_open: bool
    zero_id_is_void: bool
    first_record_decides: bool
    draws_boxes: bool
    draws_short_parts: bool
    needs_fields: bool
    picks_by_id: bool
    needs_lists: bool
    cap_per_category: bool

    @property
    def is_strict(self) -> bool:
        """Whether records that contradict each other are refused; a package scores them."""
        return self.package is None


def compat_rules(protocol: Protocol, iou: str, package: str | None) -> CompatRules:
    """The rules of a package, or of the default mode, for one kind of IoU.

    Boundary AP leaves annotations with `ignore` out of the count in both modes, as its package
    does. On LVIS files that package heeds crowd regions, and excludes the ends of size buckets.
    """
    by_boundary, is_package = iou == "boundary", package is not None
    return CompatRules(
        package=package,
        uses_crowd=protocol.uses_crowd or (by_boundary and package == BOUNDARY_API),
        uses_ignore=protocol.uses_ignore or by_boundary,
        area_limit=AREA_LIMIT if is_package else math.inf,
        ends_are_open=package == BOUNDARY_API and protocol.federated,
        zero_id_is_void=is_package,
        first_record_decides=is_package,
        draws_boxes=is_package,
        draws_short_parts=is_package,
        needs_fields=is_package,
        picks_by_id=is_package,
        needs_lists=package != BOUNDARY_API,
        cap_per_category=package == CHALLENGE_2021,
    )
