"""What a report shows beside the numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from segeval.analysis.comparison.options import check_resamples
from segeval.errors import InputError
from segeval.metrics.choices import check_choice

THEMES = ("auto", "light", "dark")
"""Colours of the page: those that the reader's system asks for, or fixed ones."""


def as_it_is(message: str) -> str:
    """A message of the library, whose arguments stay as Python writes them."""
    return message


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """The options of a report, beside the arguments of the evaluation.

    Attributes:
        title: heading of the page; None for the names of the files.
        theme: one of `THEMES`.
        date: printed as it is; None for none, so that equal inputs give equal bytes.
        margin: differences between two models up to this are of no interest, a fraction.
        resamples: draws of the images for intervals, and swaps.
        seed: of the draws.
        command: what makes the same report again; "" if that cannot be said.
        wording: what becomes of messages, which name arguments in backticks.
    """

    title: str | None = None
    theme: str = "auto"
    date: str | None = None
    margin: float = 0.0
    resamples: int = 1000
    seed: int = 0
    command: str = ""
    wording: Callable[[str], str] = as_it_is

    def __post_init__(self) -> None:
        """Refuse impossible values before any file is read.

        Raises:
            InputError: for these.
        """
        check_choice("theme", self.theme, THEMES)
        check_resamples(self.resamples, self.seed)
        for name in ("title", "date"):
            _check_text(name, getattr(self, name))
        if isinstance(self.margin, bool) or not self.margin >= 0:
            raise InputError(
                f"`margin` is {self.margin!r}, expected a fraction of at least 0.",
                code="margin",
                option="margin",
            )


def _check_text(name: str, value: Any) -> None:
    """Refuse what is no text.

    Raises:
        InputError: for anything else than text and None.
    """
    if value is not None and not isinstance(value, str):
        raise InputError(f"`{name}` is {value!r}, expected a text.", code=name, option=name)
