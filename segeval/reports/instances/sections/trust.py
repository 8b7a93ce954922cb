"""Section 2: whether the numbers can be trusted, and how to get them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.analysis.errors.kinds import STATES
from segeval.findings import note_of
from segeval.metrics.coco.compat import BOUNDARY_API, CHALLENGE_2021, package_of
from segeval.metrics.kinds import KINDS
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import Cell, PageTable, cell, column
from segeval.reports.remarks import Remark, TrustSection, gravest_first
from segeval.words import counted, stopped

RELEASES = {"pycocotools": "2.0.11", "lvis": "0.5.3", BOUNDARY_API: "37d2558", CHALLENGE_2021: ""}
"""Releases of the official packages that the tests compare with."""

SAID_BEFORE = ("few-images-of-category",)
"""Codes of notes of a comparison that its models have as well."""


def trust_section(found: Gathered, options: ReportOptions) -> TrustSection:
    """What is doubtful, and where the numbers come from."""
    return TrustSection(
        remarks=gravest_first(_remarks(found, options.wording)),
        files=_files(found),
        command=options.command,
    )


def _remarks(found: Gathered, wording: Callable[[str], str]) -> Iterator[Remark]:
    """Everything worth knowing, perhaps more than once."""
    own = [list(_of_model(model, wording)) for model in found.models]
    for model, remarks in zip(found.models, own, strict=True):
        for each in remarks:
            is_common = all(each in others for others in own)
            is_named = is_common or model.ap.inputs["preds"]["path"] in each.text
            yield each if is_named else Remark(each.level, f"{model.letter}: {each.text}")
    if found.comparison is not None:
        known = {note for model in found.models for note in model.ap.notes}
        for note in found.comparison.notes:
            if note not in known and note.code not in SAID_BEFORE:
                yield Remark("note", stopped(wording(note.message)))
    yield from _thin(found.first)
    yield from _equal(found.first)


def _of_model(model: Model, wording: Callable[[str], str]) -> Iterator[Remark]:
    """What is worth knowing of one model."""
    for level, findings in (("error", model.check.errors), ("warning", model.check.warnings)):
        for each in findings:
            yield Remark(level, stopped(wording(note_of(each).message)))
    for note in (*model.ap.notes, *model.intervals.notes):
        yield Remark("note", stopped(wording(note.message)))
    yield from _excused(model)
    if "ties" in model.check.fine:
        yield Remark("fine", "Hardly any scores are equal: file order decides nothing.")
    fine = counted(len(model.check.fine), "kind of mistake was", "kinds of mistakes were")
    yield Remark("fine", f"{fine} looked for and not found.")


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
    rows = []
    for model in found.models:
        own = model.ap.inputs["preds"]
        rows.append((
            Cell(f"predictions {model.letter}".strip()), Cell(str(own["path"])),
            cell(own["count"], "count"), Cell(model.sha256 or "-"),
        ))  # fmt: skip
    gt = found.first.ap.inputs["gt"]
    rows.append((
        Cell("ground truth"), Cell(str(gt["path"])), cell(gt["count"], "count"),
        Cell(found.gt_sha256 or "-"),
    ))  # fmt: skip
    fields = (
        column("", "text"), column("file", "text"), column("records", "count"),
        column("SHA-256", "text"),
    )  # fmt: skip
    images, categories = gt["images"], gt["categories"]
    below = f"{counted(images, 'image')}, {counted(categories, 'category', 'categories')}."
    return PageTable("Files", fields, tuple(rows), below=below)
