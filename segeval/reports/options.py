"""What a report shows beside the numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from segeval.analysis.comparison.options import check_resamples
from segeval.analysis.comparison.slices import LabelSource, check_label_source
from segeval.errors import InputError
from segeval.frozen import frozen
from segeval.metrics.choices import is_number

MOST_IMAGES = 200
"""Images that a page shows at most."""

MOST_MB = 200
"""Megabytes of a page that browsers still open."""

THEMES = ("auto", "light", "dark")
"""Colours of the page: those that the reader's system asks for, or fixed ones."""


WITHOUT = {"title": "the names of the files", "date": "none"}
"""Texts on the page, and what stands there without them."""


def as_it_is(message: str) -> str:
    """A message of the library, whose arguments stay as Python writes them."""
    return message


@frozen(kw_only=True)
class ReportOptions:
    """The options of a report, beside the arguments of the evaluation.

    Attributes:
        title: heading of the page; None for the names of the files.
        theme: one of `THEMES`.
        date: printed as it is; None for none, so that equal inputs give equal bytes.
        margin: differences between two models up to this are of no interest, a fraction: "same"
            where the whole interval is within it, and neither better nor worse is shown.
        photos: folder of the photographs; None for masks on grey.
        top: number of images that are shown.
        max_mb: megabytes that the page may have, for which photographs become smaller and images
            are left out.
        resamples: draws of the images for intervals, and swaps.
        seed: of the draws.
        groups: images that are drawn together, as in `compare`; None for each by itself.
        slices: parts of the images that have numbers of their own, as in `compare`.
        command: what makes the same report again; "" if that cannot be said.
        wording: what becomes of messages, which name arguments in backticks.
    """

    title: str | None = None
    theme: str = "auto"
    date: str | None = None
    margin: float = 0.0
    photos: str | Path | None = None
    top: int = 24
    max_mb: float = 6.0
    resamples: int = 1000
    seed: int = 0
    groups: LabelSource | None = None
    slices: LabelSource | None = None
    command: str = ""
    wording: Callable[[str], str] = as_it_is

    def __post_init__(self) -> None:
        """Refuse impossible values before any file is read.

        Raises:
            InputError: for these.
        """
        if self.theme not in THEMES:
            raise InputError(
                f"`theme` is {self.theme!r}, expected one of {', '.join(THEMES)}.",
                code="theme",
                option="theme",
            )
        check_resamples(self.resamples, self.seed)
        for name in ("groups", "slices"):
            check_label_source(name, getattr(self, name))
        for name, without in WITHOUT.items():
            _check_text(name, getattr(self, name), without)
        if not is_number(self.margin) or self.margin < 0:
            raise InputError(
                f"`margin` is {self.margin!r}, expected a fraction of at least 0.",
                code="margin",
                option="margin",
            )
        if type(self.top) is not int or not 0 <= self.top <= MOST_IMAGES:
            raise InputError(
                f"`top` is {self.top!r}, expected a whole number from 0 to {MOST_IMAGES}.",
                code="top",
                option="top",
            )
        if not is_number(self.max_mb) or not 0 < self.max_mb <= MOST_MB:
            raise InputError(
                f"`max_mb` is {self.max_mb!r}, expected megabytes above 0 and up to {MOST_MB}.",
                code="max-mb",
                option="max_mb",
            )
        if not isinstance(self.photos, str | Path | None):
            raise InputError(
                f"`photos` is {self.photos!r}, expected a folder.", code="photos", option="photos"
            )


def _check_text(name: str, value: Any, without: str) -> None:
    """Refuse what is no text, or none that can be seen, as of a variable that is not set.

    Raises:
        InputError: for anything else than such a text and None.
    """
    if value is None:
        return
    if not isinstance(value, str):
        raise InputError(f"`{name}` is {value!r}, expected a text.", code=name, option=name)
    if not value.strip():
        raise InputError(
            f"`{name}` is {value!r}, expected a text that can be seen. Leave it out for {without}.",
            code=name,
            option=name,
        )
