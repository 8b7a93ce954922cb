"""The frame of a page of any family: the sections that every page has, and all numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.analysis.comparison.own_slices import SliceNumbers
from segeval.analysis.comparison.slices import named_source
from segeval.analysis.suspects.result import LabelSuspects
from segeval.reports.against import against_section
from segeval.reports.found import Found
from segeval.reports.options import ReportOptions
from segeval.reports.pages import SCHEMA, Page, Section, title_of
from segeval.reports.picture_sections import LOOKS
from segeval.reports.plain_numbers import finite, timeless, without_undefined
from segeval.reports.remarks import TrustSection, package_versions
from segeval.reports.terms import Term
from segeval.reports.verdict import VerdictSection
from segeval.version import __version__


def framed(
    found: Found,
    options: ReportOptions,
    *,
    subtitle: str,
    verdict: VerdictSection,
    trust: TrustSection,
    sections: Sequence[Section],
    terms: tuple[Term, ...],
    gt: Mapping[str, Any],
    numbers: Mapping[str, Any],
    suspects: LabelSuspects | None = None,
) -> Page:
    """A page without images.

    Args:
        found: the results.
        options: of the report.
        subtitle: how the numbers were made, in a line.
        verdict: the first section.
        trust: the second.
        sections: between the differences of two models and the definitions.
        terms: what numbers and words on the page mean.
        gt: ground truth, as results name it.
        numbers: as `numbers_of` gives them, without what every page has.
        suspects: what may be wrong in the ground truth; None of files other than instances.
    """
    title = title_of([model.name for model in found.models], gt["path"], options)
    against = against_section(found.comparison)
    common = {
        "schema": SCHEMA,
        "segeval": __version__,
        "title": title,
        "command": options.command,
        "gt": {**gt, "sha256": found.gt_sha256},
        "groups": named_source(options.groups),
        "slices": named_source(options.slices),
    }
    return Page(
        title=title,
        theme=options.theme,
        date=options.date or "",
        subtitle=subtitle,
        sentences=verdict.sentences,
        sections=(
            Section("verdict", "Verdict", "Verdict", "verdict.html", verdict),
            Section("trust", "Can I trust it?", "Can I trust it?", "trust.html", trust),
            Section("against", "A against B", "A against B", "against.html", against),
            *sections,
            Section("definitions", "Definitions", "Definitions", "definitions.html", terms),
        ),
        versions=package_versions(),
        numbers=without_undefined(finite({**common, **numbers})),
        suspects=suspects,
    )


def images_later(
    found: Found, template: str = "images.html", needs: tuple[str, ...] = LOOKS
) -> Section:
    """The section of images, which is filled once it is known how much room it has.

    Args:
        found: the results.
        template: that writes it.
        needs: scripts and styles of it.
    """
    heading = "What B changes most" if len(found.models) > 1 else "The worst images"
    return Section("images", heading, "Images", template, None, needs=needs)


def errors_by_slice(slices: Sequence[SliceNumbers]) -> dict[str, Any]:
    """What errors cost one model on parts of the images, by its key; nothing without slices."""
    return {"slice_errors": [each.to_dict() for each in slices]} if slices else {}


def numbers_of(
    found: Found,
    models: Sequence[Mapping[str, Any]],
    differences: Mapping[str, Any] | None,
    **others: Any,
) -> dict[str, Any]:
    """The numbers of models, and of two their differences.

    Equal inputs give equal bytes, so nothing tells when or how fast it was.

    Args:
        found: the results.
        models: numbers of each model.
        differences: of the errors of two models; None of one.
        others: further numbers.
    """
    several = [dict(model) for model in models]
    for model, slices in zip(several, found.slices, strict=False):  # there may be none
        model["slices"] = [each.to_dict() for each in slices]
    document = {"models": several, **others}
    if found.comparison is not None:
        document["compare"] = timeless(found.comparison.to_dict())
    if differences is not None:
        document["error_differences"] = timeless(differences)
    return document
