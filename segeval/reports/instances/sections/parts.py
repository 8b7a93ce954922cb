"""Section 4: AP by size of the objects, by category and by part of the images."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.comparison.intervals import Interval
from segeval.frozen import frozen
from segeval.metrics.coco.scores import CategoryScores, SizeScores
from segeval.metrics.coco.tables import area_text, area_title
from segeval.metrics.kinds import prefix
from segeval.reports.figures.dots import Dot, Row, dots
from segeval.reports.figures.drawing import Drawing, models_legend, role_of
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.instances.sections.lost import lost_most
from segeval.reports.instances.sections.slices import slices_table
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
from segeval.reports.wording import ap_at, between, first_upper, interval_at, part_heading
from segeval.words import percent


@frozen
class PartsSection:
    """AP of parts of the objects, by one kind of IoU.

    Attributes:
        heading: of the part, "" where there is one kind of IoU.
        figure: AP by size.
        sizes: the same as a table.
        frequencies: AP of rare, common and frequent categories, which LVIS has; None without.
        categories: a row per category.
        slices: a row per part of the images; None without.
    """

    heading: str
    figure: Drawing | None
    sizes: PageTable
    frequencies: PageTable | None
    categories: PageTable
    slices: PageTable | None


def parts_sections(found: Gathered) -> tuple[PartsSection, ...]:
    """AP by size and by category, for every kind of IoU."""
    return tuple(
        PartsSection(
            heading=part_heading(found.kinds, kind, "AP"),
            figure=_figure(found, kind),
            sizes=_sizes(found, kind),
            frequencies=_frequencies(found, kind),
            categories=_of_one(found, kind) if len(found.models) == 1 else _of_two(found, kind),
            slices=slices_table(found, kind),
        )
        for kind in found.kinds
    )


def _buckets(model: Model, kind: str) -> Sequence[SizeScores]:
    """All objects, then every size."""
    scores = model.ap.scores[kind]
    return (scores.overall, *scores.sizes)


def _interval(model: Model, kind: str, size: SizeScores, key: str = "ap") -> Interval:
    """The interval of a number of a size bucket."""
    if size.name == "all":
        return interval_at(model.intervals, kind, key)
    return interval_at(model.intervals, kind, "sizes", size.name, key)


def _figure(found: Gathered, kind: str) -> Drawing | None:
    """AP by size, dots with intervals; None where nothing is defined."""
    rows, ends = [], []
    for place, size in enumerate(_buckets(found.first, kind)):
        own = []
        for model in found.models:
            each = _buckets(model, kind)[place]
            name = f"{size.name} {model.letter}".strip()
            own.append(Dot(role_of(model.letter), name, each.ap, _interval(model, kind, each)))
        if any(each.value is not None for each in own):
            rows.append(Row(size.name, tuple(own)))
            ends.append(own[-1])
    if not rows:
        return None
    said = ", ".join(f"{each.name} {percent(each.value)}" for each in ends)
    return dots(
        f"sizes-{kind}",
        first_upper(f"{prefix(kind)}AP by size of the objects"),
        f"AP of {said}.",
        rows,
        axis=f"{prefix(kind)}AP (%)",
        legend=models_legend(len(found.models)),
    )


def _sizes(found: Gathered, kind: str) -> PageTable:
    """One row per size."""
    rows = []
    own_sizes = found.first.ap.scores[kind].sizes
    for place, size in enumerate(_buckets(found.first, kind)):
        each = [_buckets(model, kind)[place] for model in found.models]
        cells = [
            Cell(size.name), Cell(_area(size, own_sizes)), cell(size.gt, "count"),
        ]  # fmt: skip
        for model, own in zip(found.models, each, strict=True):
            cells += [cell(own.ap), Cell(between(_interval(model, kind, own)) or "-")]
        if len(each) == 1:
            cells += [cell(each[0].ap50), cell(each[0].ap75), cell(each[0].ar)]
        else:
            path = (kind, "ap") if size.name == "all" else (kind, "sizes", size.name, "ap")
            cells += difference_cells(difference_at(found.comparison, path))
        rows.append(tuple(cells))
    fields = [
        column("size", "text"), column(_area_title(own_sizes), "text"), column("objects", "count"),
    ]  # fmt: skip
    for model in found.models:
        fields += [column(f"AP {model.letter}".strip()), column("95 % interval", "number")]
    if len(found.models) == 1:
        fields += [column("AP50"), column("AP75"), column("AR")]
    else:
        fields += DIFFERENCE
    return PageTable("AP by size, in %", tuple(fields), tuple(rows), totals=1)


def _frequencies(found: Gathered, kind: str) -> PageTable | None:
    """One row per frequency of the categories; None where they have none."""
    rows = []
    for place, group in enumerate(found.first.ap.scores[kind].frequencies):
        path = (kind, "frequencies", group.name)
        cells = [Cell(group.name), cell(group.categories, "count"), cell(group.with_gt, "count")]
        for model in found.models:
            own = model.ap.scores[kind].frequencies[place]
            cells += [cell(own.ap), Cell(between(interval_at(model.intervals, *path, "ap")) or "-")]
        if len(found.models) == 1:
            cells.append(cell(group.ar))
        else:
            cells += difference_cells(difference_at(found.comparison, (*path, "ap")))
        rows.append(tuple(cells))
    if not rows:
        return None
    fields = [
        column("frequency", "text"), column("categories", "count"), column("with objects", "count"),
    ]  # fmt: skip
    for model in found.models:
        fields += [column(f"AP {model.letter}".strip()), column("95 % interval", "number")]
    fields += [column("AR")] if len(found.models) == 1 else DIFFERENCE
    return PageTable("AP by frequency of the categories, in %", tuple(fields), tuple(rows))


def _area_title(sizes: Sequence[SizeScores]) -> str:
    """The title of the column with the ends of size buckets."""
    title = area_title(sizes)
    return "area in px²" if title == "area px2" else f"area in {title}" if "%" in title else title


def _area(size: SizeScores, sizes: Sequence[SizeScores]) -> str:
    """The ends of a size bucket."""
    low_and_high = area_text(size, sizes)
    return low_and_high.replace("^2", "²").replace(" - ", " to ").replace("inf", "∞")


def _worst_first(categories: Sequence[CategoryScores]) -> list[int]:
    """Places of categories: the lowest AP first, those without objects last."""

    def key(place: int) -> tuple[bool, float, int]:
        own = categories[place]
        return own.ap is None, own.ap or 0.0, -own.gt

    return sorted(range(len(categories)), key=key)


def _of_one(found: Gathered, kind: str) -> PageTable:
    """One row per category, worst first."""
    model = found.first
    scores = model.ap.scores[kind]
    point = model.point.scores[kind]
    lost = {each.id: each.lost for each in model.errors.scores[kind].categories}
    names = [size.name for size in scores.sizes]
    rows = []
    for place in _worst_first(scores.categories):
        own = scores.categories[place]
        interval = interval_at(model.intervals, kind, "categories", own.id, "ap")
        rows.append((
            Cell(name_of(own.name)), cell(own.gt, "count"), cell(own.preds, "count"),
            cell(own.ap), Cell(between(interval) or "-"), on_line(own.ap, interval),
            cell(own.ap50), cell(own.ap75), *(cell(own.ap_by_size.get(name)) for name in names),
            cell(point.categories[place].point.recall), lost_most(lost.get(own.id)),
        ))  # fmt: skip
    fields = (
        column("category", "text"), column("objects", "count"), column("predictions", "count"),
        column("AP"), column("95 % interval", "number"), Column("0 to 100", is_strip=True),
        column("AP50"), column("AP75"), *(column(f"AP {name}") for name in names),
        column("found", about="recall with the category's own score of the best F1"),
        column("loses most to", "text", f"points of {ap_at(model.at)} lost to one kind of error"),
    )  # fmt: skip
    return _by_category(fields, rows)


def _of_two(found: Gathered, kind: str) -> PageTable:
    """One row per category: both models, and the difference; tested ones and large ones first."""
    a, b = (model.ap.scores[kind].categories for model in found.models)
    differences = [difference_at(found.comparison, (kind, "categories", own.id, "ap")) for own in a]
    reach = reach_of(differences)
    rows = []
    for place in sorted(_worst_first(b), key=lambda at: tested_first(differences[at])):
        own = differences[place]
        *numbers, verdict = difference_cells(own)
        rows.append((
            Cell(name_of(a[place].name)), cell(a[place].gt, "count"), cell(a[place].ap),
            cell(b[place].ap), *numbers, change_on_line(own, reach), verdict,
        ))  # fmt: skip
    fields = (
        column("category", "text"), column("objects", "count"), column("AP A"), column("AP B"),
        *DIFFERENCE[:2], line_of_changes(reach), DIFFERENCE[2],
    )  # fmt: skip
    return _by_category(fields, rows)


def _by_category(fields: Sequence[Column], rows: Sequence[tuple[Cell, ...]]) -> PageTable:
    """The table of categories."""
    return PageTable("AP by category, in %", tuple(fields), tuple(rows), is_sortable=True)
