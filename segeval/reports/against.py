"""A against B: the differences of the main numbers."""

from __future__ import annotations

from segeval.analysis.comparison.result import Comparison
from segeval.analysis.comparison.tables import number_table
from segeval.frozen import frozen
from segeval.metrics.tables import Value
from segeval.reports.page_table import Cell, PageTable, name_of, page_table
from segeval.reports.wording import between_signed
from segeval.words import counted

TONES = ("better", "worse")
"""Verdicts that have a colour."""

OF_PARTS = {"AP_": "AP ", "_th": " of things", "_st": " of stuff"}
"""How names of numbers of parts begin or end, and how other tables write that."""


@frozen
class AgainstSection:
    """The differences of two models.

    Attributes:
        sentences: how many images are better and worse, and what was compared.
        numbers: the differences of the main numbers.
    """

    sentences: tuple[str, ...]
    numbers: PageTable


def against_section(comparison: Comparison | None) -> AgainstSection | None:
    """The differences of two models; None of one model, or with too few images."""
    if comparison is None:
        return None
    scores = comparison.scores
    pair = scores.pairs[0]
    said = [
        (
            f"Both models are evaluated on the same {counted(scores.images, 'image')}, drawn anew "
            f"{counted(comparison.settings['resamples'], 'time')}. p is the share of random swaps "
            "of their outputs that differ as much."
        )
    ]
    counts = pair.image_counts
    if counts:
        said.append(
            f"Image by image, {counts['better']:,} are better with B, {counts['worse']:,} worse "
            f"and {counts['same']:,} the same."
        )
    numbers = page_table(
        number_table(scores, pair),
        "Differences of the main numbers, in points",
        titles={"number": "number", "interval": "95 % interval"},
        cells={"number": _number, "verdict": _verdict, "interval": _interval},
    )
    return AgainstSection(tuple(said), numbers)


def _number(value: Value) -> Cell:
    """The name of a number, with that of its size or group as other tables have it."""
    name = str(value)
    for short, other in OF_PARTS.items():
        name = name.replace(short, other)
    return Cell(name_of(name))


def _verdict(value: Value) -> Cell:
    """A verdict, with its colour."""
    text = str(value)
    return Cell(text.replace(">=", "≥"), verdict=text if text in TONES else "")


def _interval(value: Value) -> Cell:
    """An interval in words, in points."""
    return Cell(between_signed(value) if isinstance(value, tuple) else "-")
