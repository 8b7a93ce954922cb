"""Rows and images that a caller wants curves of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from segeval.errors import InputError, ShapeError
from segeval.metrics.coco.curves import Groups
from segeval.metrics.coco.protocol import Protocol
from segeval.metrics.coco.rule_values import ordered_caps, shown


def mask_of(chosen: ArrayLike, length: int, name: str) -> NDArray[np.bool_]:
    """A part of the rows or images as a mask, bool, shape (length,).

    Args:
        chosen: a mask, or places.
        length: number of rows or images.
        name: name of the argument.

    Raises:
        ShapeError: if it is neither.
    """
    try:
        given = np.asarray(chosen)
    except ValueError:  # lists of several lengths
        given = np.empty((0, 0))
    if given.dtype == np.bool_ and given.shape == (length,):
        return given
    if given.ndim != 1 or not (given.dtype.kind in "iu" or given.size == 0):
        raise ShapeError(
            f"`{name}` has shape {given.shape} of {given.dtype}, expected bool of shape "
            f"({length},), or places",
            code=name,
            option=name,
        )
    outside = given[(given < 0) | (given >= length)]
    if outside.size:
        raise ShapeError(
            f"`{name}` has the place {outside[0]}, expected places from 0 to {length - 1}",
            code=name,
            option=name,
        )
    mask = np.zeros(length, np.bool_)
    mask[given.astype(np.int64)] = True
    return mask


def caps_to_count(max_dets: int | Sequence[int] | None, protocol: Protocol) -> tuple[int, ...]:
    """The caps to compute curves under, by default those of the protocol.

    Raises:
        InputError: unless they are different whole numbers of at least 0; for a cap beyond the
            protocol's, if predictions beyond that are not kept.
    """
    if max_dets is None:
        return protocol.max_dets
    caps = ordered_caps(max_dets)
    largest = protocol.max_dets[-1]
    if largest and protocol.cap_scope != "category" and (not caps[-1] or caps[-1] > largest):
        raise InputError(
            f"`max_dets={shown(caps)}`: predictions beyond {largest} per {protocol.cap_scope} "
            "were not matched. Match with a larger cap.",
            code="max-dets",
            option="max_dets",
        )
    return caps


def check_groups(groups: Groups, rows: int, gts: int) -> None:
    """Refuse groups that do not fit the matches.

    Args:
        groups: predictions that share a curve.
        rows: number of predictions matched.
        gts: number of ground truths matched.

    Raises:
        ShapeError: for a place outside, or offsets that do not rise over all rows.
    """
    offsets, number = groups.offsets, len(groups.offsets) - 1
    for values, low, high in ((groups.rows, 0, rows), (groups.gt_group, -1, number)):
        outside = values[(values < low) | (values >= high)]
        if len(outside):
            raise _wrong_groups(
                f"has the place {outside[0]}, expected places from {low} to {high - 1}"
            )
    if number < 0 or offsets[0] != 0 or offsets[-1] != len(groups.rows):
        ends = f"from {offsets[0]} to {offsets[-1]}" if len(offsets) else "without an entry"
        raise _wrong_groups(f"has offsets {ends}, expected from 0 to {len(groups.rows)}, its rows")
    if (offsets[1:] < offsets[:-1]).any():
        raise _wrong_groups(f"has offsets {shown(offsets.tolist())}, expected ones that never fall")
    if len(groups.gt_group) != gts:
        raise _wrong_groups(f"has {len(groups.gt_group)} ground truths, expected all {gts}")


def _wrong_groups(problem: str) -> ShapeError:
    """The error for groups that do not fit."""
    return ShapeError(f"`groups` {problem}", code="groups", option="groups")
