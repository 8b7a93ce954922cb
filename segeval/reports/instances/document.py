"""The page of instances as plain values: its sections, and all numbers once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.metrics.coco.tables import rules_text
from segeval.reports.documents import framed, images_later, numbers_of
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.instances.sections.definitions import definitions
from segeval.reports.instances.sections.lost import lost_sections
from segeval.reports.instances.sections.operating import operating_sections
from segeval.reports.instances.sections.parts import parts_sections
from segeval.reports.instances.sections.suspects import MOST_ROWS, suspects_section
from segeval.reports.instances.sections.trust import trust_section
from segeval.reports.instances.sections.verdict import verdict_section
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of
from segeval.reports.pages import Page, Section
from segeval.reports.picture_sections import LOOKS
from segeval.reports.plain_numbers import timeless
from segeval.words import counted, joined

MOST_NAMED = 5
"""Chosen categories that the line below the heading names; of more it says how many."""


def page_of(found: Gathered, options: ReportOptions) -> Page:
    """The page without images."""
    several = "Sizes and categories" if options.slices is None else "Sizes, categories and slices"
    scores, labels = "Which score to deploy at", "Label suspects"
    lost, parts = lost_sections(found), parts_sections(found)
    operating, suspects = operating_sections(found), suspects_section(found)
    differences = found.differences
    return framed(
        found,
        options,
        subtitle=_subtitle(found.first),
        verdict=verdict_section(found),
        trust=trust_section(found, options),
        sections=(
            Section("lost", "Where AP is lost", "Errors", "lost.html", lost),
            Section("parts", several, several, "parts_of_objects.html", parts),
            Section("scores", scores, "Scores", "scores.html", operating),
            images_later(found),
            Section("suspects", labels, labels, "suspects.html", suspects, needs=LOOKS),
        ),
        terms=definitions(found),
        gt=found.first.ap.inputs["gt"],
        numbers=numbers_of(
            found,
            [_of_model(model) for model in found.models],
            None if differences is None else _without_categories(differences.to_dict()),
            suspects=found.suspects.to_dict(MOST_ROWS),
        ),
        suspects=found.suspects,
    )


def _subtitle(model: Model) -> str:
    """How the numbers were made, in a line, and what they leave out."""
    settings = model.ap.settings
    said = [rules_text(settings)]
    if settings["categories"] is not None:
        names = [name_of(each.name) for each in model.ap.first.categories]
        if settings["agnostic"] or len(names) > MOST_NAMED:
            number = len(settings["categories"])
            said.append(f"only {counted(number, 'chosen category', 'chosen categories')}")
        elif names:
            said.append(f"only {joined(names)}")
    if settings["images"] is not None:
        said.append(f"only {counted(len(settings['images']), 'chosen image')}")
    if settings["min_score"] is not None:
        said.append(f"only predictions with a score of at least {settings['min_score']:g}")
    return ", ".join(said)


def _of_model(model: Model) -> dict[str, Any]:
    """The numbers of one model, by the schemas of the commands that give them too."""
    return {
        "name": model.name,
        "preds": {**model.ap.inputs["preds"], "sha256": model.sha256},
        "ap": timeless(model.intervals.into(model.ap.to_dict())),
        "errors": timeless(_without_missing_intervals(model.errors.to_dict())),
        "threshold": timeless(model.point.to_dict()),
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
    return {**document, "results": results}
