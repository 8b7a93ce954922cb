"""The page of label maps as plain values: its sections, and all numbers once more."""

from __future__ import annotations

from typing import Any

from segeval.metrics.boundary_settings import boundary_of
from segeval.reports.documents import errors_by_slice, framed, images_later, numbers_of
from segeval.reports.figures.stacked import STACKED
from segeval.reports.label_maps.gathered import Gathered, Model
from segeval.reports.label_maps.sections.classes import classes_section
from segeval.reports.label_maps.sections.definitions import definitions
from segeval.reports.label_maps.sections.lost import lost_section
from segeval.reports.label_maps.sections.trust import trust_section
from segeval.reports.label_maps.sections.verdict import verdict_section
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of
from segeval.reports.pages import Page, Section
from segeval.reports.picture_sections import LOOKS
from segeval.reports.plain_numbers import timeless


def page_of(found: Gathered, options: ReportOptions) -> Page:
    """The page without images."""
    heading = "Classes" if options.slices is None else "Classes and slices"
    lost, classes = lost_section(found), classes_section(found)
    differences = found.differences
    return framed(
        found,
        options,
        subtitle=_subtitle(found),
        verdict=verdict_section(found),
        trust=trust_section(found, options),
        sections=(
            Section("lost", "Where IoU is lost", "Errors", "label_lost.html", lost, STACKED),
            Section("classes", heading, heading, "classes.html", classes),
            images_later(found, "label_images.html", (*LOOKS, "label_images.css")),
        ),
        terms=definitions(found),
        gt=found.first.miou.inputs["gt"],
        numbers=numbers_of(
            found,
            [_of_model(model) for model in found.models],
            None if differences is None else differences.to_dict(),
            **errors_by_slice(found.slice_errors),
        ),
    )


def _subtitle(found: Gathered) -> str:
    """How the numbers were made, in a line."""
    settings = found.first.miou.settings
    boundary = boundary_of(settings).text()
    parts = [
        f"{name_of(str(settings['classes']))} classes",
        f"absent classes as {settings['absent']}",
        *([boundary] if boundary else []),
    ]
    return ", ".join(parts)


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
