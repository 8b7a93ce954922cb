"""Which values the rules of an evaluation may have, whoever gives them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, get_args

from segeval.errors import InputError
from segeval.host_arrays import holds_several
from segeval.metrics.boundary_settings import BoundarySettings
from segeval.metrics.choices import check_choice
from segeval.metrics.coco.caps import NO_LIMIT
from segeval.metrics.coco.greedy import MOST_THRESHOLDS
from segeval.metrics.coco.protocol import CapScope, Protocol
from segeval.metrics.kinds import KINDS
from segeval.metrics.sizes import wrong_bucket
from segeval.words import beginning

MOST_CAPS = 1000
"""Caps at a time: each takes a number per prediction."""

MOST_SHOWN = 6
"""Values that a message shows."""

FLAGS = (
    "federated", "uses_crowd", "uses_ignore", "agnostic", "removes_boxes", "skips_unknown",
)  # fmt: skip
"""The fields of a protocol that are True or False."""


def ordered_caps(max_dets: int | Sequence[int]) -> tuple[int, ...]:
    """Caps in increasing order, 0 (no limit) last.

    Raises:
        InputError: unless they are different whole numbers of 0 and more.
    """
    given: Any = max_dets
    caps = _several(given)
    if not caps or not all(map(_is_cap, caps)) or len(set(caps)) < len(caps):
        raise InputError(
            f"`max_dets={shown(given)}`: expected different whole numbers; 0 is no limit.",
            code="max-dets",
            option="max_dets",
        )
    if len(caps) > MOST_CAPS:
        raise InputError(
            f"`max_dets` has {len(caps):,} values, expected at most {MOST_CAPS:,}.",
            code="max-dets",
            option="max_dets",
        )
    return tuple(sorted(map(int, caps), key=lambda cap: cap or NO_LIMIT))


def ordered_thresholds(thresholds: float | Sequence[float]) -> tuple[float, ...]:
    """Thresholds in increasing order.

    Raises:
        InputError: unless they are different numbers above 0 and at most 1.
    """
    values: Any = thresholds
    given = _several(values)
    problem = ""
    if isinstance(values, str) or not all(isinstance(t, Real) for t in given):
        problem = "expected numbers."
    elif not given or not all(0 < threshold <= 1 for threshold in given):
        problem = "an IoU threshold must be above 0 and at most 1."
    elif len(given) > MOST_THRESHOLDS or len(set(given)) < len(given):
        problem = f"expected up to {MOST_THRESHOLDS} different thresholds, not {len(given)}."
    if problem:
        raise InputError(
            f"`thresholds={shown(values)}`: {problem}", code="thresholds", option="thresholds"
        )
    return tuple(sorted(map(float, given)))


def check_protocol(protocol: Protocol) -> None:
    """Refuse custom rules that no evaluation can follow.

    Raises:
        InputError: for a field with other values than `Protocol` describes.
    """
    if ordered_caps(protocol.max_dets) != tuple(protocol.max_dets):
        raise _wrong("max_dets", protocol.max_dets, "caps must rise, 0 (no limit) at the end")
    if ordered_thresholds(protocol.thresholds) != tuple(protocol.thresholds):
        raise _wrong("thresholds", protocol.thresholds, "thresholds must rise")
    check_choice("cap_scope", protocol.cap_scope, get_args(CapScope))
    check_choice("iou", protocol.iou, tuple(KINDS))
    for name in FLAGS:
        if not isinstance(getattr(protocol, name), bool):
            raise _wrong(name, getattr(protocol, name), "expected True or False")
    if (wrong := wrong_bucket(protocol.sizes)) is not None:
        raise _wrong("sizes", *wrong)
    BoundarySettings(protocol.boundary_ratio, protocol.boundary_px).pixels((1, 1))


def shown(values: Any) -> str:
    """The values given, as Python writes them; of many only the first."""
    if not holds_several(values):
        return beginning(repr(values), 40)
    texts = [f"{value:g}" if isinstance(value, float) else repr(value) for value in values]
    return f"[{', '.join(texts[:MOST_SHOWN])}{', ...' if texts[MOST_SHOWN:] else ''}]"


def _several(values: Any) -> list[Any]:
    """The values of an argument, also of a single one."""
    return list(values) if holds_several(values) else [values]


def _is_cap(value: Any) -> bool:
    """Whether a value is a whole number that may be a cap."""
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    return is_whole and 0 <= int(value) < NO_LIMIT


def _wrong(field: str, value: Any, expected: str) -> InputError:
    return InputError(
        f"`protocol`: {field} is {value!r}, {expected}.", code="protocol", option="protocol"
    )
