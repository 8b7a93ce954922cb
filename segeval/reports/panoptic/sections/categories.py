"""Section 4: PQ of things and stuff, and of every category."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.errors.panoptic_shares import GROUPS
from segeval.analysis.key_paths import KeyPath
from segeval.frozen import frozen
from segeval.metrics.kinds import prefix
from segeval.metrics.panoptic.result import CategoryQuality
from segeval.reports.figures.dots import Dot, Row, dots
from segeval.reports.figures.drawing import Drawing, models_legend, role_of
from segeval.reports.number_cells import (
    DIFFERENCE,
    change_on_line,
    difference_at,
    difference_cells,
    line_of_changes,
    on_line,
    reach_of,
    tested_first,
)
from segeval.reports.page_table import Cell, Column, PageTable, cell, column, name_of
from segeval.reports.panoptic.gathered import Gathered, Model
from segeval.reports.panoptic.sections.kinds import TITLES
from segeval.reports.slices import SliceColumns, lost_by_slice, slices_table
from segeval.reports.wording import between, interval_at, part_heading
from segeval.words import percent


@frozen
class CategoriesSection:
    """PQ of parts of the segments, by one kind of IoU.

    Attributes:
        heading: of the part, "" where there is one kind of IoU.
        figure: PQ of all, things and stuff; None where nothing is defined.
        categories: a row per category.
        slices: a row per part of the images; None without.
    """

    heading: str
    figure: Drawing | None
    categories: PageTable
    slices: PageTable | None


def categories_sections(found: Gathered) -> tuple[CategoriesSection, ...]:
    """PQ by group and by category, for every kind of IoU."""
    return tuple(
        CategoriesSection(
            heading=part_heading(found.kinds, kind, "PQ"),
            figure=_figure(found, kind),
            categories=_of_one(found, kind) if len(found.models) == 1 else _of_two(found, kind),
            slices=_slices(found, kind),
        )
        for kind in found.kinds
    )


def _slices(found: Gathered, kind: str) -> PageTable | None:
    """PQ of parts of the images; None without any."""
    others: dict[KeyPath, str] = {
        (kind, "all", "sq"): "SQ",
        (kind, "all", "rq"): "RQ",
        (kind, "things", "pq"): "PQ of things",
        (kind, "stuff", "pq"): "PQ of stuff",
    }
    last = lost_by_slice(found.slice_errors, (kind, "all", "kinds"), TITLES, "PQ")
    shown = SliceColumns((kind, "all", "pq"), "PQ", others, last=last)
    return slices_table(shown, found.slices, found.comparison, len(found.first.images))


def _scores(model: Model, kind: str) -> Sequence[CategoryQuality]:
    """The numbers of every category."""
    return model.errors.quality.scores[kind].categories


def _figure(found: Gathered, kind: str) -> Drawing | None:
    """PQ, SQ and RQ of all, things and stuff, dots with intervals; None where none is defined."""
    rows, ends = [], []
    for group in GROUPS:
        for key in ("pq", "sq", "rq"):
            own = []
            label = f"{key.upper()} {'' if group == 'all' else group}".strip()
            for model in found.models:
                value = getattr(getattr(model.errors.quality.scores[kind], group), key)
                name = f"{label} {model.letter}".strip()
                interval = interval_at(model.intervals, kind, group, key)
                own.append(Dot(role_of(model.letter), name, value, interval))
            if any(each.value is not None for each in own):
                rows.append(Row(label, tuple(own)))
                ends.append(own[-1])
    if not rows:
        return None
    return dots(
        f"groups-{kind}",
        f"{prefix(kind)}PQ, SQ and RQ of all categories, of things and of stuff",
        ", ".join(f"{each.name} {percent(each.value)}" for each in ends) + ".",
        rows,
        axis=f"{prefix(kind)}PQ, SQ and RQ (%)",
        legend=models_legend(len(found.models)),
    )


def _of_one(found: Gathered, kind: str) -> PageTable:
    """One row per category that has a segment, worst first."""
    rows = []
    judged = [own for own in _scores(found.first, kind) if own.pq is not None]
    for own in sorted(judged, key=lambda own: (own.pq or 0.0, -own.fp - own.fn)):
        interval = interval_at(found.first.intervals, kind, "categories", own.id, "pq")
        rows.append((
            Cell(name_of(own.name)), Cell("thing" if own.isthing else "stuff"),
            cell(own.tp + own.fn, "count"), cell(own.pq), Cell(between(interval) or "-"),
            on_line(own.pq, interval), cell(own.sq), cell(own.rq), cell(own.tp, "count"),
            cell(own.fp, "count"), cell(own.fn, "count"),
        ))  # fmt: skip
    fields = (
        column("category", "text"), column("kind", "text"), column("segments", "count"),
        column("PQ"), column("95 % interval", "number"), Column("0 to 100", is_strip=True),
        column("SQ"), column("RQ"), column("true", "count"), column("false", "count"),
        column("missed", "count"),
    )  # fmt: skip
    return _by_category(fields, rows)


def _of_two(found: Gathered, kind: str) -> PageTable:
    """One row per category: both models, and the difference; tested ones and large ones first."""
    a, b = (_scores(model, kind) for model in found.models)
    differences = [difference_at(found.comparison, (kind, "categories", own.id, "pq")) for own in a]
    reach = reach_of(differences)
    rows = []
    judged = [at for at in range(len(a)) if a[at].pq is not None or b[at].pq is not None]
    for place in sorted(judged, key=lambda at: tested_first(differences[at])):
        one, two, own = a[place], b[place], differences[place]
        cells = difference_cells(own)
        rows.append((
            Cell(name_of(one.name)), Cell("thing" if one.isthing else "stuff"),
            cell(max(one.tp + one.fn, two.tp + two.fn), "count"), cell(one.pq), cell(two.pq),
            *cells[:2], change_on_line(own, reach), cells[2],
        ))  # fmt: skip
    fields = (
        column("category", "text"), column("kind", "text"), column("segments", "count"),
        column("PQ A"), column("PQ B"), *DIFFERENCE[:2],
        line_of_changes(reach), DIFFERENCE[2],
    )  # fmt: skip
    return _by_category(fields, rows)


def _by_category(fields: Sequence[Column], rows: Sequence[tuple[Cell, ...]]) -> PageTable:
    """The table of categories."""
    return PageTable("PQ by category, in %", tuple(fields), tuple(rows), is_sortable=True)
