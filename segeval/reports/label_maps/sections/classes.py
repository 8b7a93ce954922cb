"""Section 4: IoU by class, and which classes are taken for which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from segeval.analysis.errors.confusion import ConfusedPair
from segeval.frozen import frozen
from segeval.metrics.semantic.scores import CategoryScores
from segeval.reports.label_maps.gathered import Gathered, Model
from segeval.reports.label_maps.sections.kinds import ORDER
from segeval.reports.number_cells import (
    DIFFERENCE,
    change_on_line,
    costliest,
    difference_at,
    difference_cells,
    line_of_changes,
    on_line,
    reach_of,
    tested_first,
)
from segeval.reports.page_table import Cell, Column, PageTable, cell, column, name_of
from segeval.reports.slices import SliceColumns, lost_by_slice, slices_table
from segeval.reports.wording import between, interval_at
from segeval.words import percent

SLICES = SliceColumns(
    ("miou",), "mIoU", {("pixel_accuracy",): "pixel accuracy", ("mean_accuracy",): "mean accuracy"}
)
"""What there is to say of parts of the images."""


@frozen
class ClassesSection:
    """IoU of parts of the pixels.

    Attributes:
        classes: a row per class.
        groups: a row per group of classes; None where there are no groups.
        confusions: of every model, the pairs of classes that most pixels are confused in.
        slices: a row per part of the images; None without.
    """

    classes: PageTable
    groups: PageTable | None
    confusions: tuple[PageTable, ...]
    slices: PageTable | None


def classes_section(found: Gathered) -> ClassesSection:
    """IoU by class, of one model or of two."""
    return ClassesSection(
        classes=_of_one(found.first) if len(found.models) == 1 else _of_two(found),
        groups=_groups(found),
        confusions=tuple(_confusion(model) for model in found.models if model.confusion),
        slices=_slices(found),
    )


def _slices(found: Gathered) -> PageTable | None:
    """Mean IoU of parts of the images; None without any."""
    last = lost_by_slice(found.slice_errors, ("kinds",), {kind: kind for kind in ORDER}, "mIoU")
    shown = replace(SLICES, last=last)
    return slices_table(shown, found.slices, found.comparison, len(found.first.pairs))


Rank = tuple[bool, bool, float, int]
"""What classes are sorted by."""


def _rank(each: CategoryScores) -> Rank:
    """The lowest IoU first, then classes that are only predicted, those without pixels last."""
    return each.iou is None, not each.pixels, each.iou or 0.0, -each.pixels


def _of_one(model: Model) -> PageTable:
    """One row per class, worst first."""
    scores = model.miou.scores
    shares = {each.id: each.kinds for each in model.errors.scores.categories}
    taken = _taken_for(model)
    beside = _beside(model)
    rows = []
    for own in sorted(scores.categories, key=_rank):
        interval = interval_at(model.intervals, "categories", own.id, "iou")
        costs = {kind: shares[own.id][kind].share for kind in ORDER}
        most = costliest(costs, {kind: kind for kind in ORDER})
        rows.append((
            Cell(name_of(own.name)), cell(own.pixels, "count"), cell(own.iou),
            Cell(between(interval) or "-"), on_line(own.iou, interval), cell(own.accuracy),
            *(cell(values.get(own.id)) for values in beside.values()), most,
            Cell(taken.get(own.id, "-")),
        ))  # fmt: skip
    fields = (
        column("class", "text"), column("true pixels", "count"), column("IoU"),
        column("95 % interval", "number"), Column("0 to 100", is_strip=True), column("accuracy"),
        *(column(name) for name in beside), column("loses most to", "text"),
        column("most often taken for", "text", "share of the true pixels of the class"),
    )  # fmt: skip
    return _table(fields, rows)


def _beside(model: Model) -> dict[str, Mapping[int, float | None]]:
    """Further numbers of classes that were asked for, by the title of their column."""
    scores = model.miou.scores
    found: dict[str, Mapping[int, float | None]] = {}
    for band in scores.trimap:
        found[f"trimap {band.width:g} px"] = {each.id: each.iou for each in band.categories}
    if scores.boundary is not None:
        found["boundary IoU"] = {each.id: each.iou for each in scores.boundary.categories}
    if scores.boundary_f is not None:
        found["boundary F"] = {each.id: each.f for each in scores.boundary_f.categories}
    return found


def _taken_for(model: Model) -> dict[int, str]:
    """What each class is most often taken for, by its id."""
    found: dict[int, str] = {}
    if model.confusion is None:
        return found
    for pair in model.confusion.worst(None):
        if isinstance(pair.gt, int) and pair.gt not in found:
            found[pair.gt] = f"{name_of(pair.pred_name)} {percent(pair.share)}"
    return found


def _of_two(found: Gathered) -> PageTable:
    """One row per class: both models, and the difference; tested ones and large ones first."""
    a, b = (model.miou.scores.categories for model in found.models)
    differences = [difference_at(found.comparison, ("categories", own.id, "iou")) for own in a]
    reach = reach_of(differences)
    rows = []
    for place in sorted(
        range(len(a)), key=lambda at: (*tested_first(differences[at]), *_rank(b[at]))
    ):
        own = differences[place]
        *numbers, verdict = difference_cells(own)
        rows.append((
            Cell(name_of(a[place].name)), cell(a[place].pixels, "count"), cell(a[place].iou),
            cell(b[place].iou), *numbers, change_on_line(own, reach), verdict,
        ))  # fmt: skip
    fields = (
        column("class", "text"), column("true pixels", "count"), column("IoU A"), column("IoU B"),
        *DIFFERENCE[:2], line_of_changes(reach), DIFFERENCE[2],
    )  # fmt: skip
    return _table(fields, rows)


def _table(fields: tuple[Column, ...], rows: list[tuple[Cell, ...]]) -> PageTable:
    """The table of classes."""
    return PageTable("IoU by class, in %", fields, tuple(rows), is_sortable=True)


def _groups(found: Gathered) -> PageTable | None:
    """One row per group of classes; None where there are no groups."""
    if not found.first.miou.scores.groups:
        return None
    rows = []
    for place, group in enumerate(found.first.miou.scores.groups):
        cells = [Cell(name_of(group.name))]
        for model in found.models:
            own = model.miou.scores.groups[place]
            interval = interval_at(model.intervals, "groups", own.name, "iou")
            cells += [cell(own.iou), Cell(between(interval) or "-")]
        rows.append(tuple(cells))
    fields = [column("group", "text")]
    for model in found.models:
        fields += [column(f"IoU {model.letter}".strip()), column("95 % interval", "number")]
    caption = "IoU by group of classes, each taken as one class, in %"
    return PageTable(caption, tuple(fields), tuple(rows))


def _confusion(model: Model) -> PageTable:
    """The pairs of classes that most pixels are confused in."""
    pairs: list[ConfusedPair] = [] if model.confusion is None else model.confusion.worst()
    rows = tuple(
        (
            Cell(name_of(pair.gt_name)), Cell(name_of(pair.pred_name)), cell(pair.count, "count"),
            cell(pair.share),
        )
        for pair in pairs
    )  # fmt: skip
    fields = (
        column("is", "text"), column("predicted as", "text"), column("pixels", "count"),
        column("% of its true pixels"),
    )  # fmt: skip
    caption = f"{model.letter}: which classes" if model.letter else "Which classes"
    return PageTable(f"{caption} are taken for which, the most pixels first", fields, rows)
