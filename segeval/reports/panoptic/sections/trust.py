"""Section 2: whether the numbers can be trusted, and how to get them again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.findings import note_of
from segeval.metrics.kinds import KINDS
from segeval.metrics.panoptic.outcomes import EXCUSED
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import Cell, PageTable, cell, column
from segeval.reports.panoptic.gathered import Gathered, Model
from segeval.reports.remarks import Remark, TrustSection, gravest_first
from segeval.words import counted, joined, stopped

OFFICIAL = {"segm": "panopticapi 7bb4655", "boundary": "boundary-iou-api 37d2558"}
"""The official package of each kind of IoU, with the commit that the tests compare with."""

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
        path = str(model.errors.inputs["preds"]["path"])
        for each in remarks:
            is_common = all(each in others for others in own)
            is_named = is_common or path in each.text
            yield each if is_named else Remark(each.level, f"{model.letter}: {each.text}")
    if found.comparison is not None:
        known = {note for model in found.models for note in model.errors.notes}
        for note in found.comparison.notes:
            if note not in known and note.code not in SAID_BEFORE:
                yield Remark("note", stopped(wording(note.message)))
    yield from _void(found.first)
    yield from _thin(found.first)
    for kind in found.kinds:
        yield Remark(
            "fine",
            f"{KINDS[kind].capitalize()} PQ equals that of {OFFICIAL[kind]} to 1e-9, since its "
            "sums depend on its processes.",
        )


def _of_model(model: Model, wording: Callable[[str], str]) -> Iterator[Remark]:
    """What is worth knowing of one model."""
    if model.check is not None:
        levels = (("error", model.check.errors), ("warning", model.check.warnings))
        for level, findings in levels:
            for each in findings:
                yield Remark(level, stopped(wording(note_of(each).message)))
    for note in (*model.errors.notes, *model.intervals.notes):
        yield Remark("note", stopped(wording(note.message)))
    excused = int((model.outcomes.state == EXCUSED).sum())
    if excused:
        judged = int((model.outcomes.state >= 0).sum())
        said = counted(excused, "predicted segment is", "predicted segments are")
        yield Remark(
            "note",
            f"{said} excused ({100 * excused / judged:.1f} %): more than half void, or crowd of "
            "the same category, and counted neither way.",
        )
    if model.check is not None:
        fine = counted(len(model.check.fine), "kind of mistake was", "kinds of mistakes were")
        yield Remark("fine", f"{fine} looked for and not found.")


def _void(model: Model) -> Iterator[Remark]:
    """Crowd regions, which never match."""
    crowds = int(model.outcomes.gt.is_crowd.sum())
    if crowds:
        yield Remark(
            "note",
            f"{counted(crowds, 'crowd region', 'crowd regions')} of the ground truth can neither "
            "be found nor missed. Void is not part of the union of a prediction.",
        )


def _thin(model: Model) -> Iterator[Remark]:
    """Categories without segments, which no mean has, and those with few."""
    categories = model.errors.first.categories
    empty = [each for each in categories if each.pq is None]
    if empty and len(empty) < len(categories):
        yield Remark(
            "note",
            f"{counted(len(empty), 'category has', 'categories have')} no segments, and no mean "
            "counts them.",
        )
    few = [each for each in categories if each.pq is not None and each.tp + each.fn < FEWEST_IMAGES]
    if few:
        absent = sum(not each.tp + each.fn for each in few)
        alone = f", {absent:,} of them false ones alone" if absent else ""
        yield Remark(
            "note",
            f"{counted(len(few), 'category has', 'categories have')} fewer than {FEWEST_IMAGES} "
            f"true segments{alone}: each weighs as much in PQ as any other, and its own PQ says "
            "little.",
        )


def _files(found: Gathered) -> PageTable:
    """The files, how much they hold, and their hashes."""
    named = [
        (f"predictions {model.letter}".strip(), model.errors.inputs["preds"], model.sha256)
        for model in found.models
    ]
    gt = found.first.errors.inputs["gt"]
    named.append(("ground truth", gt, found.gt_sha256))
    rows = tuple(
        (Cell(role), Cell(str(own["path"])), cell(own["count"], "count"), Cell(sha256 or "-"))
        for role, own, sha256 in named
    )
    fields = (
        column("", "text"), column("file", "text"), column("segments", "count"),
        column("SHA-256", "text"),
    )  # fmt: skip
    images, categories = gt["images"], gt["categories"]
    below = (
        f"{counted(images, 'image')}, {counted(categories, 'category', 'categories')}. Hashes are "
        "of the files, not of the pictures in their folders"
    )
    others = [
        f"{own['folder']} ({role})"
        for role, own, _ in named
        if str(own["folder"]) != str(own["path"]).removesuffix(".json")
    ]
    below += f": {joined(others)}." if others else "."
    return PageTable("Files", fields, rows, below=below)
