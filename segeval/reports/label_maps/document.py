"""The page of label maps as plain values: its sections, and all numbers once more."""

from __future__ import annotations

from typing import Any

from segeval.metrics.boundary_settings import boundary_of
from segeval.reports.against import against_section
from segeval.reports.label_maps.gathered import Gathered, Model
from segeval.reports.label_maps.sections.classes import classes_section
from segeval.reports.label_maps.sections.definitions import definitions
from segeval.reports.label_maps.sections.lost import lost_section
from segeval.reports.label_maps.sections.trust import trust_section
from segeval.reports.label_maps.sections.verdict import verdict_section
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of
from segeval.reports.pages import Page, Section, title_of
from segeval.reports.plain_numbers import (
    common_numbers,
    finite,
    named_labels,
    timeless,
    with_slices,
)
from segeval.reports.remarks import package_versions


def page_of(found: Gathered, options: ReportOptions) -> Page:
    """The page without images."""
    names = [model.name for model in found.models]
    title = title_of(names, found.first.miou.inputs["gt"]["path"], options)
    verdict = verdict_section(found)
    trust = trust_section(found, options)
    against = against_section(found.comparison)
    images = "What B changes most" if len(found.models) > 1 else "The worst images"
    looks = ("pictures.js", "pictures.css", "label_images.css")
    lost = Section(
        "lost", "Where IoU is lost", "Errors", "label_lost.html", lost_section(found),
        needs=("stacked.css",),
    )  # fmt: skip
    classes = classes_section(found)
    of_classes = "Classes" if options.slices is None else "Classes and slices"
    return Page(
        title=title,
        theme=options.theme,
        date=options.date or "",
        subtitle=_rules(found),
        sentences=verdict.sentences,
        sections=(
            Section("verdict", "Verdict", "Verdict", "verdict.html", verdict),
            Section("trust", "Can I trust it?", "Can I trust it?", "trust.html", trust),
            Section("against", "A against B", "A against B", "against.html", against),
            lost,
            Section("classes", of_classes, of_classes, "classes.html", classes),
            Section("images", images, "Images", "label_images.html", None, needs=looks),
            Section(
                "definitions", "Definitions", "Definitions", "definitions.html", definitions(found)
            ),
        ),
        versions=package_versions(),
        numbers=_numbers(found, options, title),
    )


def _rules(found: Gathered) -> str:
    """How the numbers were made, in a line."""
    settings = found.first.miou.settings
    boundary = boundary_of(settings).text()
    parts = [
        f"{name_of(str(settings['classes']))} classes",
        f"absent classes as {settings['absent']}",
        *([boundary] if boundary else []),
    ]
    return ", ".join(parts)


def _numbers(found: Gathered, options: ReportOptions, title: str) -> dict[str, Any]:
    """All numbers; equal inputs give equal bytes, so nothing tells when or how fast it was."""
    document: dict[str, Any] = {
        **common_numbers(title, found.first.miou.inputs["gt"], found.gt_sha256, options),
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
    return {
        "name": model.name,
        "preds": {**model.miou.inputs["preds"], "sha256": model.sha256},
        "miou": timeless(model.intervals.into(model.miou.to_dict())),
        "errors": timeless(model.error_intervals.into(model.errors.to_dict())),
        "confusion": None if model.confusion is None else model.confusion.to_dict(),
        "check": model.check.to_dict(),
    }
