"""The official packages that can be reproduced, and what is peculiar to each.

Names of packages are what messages call them. `official` stands for the one that belongs to the
protocol and the kind of IoU.
"""

from __future__ import annotations

from dataclasses import replace

from segeval.errors import InputError
from segeval.metrics.coco.protocol import Protocol

OFFICIAL = "official"
PYCOCOTOOLS = "pycocotools"
LVIS_PACKAGE = "lvis"
BOUNDARY_API = "boundary-iou-api"
CHALLENGE_2021 = "lvis-api lvis_challenge_2021"

COMPAT = {PYCOCOTOOLS: "coco", LVIS_PACKAGE: "lvis"}
"""Packages that can be named, and the protocol of each."""

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
    """Refuse a package that does not have the protocol or the kind of IoU.

    Raises:
        InputError: if the package is another one's.
    """
    if compat is None or compat == OFFICIAL:
        return
    for iou in ious:
        package = package_of(protocol, iou)
        if package == compat:
            continue
        if package_of(protocol, "segm") != compat:
            reason = f"compat {compat} has the protocol {COMPAT[compat]}, not {protocol.name}"
        else:
            reason = f"{compat} has no IoU {iou!r}; with {OFFICIAL!r} that is as {package}"
        raise InputError(reason, code="compat")


def rules_for(protocol: Protocol, iou: str, package: str | None) -> Protocol:
    """The rules for one kind of IoU, as one package has them.

    Boundary AP leaves annotations with `ignore` out of the count, as its package does. On LVIS
    files that package knows crowd regions, too.
    """
    if iou != "boundary":
        return protocol
    crowd = protocol.uses_crowd or package == BOUNDARY_API
    return replace(protocol, uses_ignore=True, uses_crowd=crowd)


def ends_are_exclusive(protocol: Protocol, package: str | None) -> bool:
    """Whether an area equal to the upper end of a size bucket is outside: a slip of one package."""
    return package == BOUNDARY_API and protocol.federated


def needs_lists(package: str | None) -> bool:
    """Whether LVIS's lists of negative and not exhaustive categories have to be there."""
    return package != BOUNDARY_API
