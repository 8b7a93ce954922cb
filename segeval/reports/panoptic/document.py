"""The page of panoptic files as plain values: its sections, and all numbers once more."""

from __future__ import annotations

from typing import Any

from segeval.metrics.boundary_settings import boundary_of
from segeval.reports.against import against_section
from segeval.reports.options import ReportOptions
from segeval.reports.pages import Page, Section, title_of
from segeval.reports.panoptic.gathered import Gathered, Model
from segeval.reports.panoptic.sections.categories import categories_sections
from segeval.reports.panoptic.sections.definitions import definitions
from segeval.reports.panoptic.sections.lost import lost_sections
from segeval.reports.panoptic.sections.trust import trust_section
from segeval.reports.panoptic.sections.verdict import verdict_section
from segeval.reports.picture_sections import LOOKS
from segeval.reports.plain_numbers import (
    common_numbers,
    finite,
    named_labels,
    timeless,
    with_slices,
)
from segeval.reports.remarks import package_versions
from segeval.words import counted


def page_of(found: Gathered, options: ReportOptions) -> Page:
    """The page without images."""
    names = [model.name for model in found.models]
    title = title_of(names, found.first.errors.inputs["gt"]["path"], options)
    verdict = verdict_section(found)
    trust, against = trust_section(found, options), against_section(found.comparison)
    several = len(found.models) > 1
    images = "What B changes most" if several else "The worst images"
    lost, parts = lost_sections(found), categories_sections(found)
    groups = "Things, stuff and categories"
    short = "Categories"
    if options.slices is not None:
        groups, short = "Things, stuff, categories and slices", "Categories and slices"
    return Page(
        title=title,
        theme=options.theme,
        date=options.date or "",
        subtitle=_subtitle(found),
        sentences=verdict.sentences,
        sections=(
            Section("verdict", "Verdict", "Verdict", "verdict.html", verdict),
            Section("trust", "Can I trust it?", "Can I trust it?", "trust.html", trust),
            Section("against", "A against B", "A against B", "against.html", against),
            Section(
                "lost",
                "Where PQ is lost",
                "Errors",
                "lost_segments.html",
                lost,
                needs=("stacked.css",),
            ),
            Section("categories", groups, short, "quality.html", parts),
            Section("images", images, "Images", "images.html", None, needs=LOOKS),
            Section(
                "definitions", "Definitions", "Definitions", "definitions.html", definitions(found)
            ),
        ),
        versions=package_versions(),
        numbers=_numbers(found, options, title),
    )


def _subtitle(found: Gathered) -> str:
    """How the numbers were made, in a line."""
    gt = found.first.errors.inputs["gt"]
    rules = ("panoptic quality", "matches above IoU 0.5", counted(gt["images"], "image"))
    return ", ".join(filter(None, [*rules, boundary_of(found.first.errors.settings).text()]))


def _numbers(found: Gathered, options: ReportOptions, title: str) -> dict[str, Any]:
    """All numbers; equal inputs give equal bytes, so nothing tells when or how fast it was."""
    document: dict[str, Any] = {
        **common_numbers(title, found.first.errors.inputs["gt"], found.gt_sha256, options),
        **named_labels(options),
        "models": with_slices([_of_model(model) for model in found.models], found.slices),
    }
    if found.comparison is not None:
        document["compare"] = timeless(found.comparison.to_dict())
    if found.differences is not None:
        document["error_differences"] = timeless(found.differences.to_dict())
    plain: dict[str, Any] = finite(document)
    return plain


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
