"""Section 4: AP of parts of the images."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.comparison.scores import SliceScores
from segeval.reports.instances.gathered import Gathered
from segeval.reports.instances.sections.lost import lost_most
from segeval.reports.number_cells import (
    DIFFERENCE,
    change_on_line,
    difference_cells,
    line_of_changes,
    on_line,
    reach_of,
)
from segeval.reports.page_table import Cell, Column, PageTable, cell, column, name_of
from segeval.reports.wording import ap_at, between
from segeval.words import counted

CAPTION = "AP by slice of the images, in %"


def slices_table(found: Gathered, kind: str) -> PageTable | None:
    """A row per part of the images; None without any.

    Args:
        found: the results.
        kind: of IoU.
    """
    if found.comparison is not None:
        slices = found.comparison.scores.pairs[0].slices
        return _of_two(found, kind, slices) if slices else None
    if not found.slices:
        return None
    return _of_one(found, kind) if len(found.models) == 1 else _of_each(found, kind)


def _of_one(found: Gathered, kind: str) -> PageTable:
    """The numbers of one model, and to what it loses most."""
    model, slices = found.first, found.slices[0]
    costs = {each.name: each for each in model.errors.scores[kind].slices}
    rows = []
    for own in slices:
        ap, interval = own.numbers[kind, "ap"], own.intervals[kind, "ap"]
        rows.append((
            Cell(name_of(own.name)), cell(own.images, "count"), cell(costs[own.name].gt, "count"),
            cell(ap), Cell(between(interval) or "-"), on_line(ap, interval),
            cell(own.numbers.get((kind, "ap50"))), cell(own.numbers.get((kind, "ap75"))),
            cell(own.numbers.get((kind, "ar"))), lost_most(costs[own.name].lost),
        ))  # fmt: skip
    fields = (
        *_beginning(), column("AP"), column("95 % interval", "number"),
        Column("0 to 100", is_strip=True), column("AP50"), column("AP75"), column("AR"),
        column("loses most to", "text", f"points of {ap_at(model.at)} lost to one kind of error"),
    )  # fmt: skip
    below = _unlabelled(found, sum(each.images for each in slices))
    return PageTable(CAPTION, fields, tuple(rows), is_sortable=True, below=below)


def _of_two(found: Gathered, kind: str, slices: Sequence[SliceScores]) -> PageTable:
    """The numbers of two models, and their difference."""
    costs = {each.name: each for each in found.first.errors.scores[kind].slices}
    differences = [own.differences[kind, "ap"] for own in slices]
    reach = reach_of(differences)
    rows = []
    for own, difference in zip(slices, differences, strict=True):
        *numbers, verdict = difference_cells(difference)
        rows.append((
            Cell(name_of(own.name)), cell(own.images, "count"), cell(costs[own.name].gt, "count"),
            cell(difference.a), cell(difference.b), *numbers, change_on_line(difference, reach),
            verdict,
        ))  # fmt: skip
    fields = (
        *_beginning(), column("AP A"), column("AP B"), *DIFFERENCE[:2],
        line_of_changes(reach), DIFFERENCE[2],
    )  # fmt: skip
    below = _unlabelled(found, sum(each.images for each in slices))
    return PageTable(CAPTION, fields, tuple(rows), is_sortable=True, below=below)


def _of_each(found: Gathered, kind: str) -> PageTable:
    """The numbers of two models on too few images to compare them."""
    costs = {each.name: each for each in found.first.errors.scores[kind].slices}
    rows = tuple(
        (
            Cell(name_of(a.name)), cell(a.images, "count"), cell(costs[a.name].gt, "count"),
            cell(a.numbers[kind, "ap"]), cell(b.numbers[kind, "ap"]),
        )
        for a, b in zip(*found.slices, strict=True)
    )  # fmt: skip
    below = _unlabelled(found, sum(each.images for each in found.slices[0]))
    fields = (*_beginning(), column("AP A"), column("AP B"))
    return PageTable(CAPTION, fields, rows, is_sortable=True, below=below)


def _beginning() -> tuple[Column, ...]:
    """The first columns."""
    return column("slice", "text"), column("images", "count"), column("objects", "count")


def _unlabelled(found: Gathered, labelled: int) -> str:
    """A sentence on images that are in no slice; "" for none."""
    without = len(found.first.ap.matches.image_ids) - labelled
    if not without:
        return ""
    has = counted(without, "image has no label and is", "images have no label and are")
    return f"{has} in no slice."
