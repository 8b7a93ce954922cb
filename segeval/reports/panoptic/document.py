"""The page of panoptic files as plain values: its sections, and all numbers once more."""

from __future__ import annotations

from typing import Any

from segeval.metrics.boundary_settings import boundary_of
from segeval.reports.documents import errors_by_slice, framed, images_later, numbers_of
from segeval.reports.figures.stacked import STACKED
from segeval.reports.options import ReportOptions
from segeval.reports.pages import Page, Section
from segeval.reports.panoptic.gathered import Gathered, Model
from segeval.reports.panoptic.sections.categories import categories_sections
from segeval.reports.panoptic.sections.definitions import definitions
from segeval.reports.panoptic.sections.lost import lost_sections
from segeval.reports.panoptic.sections.trust import trust_section
from segeval.reports.panoptic.sections.verdict import verdict_section
from segeval.reports.plain_numbers import timeless
from segeval.words import counted


def page_of(found: Gathered, options: ReportOptions) -> Page:
    """The page without images."""
    heading, short = "Things, stuff and categories", "Categories"
    if options.slices is not None:
        heading, short = "Things, stuff, categories and slices", "Categories and slices"
    lost, parts = lost_sections(found), categories_sections(found)
    differences = found.differences
    return framed(
        found,
        options,
        subtitle=_subtitle(found),
        verdict=verdict_section(found),
        trust=trust_section(found, options),
        sections=(
            Section("lost", "Where PQ is lost", "Errors", "lost_segments.html", lost, STACKED),
            Section("categories", heading, short, "quality.html", parts),
            images_later(found),
        ),
        terms=definitions(found),
        gt=found.first.errors.inputs["gt"],
        numbers=numbers_of(
            found,
            [_of_model(model) for model in found.models],
            None if differences is None else differences.to_dict(),
            **errors_by_slice(found.slice_errors),
        ),
    )


def _subtitle(found: Gathered) -> str:
    """How the numbers were made, in a line."""
    gt = found.first.errors.inputs["gt"]
    rules = ("panoptic quality", "matches above IoU 0.5", counted(gt["images"], "image"))
    return ", ".join(filter(None, [*rules, boundary_of(found.first.errors.settings).text()]))


def _of_model(model: Model) -> dict[str, Any]:
    """The numbers of one model, by the schemas of the commands that give them too."""
    errors = model.errors
    return {
        "name": model.name,
        "preds": {**errors.inputs["preds"], "sha256": model.sha256},
        "pq": timeless(model.intervals.into(errors.quality.to_dict())),
        "errors": timeless(model.error_intervals.into(errors.to_dict())),
        "check": None if model.check is None else model.check.to_dict(),
    }
