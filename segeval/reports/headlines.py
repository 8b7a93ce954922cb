"""Section 1 of any page: the main numbers of one model, or of two with their difference."""

from __future__ import annotations

from dataclasses import dataclass

from segeval.analysis.comparison.differences import Difference
from segeval.analysis.comparison.verdicts import Verdict
from segeval.reports.page_table import Cell
from segeval.reports.wording import between_signed
from segeval.words import signed


@dataclass(frozen=True)
class Headline:
    """One number of one model, or of both.

    Attributes:
        name: such as "AP" or "boundary AP".
        values: of every model, in percent.
        intervals: of these, "" without one.
        difference: of two models, with its interval and verdict; None of one.
        is_main: whether it is the main number.
    """

    name: str
    values: tuple[str, ...]
    intervals: tuple[str, ...]
    difference: tuple[str, str, Cell] | None = None
    is_main: bool = False


@dataclass(frozen=True)
class VerdictSection:
    """What a reader takes away.

    Attributes:
        sentences: three or fewer.
        headlines: the numbers.
        letters: of the models, "" of the only one.
        names: of their files.
        footnote: what intervals speak of.
    """

    sentences: tuple[str, ...]
    headlines: tuple[Headline, ...]
    letters: tuple[str, ...]
    names: tuple[str, ...]
    footnote: str


def headline_difference(found: Difference | None) -> tuple[str, str, Cell] | None:
    """The difference of two models with its interval and verdict; None where it is undefined."""
    if found is None or found.difference is None:
        return None
    return signed(found.difference), between_signed(found.interval), verdict_cell(found)


def verdict_cell(found: Difference) -> Cell:
    """A verdict as a cell."""
    verdict = found.verdict
    tone = verdict.value if verdict in (Verdict.BETTER, Verdict.WORSE) else ""
    return Cell(verdict.value, verdict=tone)
