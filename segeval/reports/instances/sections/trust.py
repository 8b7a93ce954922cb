"""Section 2: whether the numbers can be trusted, and how to get them again."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.comparison.models import path_of
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.errors.kinds import STATES
from segeval.metrics.coco.compat import BOUNDARY_API, CHALLENGE_2021, package_of
from segeval.metrics.kinds import KINDS
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import PageTable
from segeval.reports.remarks import (
    Remark,
    TrustSection,
    Wording,
    files_table,
    gravest_first,
    lettered,
    new_notes,
    nothing_found,
    remarks_of_check,
    remarks_of_notes,
)
from segeval.words import counted

RELEASES = {"pycocotools": "2.0.11", "lvis": "0.5.3", BOUNDARY_API: "37d2558", CHALLENGE_2021: ""}
"""Releases of the official packages that the tests compare with."""


def trust_section(found: Gathered, options: ReportOptions) -> TrustSection:
    """What is doubtful, and where the numbers come from."""
    return TrustSection(
        remarks=gravest_first(_remarks(found, options.wording)),
        files=_files(found),
        command=options.command,
    )


def _remarks(found: Gathered, wording: Wording) -> Iterator[Remark]:
    """Everything worth knowing, perhaps more than once."""
    yield from lettered(
        [(model.letter, path_of(model.ap), [*_of_model(model, wording)]) for model in found.models]
    )
    if found.comparison is not None:
        known = [(path_of(model.ap), model.ap.notes) for model in found.models]
        yield from remarks_of_notes(new_notes(found.comparison.notes, known), wording)
    yield from remarks_of_notes(found.label_notes, wording)
    yield from _thin(found.first)
    yield from _equal(found.first)


def _of_model(model: Model, wording: Wording) -> Iterator[Remark]:
    """What is worth knowing of one model."""
    yield from remarks_of_check(model.check, wording)
    yield from remarks_of_notes((*model.ap.notes, *model.intervals.notes), wording)
    yield from _excused(model)
    if "ties" in model.check.fine:
        yield Remark("fine", "Hardly any scores are equal: file order decides nothing.")
    yield nothing_found(model.check)


def _excused(model: Model) -> Iterator[Remark]:
    """Predictions that count neither way, because they lie on crowd regions."""
    for kind, own in model.errors.columns.items():
        number = int((own.kind == STATES.index("excused")).sum())
        if number:
            share = 100 * number / max(own.kind.size, 1)
            said = counted(number, "prediction is", "predictions are")
            yield Remark(
                "note",
                f"{said} excused ({share:.1f} %, {KINDS[kind]} IoU {model.at:g}): on crowd "
                "regions, or by the data set's rules, and counted neither way.",
            )


def _thin(model: Model) -> Iterator[Remark]:
    """Categories without objects, which no mean has, and those with few."""
    categories = model.ap.first.categories
    empty = [each for each in categories if not each.gt]
    if empty and len(empty) < len(categories):
        yield Remark(
            "note",
            f"{counted(len(empty), 'category has', 'categories have')} no objects, and no mean "
            "counts them.",
        )
    few = [each for each in categories if 0 < each.gt < FEWEST_IMAGES]
    if few:
        yield Remark(
            "note",
            f"{counted(len(few), 'category has', 'categories have')} fewer than {FEWEST_IMAGES} "
            "objects: each weighs as much in AP as any other, and its own AP says little.",
        )


def _equal(model: Model) -> Iterator[Remark]:
    """The official package whose number it is."""
    for kind in model.ap.scores:
        package = package_of(model.ap.protocol, kind)
        release = f"{package} {RELEASES.get(package, '')}".strip()
        yield Remark(
            "fine",
            f"{KINDS[kind].capitalize()} AP equals that of {release} on clean files to the last "
            "bit, with the same settings.",
        )


def _files(found: Gathered) -> PageTable:
    """The files, how much they hold, and their hashes."""
    gt = found.first.ap.inputs["gt"]
    inputs = [
        (f"predictions {model.letter}".strip(), model.ap.inputs["preds"], model.sha256)
        for model in found.models
    ]
    images, categories = gt["images"], gt["categories"]
    return files_table(
        [*inputs, ("ground truth", gt, found.gt_sha256)],
        ("file", "records"),
        f"{counted(images, 'image')}, {counted(categories, 'category', 'categories')}.",
    )
