"""Section 3: where PQ is lost; the shares of all kinds of errors add up to what it lacks."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.errors.panoptic_shares import (
    GROUPS,
    PANOPTIC_KINDS,
    CategoryLoss,
    LostQuality,
    confused_by_several,
)
from segeval.frozen import frozen
from segeval.metrics.kinds import prefix
from segeval.reports.figures.bars import Bar, bars
from segeval.reports.figures.drawing import Drawing, models_legend, role_of
from segeval.reports.figures.stacked import Part, Stack, stacked
from segeval.reports.number_cells import LOWER_IS_A_GAIN, PAIR, pair_cells
from segeval.reports.page_table import Cell, Column, PageTable, cell, column, name_of
from segeval.reports.panoptic.gathered import Gathered
from segeval.reports.panoptic.sections.kinds import TITLES, kinds_in_order
from segeval.reports.wording import between, interval_at, most_is_lost, of_models, part_heading
from segeval.words import percent

EXPLAINED = {
    "segmentation": "what the IoU of a found segment lacks of 1; an exact mask loses nothing",
    "confusion": "a false and a missed segment of two categories lie on each other, IoU above 0.5",
    "false": "a predicted segment that matches nothing, nor lies on one of another category",
    "missed": "a true segment that nothing matches, and that is not taken for another category",
}
"""Kinds of errors in a few words."""

LETTERS = {"segmentation": "M", "confusion": "C", "false": "F", "missed": "N"}
"""Letters of the kinds of errors in bars, those of pictures where these have one."""

PARTS = (
    ("part pq", "PQ"),
    *((f"part {kind}", f"{TITLES[kind]} ({LETTERS[kind]})") for kind in PANOPTIC_KINDS),
)
"""Roles and names of the parts of a bar."""

MOST_IN_FIGURE = 24
"""Categories that a figure shows: those that lose most."""

MOST_PAIRS = 20
"""Pairs of confused categories that are listed; the numbers have all."""


@frozen
class LostSection:
    """Where the PQ of one kind of IoU is lost.

    Attributes:
        heading: of the part, "" where there is one kind of IoU.
        sentence: how much is lost, and how shares are made.
        figure: what each kind costs; None where nothing is defined.
        kinds: the same as a table, with intervals, and for things and stuff.
        parts: PQ and shares of groups and categories, as stacked bars; None where all are
            undefined.
        categories: a row per category; None where none has a segment.
        confused: which categories are taken for which; None where none is.
    """

    heading: str
    sentence: str
    figure: Drawing | None
    kinds: PageTable
    parts: Drawing | None
    categories: PageTable | None
    confused: PageTable | None


def lost_sections(found: Gathered) -> tuple[LostSection, ...]:
    """Where PQ is lost, for every kind of IoU."""
    return tuple(_section(found, kind) for kind in found.kinds)


def _section(found: Gathered, kind: str) -> LostSection:
    """Where PQ is lost by one kind of IoU."""
    name = f"{prefix(kind)}PQ"
    lost = [model.errors.scores[kind].all for model in found.models]
    is_one = len(found.models) == 1
    if any(each.pq is None for each in lost):
        sentence, figure = f"{name} is undefined: no segment counts.", None
    else:
        lacks = of_models(
            [percent(1 - (each.pq or 0.0)) for each in lost],
            [model.letter for model in found.models],
        )
        sentence = (
            f"{name} lacks {lacks} points of 100. The shares add up to exactly that, for every "
            "category and so for the means: the masks of true segments are what segmentation "
            "quality costs, the other three kinds together what recognition quality lacks."
        )
        if any(each for model in found.models for each in model.error_intervals.by_path.values()):
            sentence += " The line below a bar is its 95 % interval."
        figure = _figure(found, kind, name)
    return LostSection(
        heading=part_heading(found.kinds, kind, "PQ"),
        sentence=sentence,
        figure=figure,
        kinds=_kinds_of_one(found, kind) if is_one else _kinds_of_two(found, kind),
        parts=_parts_figure(found, kind),
        categories=_categories_of_one(found, kind) if is_one else _categories_of_two(found, kind),
        confused=_confused(found, kind),
    )


def _figure(found: Gathered, kind: str, name: str) -> Drawing:
    """A bar for each kind."""
    rows, numbers = [], []
    for each in kinds_in_order(found, kind):
        row = []
        for model in found.models:
            share = model.errors.scores[kind].all.kinds[each].share
            interval = interval_at(model.error_intervals, kind, "all", "kinds", each, "share")
            low, high = interval or (None, None)
            row.append(Bar(TITLES[each], role_of(model.letter), share, low, high))
            title = f"{TITLES[each]} {model.letter}".strip()
            numbers.append((Cell(title), cell(share), Cell(between(interval) or "-")))
        rows.append(row)
    fields = (column("kind", "text"), column("points"), column("95 % interval", "number"))
    top = rows[0][-1]
    return bars(
        f"lost-{kind}",
        f"Points of {name} lost to each kind of error",
        f"{most_is_lost(found.models[-1].letter)} to {top.label}: {percent(top.value)} points.",
        rows,
        PageTable(f"Points of {name}", fields, tuple(numbers)),
        models_legend(len(found.models)),
    )


def _parts_figure(found: Gathered, kind: str) -> Drawing | None:
    """PQ and shares of all, things, stuff, and of the categories that lose most."""
    scores = [model.errors.scores[kind] for model in found.models]
    if all(own.all.pq is None for own in scores):
        return None
    names = [own.name for own in scores[0].categories]
    several: list[tuple[str, Sequence[LostQuality | CategoryLoss]]] = [
        (group, [getattr(own, group) for own in scores]) for group in GROUPS
    ]
    worst = _worst_first([own.categories for own in scores])
    several += [
        (name_of(names[at]), [own.categories[at] for own in scores])
        for at in worst[:MOST_IN_FIGURE]
    ]
    title = f"{prefix(kind)}PQ of all, things, stuff and categories, and what each lacks"
    if len(worst) > MOST_IN_FIGURE:
        title = (
            f"{prefix(kind)}PQ of all, things, stuff and the {MOST_IN_FIGURE} categories that lose "
            "most, and what each lacks"
        )
    if len(found.models) > 1:
        title += "; A above B"
    rows = [Stack(name, tuple(map(_stack, own))) for name, own in several]
    letter = found.models[-1].letter
    said = ", ".join(
        f"{f'{name} {letter}'.strip()} has PQ {percent(own[-1].pq)}" for name, own in several[:3]
    )
    return stacked(
        f"parts-{kind}", title, f"{said}.", rows, _parts_table(found, several), PARTS, "points"
    )


def _worst_first(several: Sequence[Sequence[CategoryLoss]]) -> list[int]:
    """Places of the categories that have a segment, the lowest PQ first.

    Args:
        several: the categories of every model, of which the lowest PQ counts.
    """
    ranks: dict[int, tuple[float, int]] = {}
    for own in several:
        for place, each in enumerate(own):
            if each.pq is not None:
                rank = each.pq, -each.fp - each.fn
                ranks[place] = min(rank, ranks.get(place, rank))
    return sorted(ranks, key=lambda place: (*ranks[place], place))


def _stack(own: LostQuality | CategoryLoss) -> tuple[Part, ...]:
    """PQ and the shares of its errors, which add up to 1."""
    if own.pq is None:
        return ()
    shares = (
        Part(f"part {each}", LETTERS[each], own.kinds[each].share or 0.0) for each in PANOPTIC_KINDS
    )
    return (Part("part pq", "", own.pq), *shares)


def _parts_table(
    found: Gathered, several: Sequence[tuple[str, Sequence[LostQuality | CategoryLoss]]]
) -> PageTable:
    """The numbers of the figure: a row per group or category and model."""
    rows = []
    for name, own in several:
        for model, one in zip(found.models, own, strict=True):
            shares = [one.kinds[each].share for each in PANOPTIC_KINDS]
            title = f"{name} {model.letter}".strip()
            rows.append((Cell(title), cell(one.pq), *map(cell, shares)))
    fields = (column("", "text"), column("PQ"), *(column(TITLES[k]) for k in PANOPTIC_KINDS))
    return PageTable("PQ and what it lacks, in %", fields, tuple(rows))


def _kinds_of_one(found: Gathered, kind: str) -> PageTable:
    """One row per kind, with the interval of its share, and of things and stuff alone."""
    scores = found.first.errors.scores[kind]
    rows = []
    for each in kinds_in_order(found, kind):
        interval = interval_at(found.first.error_intervals, kind, "all", "kinds", each, "share")
        own = scores.all.kinds[each]
        rows.append((
            Cell(TITLES[each]), cell(own.share), Cell(between(interval) or "-"),
            cell(scores.things.kinds[each].share), cell(scores.stuff.kinds[each].share),
            cell(own.count, "count"), Cell(EXPLAINED[each]),
        ))  # fmt: skip
    groups = [getattr(scores, group).pq for group in GROUPS]
    lacks = [None if pq is None else 1 - pq for pq in groups]
    total = (Cell("all"), cell(lacks[0]), Cell("-"), *map(cell, lacks[1:]), Cell("-"), Cell(""))
    fields = (
        column("kind of error", "text"), column("points"), column("95 % interval", "number"),
        column("of things"), column("of stuff"), column("segments", "count"),
        column("what it is", "text"),
    )  # fmt: skip
    caption = "Points lost to each kind of error"
    return PageTable(caption, fields, (total, *rows), totals=1)


def _kinds_of_two(found: Gathered, kind: str) -> PageTable:
    """One row per kind: what both models lose, and the difference."""
    rows = []
    if found.differences is not None:
        scores = found.differences.scores[kind]
        for each in kinds_in_order(found, kind):
            own = scores.all.kinds[each]
            groups = [getattr(scores, g).kinds[each].share.difference for g in GROUPS[1:]]
            rows.append((
                Cell(TITLES[each]), *pair_cells(own.share),
                *(cell(value, "signed") for value in groups), cell(own.count.a, "count"),
                cell(own.count.b, "count"), Cell(EXPLAINED[each]),
            ))  # fmt: skip
    fields = (
        column("kind of error", "text"), *PAIR, column("of things", "signed"),
        column("of stuff", "signed"), column("segments of A", "count"),
        column("segments of B", "count"), column("what it is", "text"),
    )  # fmt: skip
    caption = "Points lost to each kind of error"
    return PageTable(caption, fields, tuple(rows), below=LOWER_IS_A_GAIN)


def _categories_of_one(found: Gathered, kind: str) -> PageTable | None:
    """One row per category that has a segment, what loses most first."""
    judged = [one for one in found.first.errors.scores[kind].categories if one.pq is not None]
    rows = []
    for one in sorted(judged, key=lambda one: (one.pq or 0.0, -one.fp - one.fn)):
        shares = [one.kinds[each].share for each in PANOPTIC_KINDS]
        rows.append((
            Cell(name_of(one.name)), cell(1 - (one.pq or 0.0)), *map(cell, shares),
        ))  # fmt: skip
    fields = (
        column("category", "text"), column("lacks"), *(column(TITLES[k]) for k in PANOPTIC_KINDS)
    )  # fmt: skip
    return _by_category("Points of PQ that each category loses", fields, rows)


def _categories_of_two(found: Gathered, kind: str) -> PageTable | None:
    """One row per category: the differences of its shares, the largest change of PQ first."""
    if found.differences is None:
        return None
    judged = [
        one
        for one in found.differences.scores[kind].categories
        if one.lost.pq.a is not None or one.lost.pq.b is not None
    ]
    rows = []
    for one in sorted(judged, key=lambda one: -abs(one.lost.pq.difference or 0.0)):
        shares = [one.lost.kinds[each].share.difference for each in PANOPTIC_KINDS]
        rows.append((
            Cell(name_of(one.name)), cell(one.lost.pq.difference, "signed"),
            *(cell(share, "signed") for share in shares),
        ))  # fmt: skip
    fields = (
        column("category", "text"), column("PQ, B - A", "signed"),
        *(column(TITLES[k], "signed") for k in PANOPTIC_KINDS),
    )  # fmt: skip
    return _by_category("How B changes the points that each category loses", fields, rows)


def _by_category(
    caption: str, fields: Sequence[Column], rows: Sequence[tuple[Cell, ...]]
) -> PageTable | None:
    """A table of categories; None without any."""
    return PageTable(caption, tuple(fields), tuple(rows), is_sortable=True) if rows else None


def _confused(found: Gathered, kind: str) -> PageTable | None:
    """Which categories are taken for which, the most frequent first."""
    pairs = confused_by_several([model.errors.scores[kind] for model in found.models])
    if not pairs:
        return None
    rows = tuple(
        (
            Cell(name_of(pair.category)), Cell(name_of(pair.taken_for)),
            *(cell(number, "count") for number in pair.counts),
        )
        for pair in pairs[:MOST_PAIRS]
    )  # fmt: skip
    titles = [
        f"segments of {model.letter}" if model.letter else "segments" for model in found.models
    ]
    fields = (
        column("category", "text"), column("taken for", "text"),
        *(column(title, "count") for title in titles),
    )  # fmt: skip
    left = len(pairs) - len(rows)
    below = f"{left:,} more pairs are in the numbers at the end of the page." if left else ""
    return PageTable("Which categories are taken for which", fields, rows, below=below)
