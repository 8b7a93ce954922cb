"""A page as plain values: its sections in their order, whatever family of files it is of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segeval.analysis.suspects.result import LabelSuspects
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of

SCHEMA = "segeval/report/1"
"""Of all numbers of a page."""


@frozen
class Section:
    """One section of a page.

    Attributes:
        id: its name in addresses, unique on the page.
        heading: above it.
        nav: what the list of sections calls it.
        template: file in the folder `page` that writes it, in which it is called `section`.
        content: what the template shows; None where the page has nothing of it.
        needs: scripts and styles that only pages with it need, files in the folder `page`.
    """

    id: str
    heading: str
    nav: str
    template: str
    content: Any
    needs: tuple[str, ...] = ()


@frozen
class Page:
    """What a page shows.

    Attributes:
        title: its heading.
        theme: its colours.
        date: "" for none.
        subtitle: how its numbers were made, in a line.
        sentences: what a reader takes away.
        sections: in their order.
        versions: of the packages behind the numbers.
        numbers: all numbers as plain values.
        suspects: what may be wrong in the ground truth; None of files other than instances.
        notes: what there is to say of the page itself.
    """

    title: str
    theme: str
    date: str
    subtitle: str
    sentences: tuple[str, ...]
    sections: tuple[Section, ...]
    versions: tuple[str, ...]
    numbers: Mapping[str, Any]
    suspects: LabelSuspects | None = None
    notes: tuple[Note, ...] = ()

    @property
    def shown(self) -> tuple[Section, ...]:
        """The sections that have something to show."""
        return tuple(each for each in self.sections if each.content is not None)

    @property
    def needs(self) -> tuple[str, ...]:
        """Scripts and styles of its sections, each once."""
        return tuple(dict.fromkeys(name for each in self.shown for name in each.needs))

    def noted(self, notes: Iterable[Note]) -> Page:
        """The page with notes beside it, which are in it as well."""
        return replace(self, notes=(*self.notes, *notes))

    def filled(
        self, section: str, content: Any, notes: Sequence[Note] = (), **numbers: Any
    ) -> Page:
        """The page with content of one of its sections.

        Args:
            section: its `id`.
            content: what it shows.
            notes: what there is to say of it beside the page.
            numbers: what all numbers of the page have more.

        Raises:
            KeyError: if the page has no such section.
        """
        if section not in {each.id for each in self.sections}:
            raise KeyError(section)
        sections = tuple(
            replace(each, content=content) if each.id == section else each for each in self.sections
        )
        return replace(
            self,
            sections=sections,
            numbers={**self.numbers, **numbers},
            notes=(*self.notes, *notes),
        )


def title_of(names: Sequence[str], gt: Any, options: ReportOptions) -> str:
    """The heading of a page: the one that was asked for, else the names of the files.

    Args:
        names: of one model, or of two.
        gt: path of the ground truth.
        options: of the report.
    """
    if options.title is not None:
        return options.title
    truth = name_of(Path(str(gt)).name)
    models = " against ".join(map(name_of, reversed(names)))
    return f"{models} on {truth}"
