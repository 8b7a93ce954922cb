"""Section 3: where IoU is lost; IoU and the shares of all kinds add up to 100."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.analysis.errors.label_scores import CategoryPixels
from segeval.frozen import frozen
from segeval.reports.figures.bars import Bar, bars
from segeval.reports.figures.drawing import Drawing, models_legend, role_of
from segeval.reports.figures.stacked import Part, Stack, stacked
from segeval.reports.label_maps.gathered import Gathered, Model
from segeval.reports.label_maps.sections.kinds import (
    EXPLAINED,
    ORDER,
    SHORT,
    lost_from,
)
from segeval.reports.number_cells import LOWER_IS_A_GAIN, PAIR, pair_cells, pair_interval
from segeval.reports.page_table import Cell, PageTable, cell, column, name_of
from segeval.reports.wording import between, interval_at, of_models
from segeval.words import percent

LOST = "Points of mIoU lost to each kind of error"
"""What the figure and the tables of kinds show."""

TWICE = "A wrong pixel counts twice: false for one class, missed for another."
"""Below tables of numbers of wrong pixels."""

MOST_IN_FIGURE = 30
"""Classes that a figure shows: those that lose most."""

PARTS = (("part iou", "IoU"), *((f"part {kind}", f"{kind} ({SHORT[kind]})") for kind in ORDER))
"""Roles and names of the parts of a class."""


@frozen
class LostSection:
    """Where IoU is lost.

    Attributes:
        sentence: how much is lost, and how shares are made.
        figure: what each kind costs; None where mIoU is undefined.
        kinds: the same as a table, with intervals.
        classes: IoU and shares of every class, as stacked bars; None where all are undefined.
        by_class: the differences of two models by class; None of one, whose numbers are with the
            figure.
    """

    sentence: str
    figure: Drawing | None
    kinds: PageTable
    classes: Drawing | None
    by_class: PageTable | None


def lost_section(found: Gathered) -> LostSection:
    """Where IoU is lost, by one model or by two."""
    lost = [model.errors.scores for model in found.models]
    figure = None
    if any(each.miou is None for each in lost):
        sentence = "mIoU is undefined: no pixel is evaluated."
    else:
        lacks = of_models(
            [percent(1 - (each.miou or 0.0)) for each in lost],
            [model.letter for model in found.models],
        )
        sentence = (
            f"{lost_from(found.first)} lacks {lacks} points of 100. Every wrong pixel of a class "
            "is of one kind, so that IoU and the shares of the kinds add up to 100, for every "
            "class and in the mean."
        )
        figure = _figure(found)
    of_one = len(found.models) == 1
    return LostSection(
        sentence=sentence,
        figure=figure,
        kinds=_kinds_of_one(found) if of_one else _kinds_of_two(found),
        classes=_classes(found),
        by_class=None if of_one else _differences(found),
    )


def _order(found: Gathered) -> list[str]:
    """Kinds, the costliest of the last model first."""
    kinds = found.models[-1].errors.scores.kinds
    return sorted(ORDER, key=lambda kind: -(kinds[kind].share or 0.0))


def _figure(found: Gathered) -> Drawing:
    """What each kind costs, with intervals."""
    rows = []
    for kind in _order(found):
        row = []
        for model in found.models:
            low, high = _interval(model, kind) or (None, None)
            share = model.errors.scores.kinds[kind].share
            row.append(Bar(kind, role_of(model.letter), share, low, high))
        rows.append(row)
    last = found.models[-1].errors.scores.kinds
    said = ", ".join(f"{kind} {percent(last[kind].share)}" for kind in _order(found))
    if len(found.models) > 1:
        said = f"{found.models[-1].letter}: {said}"
    legend = models_legend(len(found.models))
    data = PageTable(
        f"{LOST}: the numbers",
        (
            column("kind of error", "text"),
            *(column(f"points {model.letter}".strip()) for model in found.models),
        ),
        tuple(
            (
                Cell(kind),
                *(cell(model.errors.scores.kinds[kind].share) for model in found.models),
            )
            for kind in _order(found)
        ),
    )
    return bars("kinds", f"{LOST}; whiskers are 95 % intervals", f"{said}.", rows, data, legend)


def _interval(model: Model, kind: str) -> tuple[float, float] | None:
    """The interval of the mean share of a kind."""
    return interval_at(model.error_intervals, "kinds", kind, "share")


def _kinds_of_one(found: Gathered) -> PageTable:
    """One row per kind."""
    rows = []
    for kind in _order(found):
        own = found.first.errors.scores.kinds[kind]
        rows.append((
            Cell(kind), cell(own.share), Cell(between(_interval(found.first, kind)) or "-"),
            cell(own.count, "count"), cell(own.false, "count"), cell(own.missed, "count"),
            Cell(EXPLAINED[kind]),
        ))  # fmt: skip
    fields = (
        column("kind of error", "text"), column("points"), column("95 % interval", "number"),
        column("pixels", "count"), column("false", "count"), column("missed", "count"),
        column("what it is", "text"),
    )  # fmt: skip
    return PageTable(LOST, fields, tuple(rows), below=TWICE)


def _kinds_of_two(found: Gathered) -> PageTable:
    """One row per kind: what both models lose, and the difference."""
    rows = []
    if found.differences is not None:
        for kind in _order(found):
            own = found.differences.scores.kinds[kind]
            rows.append((
                Cell(kind), *pair_cells(own.share), cell(own.count.a, "count"),
                cell(own.count.b, "count"), Cell(EXPLAINED[kind]),
            ))  # fmt: skip
    fields = (
        column("kind of error", "text"), *PAIR, column("pixels of A", "count"),
        column("pixels of B", "count"), column("what it is", "text"),
    )  # fmt: skip
    return PageTable(LOST, fields, tuple(rows), below=f"{LOWER_IS_A_GAIN} {TWICE}")


def _worst_first(several: Sequence[Sequence[CategoryPixels]]) -> list[int]:
    """Places of the classes that have pixels: the lowest IoU first, predicted ones alone last.

    Args:
        several: the classes of every model, of which the lowest IoU counts.
    """
    lowest: dict[int, float] = {}
    for own in several:
        for place, each in enumerate(own):
            if each.iou is not None:
                lowest[place] = min(each.iou, lowest.get(place, 1.0))

    def rank(place: int) -> tuple[bool, float, int]:
        gt = several[0][place].gt
        return not gt, lowest[place], -gt

    return sorted(lowest, key=rank)


def _classes(found: Gathered) -> Drawing | None:
    """IoU and shares of every class."""
    several = [model.errors.scores.categories for model in found.models]
    places = _worst_first(several)
    if not places:
        return None
    rows = [
        Stack(name_of(several[0][place].name), tuple(_parts(own[place]) for own in several))
        for place in places[:MOST_IN_FIGURE]
    ]
    worst, letter = min(
        ((own[places[0]], model.letter) for own, model in zip(several, found.models, strict=True)),
        key=_iou,
    )
    share = {kind: worst.kinds[kind].share or 0.0 for kind in ORDER}
    most = max(share, key=lambda kind: share[kind])
    name = f"{name_of(worst.name)} {letter}".strip()
    said = (
        f"{name} has the lowest IoU, {percent(worst.iou)}, and loses most to "
        f"{most} errors, {percent(share[most])}."
    )
    title = "IoU of every class, and what it loses to each kind of error"
    if len(places) > MOST_IN_FIGURE:
        title = f"IoU of the {MOST_IN_FIGURE} classes with the lowest, and what they lose"
    if len(found.models) > 1:
        title += "; A above B"
    return stacked(
        "classes",
        title,
        said,
        rows,
        _numbers(found, places),
        PARTS,
        "% of true or predicted pixels",
    )


def _iou(own: tuple[CategoryPixels, str]) -> float:
    """IoU of a class of a model by which the lowest is found; 1 where it is undefined."""
    iou = own[0].iou
    return 1.0 if iou is None else iou


def _parts(own: CategoryPixels) -> tuple[Part, ...]:
    """IoU of a class and what it loses."""
    if own.iou is None:
        return ()
    lost = (Part(f"part {k}", SHORT[k], own.kinds[k].share or 0.0) for k in ORDER)
    return (Part("part iou", "", own.iou), *lost)


def _numbers(found: Gathered, places: Sequence[int]) -> PageTable:
    """One row per class and model."""
    rows = []
    for place in places:
        for model in found.models:
            own = model.errors.scores.categories[place]
            name = f"{name_of(own.name)} {model.letter}".strip()
            rows.append((
                Cell(name), cell(own.union, "count"), cell(own.iou),
                *(cell(own.kinds[kind].share) for kind in ORDER),
            ))  # fmt: skip
    fields = (
        column("class", "text"), column("true or predicted pixels", "count"), column("IoU"),
        *(column(kind) for kind in ORDER),
    )  # fmt: skip
    return PageTable("IoU and what is lost, by class, in %", fields, tuple(rows))


def _differences(found: Gathered) -> PageTable | None:
    """One row per class: how IoU and shares change, what B loses most first."""
    if found.differences is None:
        return None
    categories = found.differences.scores.categories
    known = [each for each in categories if each.iou.a is not None or each.iou.b is not None]
    rows = []
    for each in sorted(known, key=lambda own: (not own.gt, own.iou.difference or 0.0)):
        changes = (each.iou, *(each.kinds[kind].share for kind in ORDER))
        rows.append((
            Cell(name_of(each.name)),
            *(item for pair in changes for item in (
                cell(pair.difference, "signed"), Cell(pair_interval(pair)),
            )),
        ))  # fmt: skip
    fields = [column("class", "text")]
    for name in ("IoU", *ORDER):
        fields += [column(f"{name} B - A", "signed"), column("95 % interval", "number")]
    below = "Of IoU a difference above 0 is a gain, of the kinds of errors one below 0."
    if any(each.iou.difference is None for each in known):
        below += (
            " Of classes that the ground truth lacks, and one model alone predicts, there is none."
        )
    return PageTable(
        "Changes from A to B by class, in points", tuple(fields), tuple(rows), is_sortable=True,
        below=below,
    )  # fmt: skip
