"""What the user asks for: checked, and put into the protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from segeval.data import GroundTruth
from segeval.errors import FormatError, InputError
from segeval.kernels.threads import thread_count
from segeval.metrics.boundary_settings import boundary_settings
from segeval.metrics.coco.compat import COMPAT, MODES, package_of
from segeval.metrics.coco.matching import MOST_THRESHOLDS
from segeval.metrics.coco.protocol import PROTOCOLS, Protocol
from segeval.metrics.sizes import SizeBucket, buckets

IOUS = ("segm", "boundary", "bbox")
"""Kinds of IoU."""


def check_choices(
    ious: Sequence[str] | None,
    compat: str | None,
    area_from: str | None,
    workers: int | None,
    *,
    honour_ignore: bool,
) -> None:
    """Refuse names that are not among the choices, and choices that exclude each other.

    Args:
        ious: kinds of IoU, None for the protocol's.
        compat: as in `average_precision`, like the others.
        area_from: likewise.
        workers: likewise.
        honour_ignore: likewise.

    Raises:
        InputError: for a choice that does not exist or does not go with another.
    """
    for value, name, choices in (
        *((kind, "iou", IOUS) for kind in ious or ()),
        (compat, "compat", MODES),
        (area_from, "area_from", ("mask", "bbox")),
    ):
        if value is not None and value not in choices:
            raise InputError(
                f"{name} is {value!r}, expected one of {', '.join(choices)}", code=name
            )
    if ious is not None and not ious:
        raise InputError(f"iou is empty, expected some of {', '.join(IOUS)}", code="iou")
    thread_count(workers, 1)  # refuses what is no number of threads
    if compat is not None and area_from is not None:
        raise InputError(
            f"area_from cannot be chosen with compat: {compat} has a rule of its own", code="compat"
        )
    if compat is not None and honour_ignore:
        raise InputError(
            f"honour_ignore cannot be chosen with compat: {compat} has a rule of its own",
            code="compat",
        )


def protocol_with(
    gt: GroundTruth,
    protocol: str | Protocol | None,
    compat: str | None,
    sizes: str | Sequence[SizeBucket | float] | None,
    max_dets: int | Sequence[int] | None,
    thresholds: float | Sequence[float] | None,
    *,
    agnostic: bool,
) -> Protocol:
    """The protocol with the user's settings in it.

    Args:
        gt: the ground truth, which says what the protocol is if the user does not.
        protocol: as in `average_precision`, like the others.
        compat: likewise.
        sizes: likewise.
        max_dets: likewise.
        thresholds: likewise.
        agnostic: likewise.

    Raises:
        InputError: for settings that make no sense.
        FormatError: if the ground truth is LVIS's in part.
    """
    if protocol is None and compat is None and gt.lvis_gap:
        raise FormatError(
            f"{gt.source}: some records have LVIS keys, but {gt.lvis_gap}. Complete the file, or "
            "choose --protocol coco.",
            code="half-lvis",
            path=gt.source,
        )
    if protocol is None:
        of_file = "lvis" if gt.is_lvis else "coco"
        protocol = COMPAT.get(compat, of_file) if compat else of_file
    if isinstance(protocol, str):
        if protocol not in PROTOCOLS:
            raise InputError(
                f"protocol is {protocol!r}, expected one of {', '.join(PROTOCOLS)}",
                code="protocol",
            )
        protocol = PROTOCOLS[protocol]
    agnostic = agnostic or protocol.agnostic
    if agnostic and protocol.federated:
        raise InputError(
            f"agnostic does not go with {protocol.name}: each image is annotated for some "
            "categories only",
            code="agnostic",
        )
    if sizes is not None:
        protocol = replace(protocol, sizes=buckets(sizes))
    if max_dets is not None:
        protocol = replace(protocol, max_dets=_caps(max_dets, protocol, compat))
    if thresholds is not None:
        protocol = replace(protocol, thresholds=_thresholds(thresholds))
    return replace(protocol, agnostic=agnostic)


def with_boundary(
    protocol: Protocol, ious: Sequence[str], ratio: float | None, px: int | None
) -> Protocol:
    """The protocol with the width of boundaries that the user asks for, if any.

    Args:
        protocol: whose width is taken if none is asked for.
        ious: kinds of IoU.
        ratio: as `boundary_ratio` in `average_precision`.
        px: as `boundary_px` there.

    Raises:
        InputError: for a width that makes no sense, or where no boundaries are compared.
    """
    if ratio is None and px is None:
        return protocol
    width = boundary_settings(ratio, px, compared="boundary" in ious)
    kept = protocol.boundary_ratio if width.ratio is None else width.ratio
    return replace(protocol, boundary_ratio=kept, boundary_px=width.px)


def _caps(max_dets: int | Sequence[int], protocol: Protocol, compat: str | None) -> tuple[int, ...]:
    """Caps in increasing order, 0 (no limit) last."""
    given: Any = max_dets
    caps = (given,) if isinstance(given, int | float | str) else tuple(given)
    whole = all(isinstance(cap, int) and cap >= 0 for cap in caps)
    if not caps or not whole or len(set(caps)) < len(caps):
        raise InputError(
            f"max_dets is {', '.join(map(repr, caps)) or 'empty'}, expected different whole "
            "numbers of 0 and more",
            code="max-dets",
        )
    package = package_of(protocol, "segm")
    if compat is not None and not protocol.federated and (len(caps) != 3 or 0 in caps):
        raise InputError(
            f"max_dets is {', '.join(map(str, caps))}: {package} needs three caps of 1 and more",
            code="max-dets",
        )
    if compat is not None and protocol.federated and len(caps) != 1:
        raise InputError(f"max_dets: {package} has a single cap", code="max-dets")
    return tuple(sorted(caps, key=lambda cap: cap or float("inf")))


def _thresholds(thresholds: float | Sequence[float]) -> tuple[float, ...]:
    """Thresholds in increasing order."""
    values: Any = thresholds
    given = [values] if isinstance(values, int | float) else list(values)
    if isinstance(values, str) or not all(isinstance(t, int | float) for t in given):
        raise InputError(f"thresholds is {thresholds!r}, expected numbers", code="thresholds")
    ordered = tuple(sorted(float(threshold) for threshold in given))
    if not ordered or not all(0 < threshold <= 1 for threshold in ordered):
        raise InputError(
            f"thresholds are {', '.join(map(str, given)) or 'empty'}, expected numbers above "
            "0 and up to 1",
            code="thresholds",
        )
    if len(ordered) > MOST_THRESHOLDS or len(set(ordered)) < len(ordered):
        raise InputError(
            f"{len(ordered)} thresholds, expected up to {MOST_THRESHOLDS} different ones",
            code="thresholds",
        )
    return ordered
