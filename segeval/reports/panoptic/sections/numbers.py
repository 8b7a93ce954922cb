"""The numbers of a model beside their intervals: what several sections show."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.comparison.intervals import Interval
from segeval.analysis.errors.panoptic_shares import PANOPTIC_KINDS
from segeval.analysis.key_paths import KeyPath
from segeval.reports.panoptic.gathered import Gathered, Model

GROUPS = ("all", "things", "stuff")
"""Groups of categories."""

TITLES = {
    "segmentation": "masks of true segments",
    "confusion": "wrong category",
    "false": "false segment",
    "missed": "missed segment",
}
"""Kinds of errors as tables and figures call them."""

LEGEND = (("a", "A"), ("b", "B"))
"""Roles and names of two models."""


def interval_of(model: Model, *path: object) -> Interval:
    """The interval of a number of PQ by its place in JSON; None without one."""
    return _ends(model.intervals.by_path.get(_key(path)))


def error_interval_of(model: Model, *path: object) -> Interval:
    """The interval of a share of errors by its place in JSON; None without one."""
    return _ends(model.error_intervals.by_path.get(_key(path)))


def kinds_in_order(found: Gathered, kind: str) -> Sequence[str]:
    """The kinds of errors, the costliest of the last model first."""
    shares = found.models[-1].errors.scores[kind].all.kinds
    return sorted(PANOPTIC_KINDS, key=lambda each: -(shares[each].share or 0.0))


def _key(path: tuple[object, ...]) -> KeyPath:
    key: KeyPath = path  # type: ignore[assignment]  # names and ids
    return key


def _ends(found: Sequence[float] | None) -> Interval:
    """Both ends of an interval."""
    return None if found is None else (found[0], found[1])
