"""Parts of the images: their numbers, and the table of them on a page of any family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from segeval.analysis.comparison.compare import compare_drawn
from segeval.analysis.comparison.own_intervals import ResultIntervals
from segeval.analysis.comparison.own_slices import SliceNumbers, observed_by_slice, slice_numbers
from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.scores import SliceScores
from segeval.analysis.key_paths import KeyPath
from segeval.frozen import frozen
from segeval.metrics.result import Result
from segeval.reports.asked import Asked
from segeval.reports.number_cells import (
    DIFFERENCE,
    change_on_line,
    costliest,
    difference_cells,
    line_of_changes,
    on_line,
    reach_of,
)
from segeval.reports.page_table import Cell, Column, PageTable, cell, column, name_of
from segeval.reports.wording import between
from segeval.words import counted

Numbers = tuple[tuple[SliceNumbers, ...], ...]
"""Of each model on parts of the images; empty without slices, or where there is a comparison."""


@frozen
class SliceColumns:
    """What the table of slices shows.

    Attributes:
        path: of the main number, by its place in JSON.
        name: of the main number.
        others: further numbers of one model, by their places.
        counts: title of what is counted in each slice, and the counts by the names of slices.
        last: the last column of one model, and its cells by the names of slices.
    """

    path: KeyPath
    name: str
    others: Mapping[KeyPath, str] = field(default_factory=dict)
    counts: tuple[str, Mapping[str, int]] | None = None
    last: tuple[Column, Mapping[str, Cell]] | None = None

    @property
    def beginning(self) -> tuple[Column, ...]:
        """The first columns."""
        more = [] if self.counts is None else [column(self.counts[0], "count")]
        return column("slice", "text"), column("images", "count"), *more

    def cells(self, own: SliceNumbers | SliceScores) -> tuple[Cell, ...]:
        """The first cells of a slice."""
        more = [] if self.counts is None else [cell(self.counts[1][own.name], "count")]
        return Cell(name_of(own.name)), cell(own.images, "count"), *more


def numbers_of_slices(results: Sequence[Result[Any]], asked: Asked) -> Numbers:
    """The numbers of each model on parts of the images; none without slices.

    Args:
        results: of one model or of two.
        asked: what the page is asked for.
    """
    options = asked.options
    if options.slices is None:
        return ()
    return tuple(
        slice_numbers(
            each, options.slices, resamples=options.resamples, seed=options.seed,
            groups=options.groups, gt=asked.gt, workers=asked.workers,
        )
        for each in results
    )  # fmt: skip


def errors_of_slices(result: Result[Any], asked: Asked) -> tuple[SliceNumbers, ...]:
    """What errors cost one model on parts of the images; nothing without slices.

    Args:
        result: of an analysis of errors.
        asked: what the page is asked for.
    """
    source = asked.options.slices
    if source is None:
        return ()
    return observed_by_slice(result, source, gt=asked.gt, workers=asked.workers)


def lost_by_slice(
    slices: Sequence[SliceNumbers], kinds: KeyPath, titles: Mapping[str, str], number: str
) -> tuple[Column, Mapping[str, Cell]] | None:
    """The column of what slices lose most to; None without slices.

    Args:
        slices: what errors cost, from `errors_of_slices`.
        kinds: where the shares of all kinds are in JSON.
        titles: what kinds are called.
        number: from which errors take.
    """
    if not slices:
        return None
    about = f"points of {number} lost to one kind of error"
    return column("loses most to", "text", about), {
        own.name: costliest({kind: own.numbers[(*kinds, kind, "share")] for kind in titles}, titles)
        for own in slices
    }


def compared(
    intervals: Sequence[ResultIntervals], asked: Asked
) -> tuple[Comparison | None, Numbers]:
    """The comparison of two models; where images, or groups of them, are too few, only numbers.

    Args:
        intervals: of the numbers of both, from the same draws.
        asked: what the page is asked for.

    Returns:
        The comparison, None where there is none; and, in its place, the numbers of both on parts of
        the images.
    """
    (a, b), options = intervals, asked.options
    if not len(a.replicates):
        return None, numbers_of_slices([a.result, b.result], asked)
    comparison = compare_drawn(
        a, b, asked.gt, margin=options.margin, groups=options.groups, slices=options.slices,
        workers=asked.workers,
    )  # fmt: skip
    return comparison, ()


def slices_table(
    shown: SliceColumns, numbers: Numbers, comparison: Comparison | None, images: int
) -> PageTable | None:
    """A row per part of the images; None without any.

    Args:
        shown: what it shows.
        numbers: of each model, where there is no comparison.
        comparison: of two models; None without.
        images: how many there are, in slices or not.
    """
    slices: Sequence[SliceNumbers | SliceScores]
    if comparison is not None:
        slices = comparison.scores.pairs[0].slices
        columns, rows = _compared(shown, comparison.scores.pairs[0].slices)
    elif len(numbers) == 1:
        [slices] = numbers
        columns, rows = _of_one(shown, numbers[0])
    elif numbers:
        slices = numbers[0]
        columns, rows = _of_each(shown, numbers)
    else:
        return None
    if not slices:
        return None
    return PageTable(
        f"{shown.name} by slice of the images, in %",
        columns,
        tuple(rows),
        is_sortable=True,
        below=_unlabelled(images - sum(each.images for each in slices)),
    )


Rows = tuple[tuple[Column, ...], list[tuple[Cell, ...]]]


def _of_one(shown: SliceColumns, slices: Sequence[SliceNumbers]) -> Rows:
    """The numbers of one model."""
    rows = []
    for own in slices:
        value, interval = own.numbers[shown.path], own.intervals[shown.path]
        rows.append((
            *shown.cells(own), cell(value), Cell(between(interval) or "-"),
            on_line(value, interval), *(cell(own.numbers.get(path)) for path in shown.others),
            *([] if shown.last is None else [shown.last[1][own.name]]),
        ))  # fmt: skip
    columns = (
        *shown.beginning, column(shown.name), column("95 % interval", "number"),
        Column("0 to 100", is_strip=True), *map(column, shown.others.values()),
        *([] if shown.last is None else [shown.last[0]]),
    )  # fmt: skip
    return columns, rows


def _compared(shown: SliceColumns, slices: Sequence[SliceScores]) -> Rows:
    """The numbers of two models, and their difference."""
    differences = [own.differences[shown.path] for own in slices]
    reach = reach_of(differences)
    rows = []
    for own, difference in zip(slices, differences, strict=True):
        *numbers, verdict = difference_cells(difference)
        rows.append((
            *shown.cells(own), cell(difference.a), cell(difference.b), *numbers,
            change_on_line(difference, reach), verdict,
        ))  # fmt: skip
    columns = (
        *shown.beginning, column(f"{shown.name} A"), column(f"{shown.name} B"), *DIFFERENCE[:2],
        line_of_changes(reach), DIFFERENCE[2],
    )  # fmt: skip
    return columns, rows


def _of_each(shown: SliceColumns, numbers: Numbers) -> Rows:
    """The numbers of two models on too few images to compare them."""
    rows = [
        (*shown.cells(a), cell(a.numbers[shown.path]), cell(b.numbers[shown.path]))
        for a, b in zip(*numbers, strict=True)
    ]
    return (*shown.beginning, column(f"{shown.name} A"), column(f"{shown.name} B")), rows


def _unlabelled(images: int) -> str:
    """A sentence on images that are in no slice; "" for none."""
    if not images:
        return ""
    has = counted(images, "image has no label and is", "images have no label and are")
    return f"{has} in no slice."
