"""Intervals of the differences of two models, from draws of images that both share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.analysis.comparison.intervals import Interval, centred_intervals
from segeval.analysis.comparison.models import Draws, Model, check_alike, replicates
from segeval.analysis.comparison.options import check_numbers
from segeval.analysis.comparison.own_intervals import (
    drawn_units,
    intervals_by_path,
    too_few_units,
)
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.errors.options import Resampling
from segeval.analysis.errors.pair import NO_INTERVAL
from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.resampled import resampled
from segeval.errors import Note
from segeval.kernels.threads import OnProgress
from segeval.metrics.result import Result

Intervals = Mapping[KeyPath, Interval]
"""Intervals of differences by the place of their number in JSON, None where there is none."""


def two_models(first: Result[Any], second: Result[Any]) -> tuple[Model, Model]:
    """Two results that are compared.

    Raises:
        MismatchError: if they are of other images, or have other numbers.
    """
    a, b = (
        Model(letter, (each,), (resampled(each),))
        for letter, each in zip("AB", (first, second), strict=True)
    )
    check_alike((a, b))
    return a, b


def inputs_of_two(first: Result[Any], second: Result[Any]) -> dict[str, Any]:
    """The files of two results on one ground truth."""
    return {
        "a": first.inputs["preds"],
        "b": second.inputs["preds"],
        "gt": first.inputs["gt"],
    }


def difference_intervals(
    models: Sequence[Model], asked: Resampling | None, gt: Any, workers: int | None
) -> tuple[Intervals | None, tuple[Note, ...]]:
    """Intervals of the differences by place in JSON, and notes on those that there are not.

    Args:
        models: both, on the same images.
        asked: how images are drawn; None for no intervals.
        gt: ground truth, where groups are a field of its images.
        workers: threads, None for all cores.
    """
    if asked is None:
        return None, ()
    run, other = (model.first for model in models)
    check_numbers(asked.resamples, len(run.paths))
    units, on_groups = drawn_units(run, asked.groups, gt)
    if len(units) < FEWEST_IMAGES:
        too_few = too_few_units(len(units), grouped=asked.groups is not None)
        return {}, (*on_groups, too_few)
    own, its = replicates(models, Draws(units, asked.seed, asked.resamples), workers=workers)
    found = centred_intervals(other.numbers()[0] - run.numbers()[0], its - own)
    by_path, notes = intervals_by_path(run, found)
    return {path: None if ends is None else (ends[0], ends[1]) for path, ends in by_path.items()}, (
        *on_groups,
        *notes,
    )


def interval_at(intervals: Intervals | None, *path: int | str) -> Interval | tuple[()]:
    """The interval of a number by its place; of none `NO_INTERVAL`."""
    return NO_INTERVAL if intervals is None else intervals.get(path)


def half_of(on_progress: OnProgress | None, place: int) -> OnProgress | None:
    """The progress of the first or the second of two equal parts."""
    if on_progress is None:
        return None
    return lambda done, total: on_progress(done + place * total, 2 * total)
