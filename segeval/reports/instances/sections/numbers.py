"""The numbers of a model beside their intervals: what several sections show."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.comparison.intervals import Interval
from segeval.analysis.key_paths import KeyPath
from segeval.reports.instances.gathered import Model


def interval_of(model: Model, *path: object) -> Interval:
    """The interval of a number by its place in JSON; None without one."""
    key: KeyPath = tuple(path)  # type: ignore[arg-type]  # names and ids
    return ends_of(model.intervals.by_path.get(key))


def ends_of(found: Sequence[float] | None) -> Interval:
    """Both ends of an interval."""
    return None if found is None else (found[0], found[1])
