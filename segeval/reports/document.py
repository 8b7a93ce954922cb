"""Everything that a page shows, as plain values: the sections, and all numbers once more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segeval.reports.gathered import Gathered, Model
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of
from segeval.reports.sections.against import AgainstSection, against_section
from segeval.reports.sections.definitions import definitions
from segeval.reports.sections.galleries import Gallery
from segeval.reports.sections.images import ImagesSection
from segeval.reports.sections.lost import LostSection, lost_sections
from segeval.reports.sections.operating import OperatingSection, operating_sections
from segeval.reports.sections.parts import PartsSection, parts_sections
from segeval.reports.sections.trust import TrustSection, trust_section
from segeval.reports.sections.verdict import VerdictSection, verdict_section
from segeval.version import __version__
from segeval.words import counted, stopped

SCHEMA = "segeval/report/1"

MOST_NOTES = 12
"""Remarks on photographs that a page makes."""


@dataclass(frozen=True)
class Document:
    """What a page shows.

    Attributes:
        title: its heading.
        theme: its colours.
        date: "" for none.
        verdict: section 1.
        trust: section 2.
        lost: section 3, for every kind of IoU.
        parts: section 4, for every kind of IoU.
        operating: section 5, for every model and kind of IoU.
        against: differences of two models; None of one.
        images: section 6; None without images.
        galleries: errors of each kind, cut out of their images.
        definitions: section 8.
        numbers: all numbers as plain values.
    """

    title: str
    theme: str
    date: str
    verdict: VerdictSection
    trust: TrustSection
    lost: tuple[LostSection, ...]
    parts: tuple[PartsSection, ...]
    operating: tuple[OperatingSection, ...]
    against: AgainstSection | None
    images: ImagesSection | None
    galleries: tuple[Gallery, ...]
    definitions: tuple[tuple[str, str], ...]
    numbers: Mapping[str, Any]

    @property
    def photo_notes(self) -> tuple[str, ...]:
        """What there is to say of photographs, each once, and how much more there would be."""
        shown = [] if self.images is None else [self.images.cards]
        cards = [
            card for several in (*shown, *(own.cards for own in self.galleries)) for card in several
        ]
        notes = list(dict.fromkeys(stopped(note) for card in cards for note in card.notes))
        if len(notes) > MOST_NOTES:
            more = counted(len(notes) - MOST_NOTES, "more remark")
            notes[MOST_NOTES:] = [f"There are {more} like these."]
        return tuple(notes)


def document_of(found: Gathered, options: ReportOptions) -> Document:
    """The sections of a page."""
    title = _title(found) if options.title is None else options.title
    return Document(
        title=title,
        theme=options.theme,
        date=options.date or "",
        verdict=verdict_section(found),
        trust=trust_section(found, options),
        lost=lost_sections(found),
        parts=parts_sections(found),
        operating=operating_sections(found),
        against=against_section(found),
        images=None,
        galleries=(),
        definitions=definitions(found),
        numbers=_numbers(found, options, title),
    )


def _title(found: Gathered) -> str:
    """The names of the files."""
    gt = name_of(Path(str(found.first.ap.inputs["gt"]["path"])).name)
    names = [name_of(model.name) for model in found.models]
    if len(names) == 1:
        return f"{names[0]} on {gt}"
    return f"{names[1]} against {names[0]} on {gt}"


def _numbers(found: Gathered, options: ReportOptions, title: str) -> dict[str, Any]:
    """All numbers; equal inputs give equal bytes, so nothing tells when or how fast it was."""
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "segeval": __version__,
        "title": title,
        "command": options.command,
        "gt": {**found.first.ap.inputs["gt"], "sha256": found.gt_sha256},
        "models": [_of_model(model) for model in found.models],
    }
    if found.comparison is not None:
        document["compare"] = _timeless(found.comparison.to_dict())
    if found.differences is not None:
        document["error_differences"] = _without_categories(found.differences.to_dict())
    plain: dict[str, Any] = finite(document)
    return plain


def _of_model(model: Model) -> dict[str, Any]:
    """The numbers of one model, by the schemas of the commands that give them too."""
    return {
        "name": model.name,
        "preds": {**model.ap.inputs["preds"], "sha256": model.sha256},
        "ap": _timeless(model.intervals.into(model.ap.to_dict())),
        "errors": _timeless(_without_missing_intervals(model.errors.to_dict())),
        "threshold": _timeless(model.point.to_dict()),
        "check": model.check.to_dict(),
    }


def _without_missing_intervals(document: dict[str, Any]) -> dict[str, Any]:
    """Errors without the intervals of categories that have none, as most of a long tail have."""
    results = {}
    for kind, own in document["results"].items():
        categories = [
            each if each["intervals"]["ap"] is not None else _without_intervals(each)
            for each in own["categories"]
        ]
        results[kind] = {**own, "categories": categories}
    return {**document, "results": results}


def _without_intervals(value: Any) -> Any:
    """Plain values without the entries called "intervals"."""
    if not isinstance(value, Mapping):
        return value
    return {key: _without_intervals(each) for key, each in value.items() if key != "intervals"}


def _without_categories(document: dict[str, Any]) -> dict[str, Any]:
    """Differences of errors without those of single categories, which the page does not show.

    They would take a third of a page with a thousand categories.
    """
    results = {
        kind: {key: value for key, value in own.items() if key != "categories"}
        for kind, own in document["results"].items()
    }
    return _timeless({**document, "results": results})


def _timeless(document: dict[str, Any]) -> dict[str, Any]:
    """A result without the time that it took, and without what the report says elsewhere."""
    return {key: value for key, value in document.items() if key not in ("seconds", "inputs")}


def finite(value: Any) -> Any:
    """Plain values with None for numbers that are not finite, which JSON cannot write."""
    if isinstance(value, Mapping):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
