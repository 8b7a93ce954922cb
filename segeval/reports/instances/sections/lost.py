"""Section 3: where AP is lost; the shares of all kinds of errors add up to what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.scores import LostAP
from segeval.analysis.errors.tables import MASKS, TITLES
from segeval.frozen import frozen
from segeval.metrics.kinds import prefix
from segeval.reports.figures.bars import Bar, bars
from segeval.reports.figures.drawing import Drawing, models_legend, role_of
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.instances.sections.precision import precision_figure
from segeval.reports.number_cells import LOWER_IS_A_GAIN, PAIR, costliest, pair_cells
from segeval.reports.page_table import Cell, PageTable, cell, column
from segeval.reports.wording import (
    ap_at,
    between,
    most_is_lost,
    of_models,
    part_heading,
)
from segeval.words import percent

EXPLAINED = {
    "cls": "overlaps an object enough, but is of another category",
    "loc": "is of the right category, but overlaps its object too little",
    "both": "is of another category, and overlaps too little",
    "dupe": "finds an object that a better prediction has found",
    "bkg": "overlaps no object",
    "miss": "an object that no prediction points to",
}
"""Kinds of errors in a few words."""

BKG_OF_CHOSEN = "overlaps no object of the chosen categories"
"""The same of `bkg` where some categories alone are evaluated, and no others are looked at."""


@frozen
class LostSection:
    """Where the AP of one kind of IoU is lost.

    Attributes:
        heading: of the part, "" where there is one kind of IoU.
        sentence: how much is lost, and how shares are made.
        figure: what each kind costs.
        precision: precision against recall, the area below which is AP; None where it is undefined.
        kinds: the same as a table, with intervals.
        masks: ways in which masks are poor; None where there are no masks.
    """

    heading: str
    sentence: str
    figure: Drawing | None
    precision: Drawing | None
    kinds: PageTable
    masks: PageTable | None


def lost_sections(found: Gathered) -> tuple[LostSection, ...]:
    """Where AP is lost, for every kind of IoU."""
    return tuple(_section(found, kind) for kind in found.kinds)


def _section(found: Gathered, kind: str) -> LostSection:
    """Where AP is lost by one kind of IoU."""
    name = f"{prefix(kind)}{ap_at(found.first.at)}"
    lost = [model.errors.scores[kind].overall for model in found.models]
    if any(each.ap is None for each in lost):
        sentence = f"{name} is undefined: no object counts."
        figure = None
    else:
        lacks = of_models(
            [percent(1 - (each.ap or 0.0)) for each in lost],
            [model.letter for model in found.models],
        )
        sentence = (
            f"{name} lacks {lacks} points of 100. Each kind's share is its Shapley value: the "
            "shares add up to exactly what is lacking. The line below a bar runs from what is "
            "gained if the kind is fixed alone to what is gained if it is fixed after all others."
        )
        figure = _figure(found, kind, name)
    return LostSection(
        heading=part_heading(found.kinds, kind, "AP"),
        sentence=sentence,
        figure=figure,
        precision=precision_figure(found, kind),
        kinds=_kinds_of_one(found, kind) if len(found.models) == 1 else _kinds_of_two(found, kind),
        masks=_masks(found, kind),
    )


def _explained(model: Model) -> Mapping[str, str]:
    """What each kind of errors is."""
    chosen = model.ap.settings["categories"]
    return EXPLAINED if chosen is None else EXPLAINED | {"bkg": BKG_OF_CHOSEN}


def _order(found: Gathered, kind: str) -> Sequence[str]:
    """The kinds of errors, the costliest of the last model first."""
    costs = found.models[-1].errors.scores[kind].overall.kinds
    return sorted(KINDS, key=lambda each: -(costs[each].share or 0.0))


def _figure(found: Gathered, kind: str, name: str) -> Drawing:
    """A bar for each kind."""
    rows = []
    for each in _order(found, kind):
        row = []
        for model in found.models:
            cost = model.errors.scores[kind].overall.kinds[each]
            ends = sorted(end for end in (cost.alone, cost.last) if end is not None)
            low, high = (ends[0], ends[-1]) if ends else (None, None)
            role = role_of(model.letter)
            row.append(Bar(TITLES[each], role, cost.share, low, high))
        rows.append(row)
    top = rows[0][-1]
    return bars(
        f"lost-{kind}",
        f"Points of {name} lost to each kind of error",
        f"{most_is_lost(found.models[-1].letter)} to {top.label}: {percent(top.value)} points.",
        rows,
        _whiskers(found, kind, name),
        models_legend(len(found.models)),
    )


def _whiskers(found: Gathered, kind: str, name: str) -> PageTable:
    """The numbers of the figure."""
    rows = []
    for each in _order(found, kind):
        for model in found.models:
            cost = model.errors.scores[kind].overall.kinds[each]
            title = f"{TITLES[each]} {model.letter}".strip()
            numbers = (cost.share, cost.alone, cost.last)
            rows.append((Cell(title), *(cell(number) for number in numbers)))
    fields = (column("kind", "text"), column("share"), column("fixed alone"), column("fixed last"))
    return PageTable(f"Points of {name}", fields, tuple(rows))


def _kinds_of_one(found: Gathered, kind: str) -> PageTable:
    """One row per kind, with the interval of its share."""
    costs = found.first.errors.scores[kind].overall.kinds
    explained, rows = _explained(found.first), []
    for each in _order(found, kind):
        cost = costs[each]
        interval = (cost.intervals or {}).get("share")
        rows.append((
            Cell(TITLES[each]), cell(cost.share), Cell(between(interval) or "-"),
            cell(cost.count, "count"), Cell(explained[each]),
        ))  # fmt: skip
    fields = (
        column("kind of error", "text"), column("points"), column("95 % interval", "number"),
        column("errors", "count"), column("what it is", "text"),
    )  # fmt: skip
    return PageTable("Points lost to each kind of error", fields, tuple(rows))


def _kinds_of_two(found: Gathered, kind: str) -> PageTable:
    """One row per kind: what both models lose, and the difference."""
    explained, rows = _explained(found.first), []
    if found.differences is not None:
        costs = found.differences.scores[kind].overall.kinds
        for each in _order(found, kind):
            own = costs[each]
            rows.append((
                Cell(TITLES[each]), *pair_cells(own.share), cell(own.count.a, "count"),
                cell(own.count.b, "count"), Cell(explained[each]),
            ))  # fmt: skip
    fields = (
        column("kind of error", "text"), *PAIR, column("errors of A", "count"),
        column("errors of B", "count"), column("what it is", "text"),
    )  # fmt: skip
    caption = "Points lost to each kind of error"
    return PageTable(caption, fields, tuple(rows), below=LOWER_IS_A_GAIN)


def _masks(found: Gathered, kind: str) -> PageTable | None:
    """How many masks are poor in which way."""
    counts = [model.errors.scores[kind].poor_masks for model in found.models]
    known = [each for each in counts if each is not None]
    if len(known) < len(counts) or not any(each["all"][of] for each in known for of in each["all"]):
        return None
    letters = [f"{model.letter}: " if model.letter else "" for model in found.models]
    rows = tuple(
        (
            Cell(MASKS[way]),
            *(cell(each[way][of], "count") for of in ("loc", "tp") for each in known),
        )
        for way in known[0]
    )
    titles = {"loc": "localisation errors", "tp": "true, IoU below 0.75"}
    fields = tuple(
        column(f"{letter}{titles[of]}", "count") for of in ("loc", "tp") for letter in letters
    )
    below = "A mask may be poor in several ways."
    return PageTable(
        "What is wrong with poor masks", (column("mask", "text"), *fields), rows, below=below
    )


def lost_most(lost: LostAP | None) -> Cell:
    """The kind of error that costs most, and how much."""
    if lost is None or lost.ap is None:
        return Cell("-")
    return costliest({kind: own.share for kind, own in lost.kinds.items()}, TITLES)
