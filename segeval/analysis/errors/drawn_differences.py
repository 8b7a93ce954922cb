"""Intervals and tests of the differences of two models, from images that both share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.analysis.comparison.intervals import Interval, centred_intervals
from segeval.analysis.comparison.models import (
    Draws,
    Model,
    check_alike,
    replicates,
    swapped_differences,
)
from segeval.analysis.comparison.options import check_numbers
from segeval.analysis.comparison.own_intervals import (
    drawn_units,
    intervals_by_path,
    too_few_units,
)
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.errors.kind_tests import TOO_FEW, KindTest, kind_tests
from segeval.analysis.errors.options import Resampling
from segeval.analysis.errors.pair import Pair, pair_of
from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.resampled import resampled
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress
from segeval.metrics.result import Result


@frozen
class Drawn:
    """What draws and swaps of images tell of differences, by the place of their number in JSON.

    Attributes:
        intervals: None where there is none.
        tests: of the families that were tested.
    """

    intervals: Mapping[KeyPath, Interval]
    tests: Mapping[KeyPath, KindTest]


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


def drawn_differences(
    models: Sequence[Model],
    asked: Resampling | None,
    gt: Any,
    families: Sequence[Sequence[KeyPath]],
    workers: int | None,
) -> tuple[Drawn | None, tuple[Note, ...]]:
    """Intervals and tests of differences, and notes on intervals that there are not.

    Args:
        models: both, on the same images.
        asked: how images are drawn; None for no intervals.
        gt: ground truth, where groups are a field of its images.
        families: places in JSON of what each kind of errors costs, a family of tests each.
        workers: threads, None for all cores.
    """
    if asked is None:
        return None, ()
    run, other = (model.first for model in models)
    check_numbers(asked.resamples, len(run.paths))
    units, on_groups = drawn_units(run, asked.groups, gt)
    if len(units) < FEWEST_IMAGES:
        too_few = too_few_units(len(units), grouped=asked.groups is not None)
        untested = {path: TOO_FEW for family in families for path in family}
        return Drawn({}, untested), (*on_groups, too_few)
    draws = Draws(units, asked.seed, asked.resamples)
    own, its = replicates(models, draws, workers=workers)
    found = centred_intervals(other.numbers()[0] - run.numbers()[0], its - own)
    by_path, notes = intervals_by_path(run, found)
    intervals: dict[KeyPath, Interval] = {
        path: None if ends is None else (ends[0], ends[1]) for path, ends in by_path.items()
    }
    tests: dict[KeyPath, KindTest] = {}
    columns = [run.paths.index(path) for family in families for path in family]
    unswapped, swapped = swapped_differences(run, other, draws, columns=columns, workers=workers)
    start = 0
    for family in families:
        at = slice(start, start + len(family))
        of_family = [intervals[path] for path in family]
        found_here = kind_tests(unswapped[at], swapped[:, at], of_family, len(units))
        tests |= dict(zip(family, found_here, strict=True))
        start = at.stop
    return Drawn(intervals, tests), (*on_groups, *notes)


def pair_at(drawn: Drawn | None, a: float | None, b: float | None, *path: int | str) -> Pair:
    """A number of two models by its place, with its interval and its test if there are any."""
    if drawn is None:
        return pair_of(a, b)
    return pair_of(a, b, drawn.intervals.get(path), drawn.tests.get(path))


def half_of(on_progress: OnProgress | None, place: int) -> OnProgress | None:
    """The progress of the first or the second of two equal parts."""
    if on_progress is None:
        return None
    return lambda done, total: on_progress(done + place * total, 2 * total)
