"""Section 5: which score to deploy at, and whether scores mean what they say."""

from __future__ import annotations

from segeval.analysis.calibration.scores import Calibration
from segeval.analysis.thresholds.scores import CategoryThreshold, ThresholdScores
from segeval.frozen import frozen
from segeval.metrics.kinds import prefix
from segeval.metrics.tables import shown
from segeval.reports.figures.curves import Axes, Curve, curves
from segeval.reports.figures.drawing import Drawing, role_of
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.page_table import Cell, PageTable, cell, column, name_of
from segeval.reports.wording import first_upper
from segeval.words import counted, percent

POINTS = 101
"""Points of a curve."""

LEGEND = {"precision": "precision", "recall": "recall", "f": "F1"}
"""Curves by their keys in JSON."""


@frozen
class OperatingSection:
    """The score to deploy one model at, by one kind of IoU.

    Attributes:
        heading: of the part, "" where there is one.
        sentences: the best score, and what it does.
        figure: precision, recall and F1 against the score; None without predictions or objects.
        sizes: what the best score finds by size.
        categories: the best score of every category.
        calibration: mean precision against mean score; None where scores are not from 0 to 1.
        calibration_sentence: what that says, or why it is missing.
    """

    heading: str
    sentences: tuple[str, ...]
    figure: Drawing | None
    sizes: PageTable
    categories: PageTable
    calibration: Drawing | None
    calibration_sentence: str


def operating_sections(found: Gathered) -> tuple[OperatingSection, ...]:
    """The score to deploy at, for every model and every kind of IoU."""
    return tuple(
        _section(model, kind, _heading(found, model, kind))
        for model in found.models
        for kind in found.kinds
    )


def _heading(found: Gathered, model: Model, kind: str) -> str:
    """What the part is about, where there are several."""
    parts = []
    if model.letter:
        parts.append(f"{model.letter}: {name_of(model.name)}")
    if len(found.kinds) > 1:
        parts.append(prefix(kind).strip() or "mask")
    return ", ".join(parts)


def _section(model: Model, kind: str, heading: str) -> OperatingSection:
    """The score to deploy one model at."""
    own = model.point.scores[kind]
    key = f"{kind}-{role_of(model.letter)}"
    return OperatingSection(
        heading=heading,
        sentences=tuple(_sentences(own)),
        figure=_figure(own, key),
        sizes=_sizes(own),
        categories=_categories(own),
        calibration=_reliability(own, key),
        calibration_sentence=_calibration_sentence(own),
    )


def _sentences(own: ThresholdScores) -> list[str]:
    """The best score overall, and what a score for each category would gain."""
    point = own.point
    if point.score is None:
        why = "no object counts" if not own.gt else "no prediction is true"
        return [f"There is no best score: at IoU {own.threshold:g} {why}."]
    sure = "" if own.interval is None else f" (95 % interval {_scores(own.interval)})"
    found = counted(point.tp, "object is", "objects are")
    false = counted(point.fp, "prediction is", "predictions are")
    said = [
        (
            f"Keep predictions with a score of at least {point.score:.3g}{sure}: at IoU "
            f"{own.threshold:g}, F1 is then {percent(point.f)}, precision "
            f"{percent(point.precision)} and recall {percent(point.recall)}."
        ),
        f"{found} found and {point.fn:,} missed; {false} false.",
    ]
    one, each = own.held_out.f, own.by_category_held_out.f
    if one is not None and each is not None and len(own.categories) > 1:
        said.append(
            f"Chosen on one half of the images and judged on the other, one score for all gives F1 "
            f"{percent(one)}, and a score for each category {percent(each)}."
        )
    return said


def _scores(interval: tuple[float, float]) -> str:
    """An interval of scores."""
    return f"{interval[0]:.3g} to {interval[1]:.3g}"


def _figure(own: ThresholdScores, key: str) -> Drawing | None:
    """Precision, recall and F1 against the score."""
    points = own.curve(POINTS)
    if not own.gt or len(points) < 2:
        return None
    found = []
    for name, title in LEGEND.items():
        places = [
            (float(each["score"] or 0.0), float(each[name] or 0.0))
            for each in points
            if each[name] is not None
        ]
        found.append(Curve(name, title, tuple(places)))
    scores = [float(each["score"] or 0.0) for each in points]
    low, high = min(scores), max(scores)
    axes = Axes(
        "least score that is kept", "%", *((0.0, 1.0) if low >= 0 and high <= 1 else (low, high))
    )
    best = own.point.score
    rows = tuple(
        (Cell(f"{each['score'] or 0.0:.3g}"), *(cell(each[name]) for name in LEGEND))
        for each in points[:: max(1, len(points) // 20)]
    )
    fields = (column("score", "text"), *(column(title) for title in LEGEND.values()))
    said = "" if best is None else f" F1 is highest, {percent(own.point.f)}, at {best:.3g}."
    return curves(
        f"scores-{key}",
        "Precision, recall and F1 against the score, in %",
        f"From which score on predictions are kept decides precision and recall.{said}",
        found,
        axes,
        PageTable("Precision, recall and F1, in %", fields, rows),
        mark=best,
        mark_name="" if best is None else f"best F1 at {best:.3g}",
    )


def _sizes(own: ThresholdScores) -> PageTable:
    """What the best score finds by size."""
    rows = tuple(
        (
            Cell(size.name), cell(size.gt, "count"), cell(size.precision), cell(size.recall),
            cell(size.f),
        )
        for size in own.sizes
    )  # fmt: skip
    fields = (
        column("size", "text"), column("objects", "count"), column("precision"), column("recall"),
        column("F1"),
    )  # fmt: skip
    return PageTable("With the best score, by size, in %", fields, rows)


def _categories(own: ThresholdScores) -> PageTable:
    """The best score of every category, the lowest F1 first."""

    def key(each: CategoryThreshold) -> tuple[bool, float, int]:
        return each.point.f is None, each.point.f or 0.0, -each.gt

    rows = tuple(
        (
            Cell(name_of(each.name)), cell(each.gt, "count"),
            Cell("-") if each.point.score is None
            else Cell(f"{each.point.score:.3g}", each.point.score),
            Cell(shown(each.interval, "number interval").replace("..", "to")),
            cell(each.point.precision), cell(each.point.recall), cell(each.point.f),
            cell(each.held_out.f),
        )
        for each in sorted(own.categories, key=key)
    )  # fmt: skip
    fields = (
        column("category", "text"), column("objects", "count"), column("best score", "number"),
        column("95 % interval", "number"), column("precision"), column("recall"), column("F1"),
        column("unseen F1", about="chosen on one half of the images and judged on the other"),
    )  # fmt: skip
    return PageTable(
        "The best score of every category; precision, recall and F1 in %", fields, rows,
        is_sortable=True,
    )  # fmt: skip


def _reliability(own: ThresholdScores, key: str) -> Drawing | None:
    """Mean precision against mean score."""
    found = own.calibration
    bins = () if found is None else tuple(each for each in found.reliability if each.preds)
    if not bins:
        return None
    points = tuple((each.score or 0.0, each.precision or 0.0) for each in bins)
    rows = tuple(
        (
            Cell(f"{each.low:g} to {each.high:g}"), cell(each.preds, "count"), cell(each.score),
            cell(each.precision),
        )
        for each in bins
    )  # fmt: skip
    fields = (
        column("scores", "text"), column("predictions", "count"), column("mean score"),
        column("precision"),
    )  # fmt: skip
    return curves(
        f"reliability-{key}",
        "Do scores say how often predictions are true?",
        "Each dot is a range of scores: its precision against its mean score. On the line, a "
        "score is the share of predictions that are true.",
        (
            Curve("ideal", "score is precision", ((0.0, 0.0), (1.0, 1.0))),
            Curve("dots", "range of scores", points),
        ),
        Axes("mean score", "precision (%)"),
        PageTable("Precision by score, in %", fields, rows),
    )


def _calibration_sentence(own: ThresholdScores) -> str:
    """How far scores are from precision."""
    found = own.calibration
    if found is None or found.d_ece is None:
        return _no_calibration(own, found)
    return (
        f"Scores and precision differ by {percent(found.d_ece)} points on average (D-ECE of "
        f"{counted(found.preds, 'prediction')} of categories with objects)."
    )


def _no_calibration(own: ThresholdScores, found: Calibration | None) -> str:
    """Why there is no calibration."""
    if not own.preds:
        return "Without predictions there is nothing to say about their scores."
    if found is not None and found.preds == 0 and not found.reliability:
        return first_upper("scores are not all from 0 to 1, so they cannot be read as precision.")
    return "No prediction is of a category with objects, so scores cannot be judged."
