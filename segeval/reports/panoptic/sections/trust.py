"""Section 2: whether the numbers can be trusted, and how to get them again."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.comparison.models import path_of
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.metrics.kinds import KINDS
from segeval.metrics.panoptic.outcomes import EXCUSED
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import PageTable
from segeval.reports.panoptic.gathered import Gathered, Model
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
from segeval.words import counted, joined

OFFICIAL = {"segm": "panopticapi 7bb4655", "boundary": "boundary-iou-api 37d2558"}
"""The official package of each kind of IoU, with the commit that the tests compare with."""


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
        [
            (model.letter, path_of(model.errors), [*_of_model(model, wording)])
            for model in found.models
        ]
    )
    if found.comparison is not None:
        known = [(path_of(model.errors), model.errors.notes) for model in found.models]
        yield from remarks_of_notes(new_notes(found.comparison.notes, known), wording)
    yield from _void(found.first)
    yield from remarks_of_notes(found.label_notes, wording)
    for kind in found.kinds:
        yield Remark(
            "fine",
            f"{KINDS[kind].capitalize()} PQ equals that of {OFFICIAL[kind]} to 1e-9, since its "
            "sums depend on its processes.",
        )


def _of_model(model: Model, wording: Wording) -> Iterator[Remark]:
    """What is worth knowing of one model."""
    if model.check is not None:
        yield from remarks_of_check(model.check, wording)
    yield from remarks_of_notes((*model.errors.notes, *model.intervals.notes), wording)
    excused = int((model.outcomes.state == EXCUSED).sum())
    if excused:
        judged = int((model.outcomes.state >= 0).sum())
        said = counted(excused, "predicted segment is", "predicted segments are")
        yield Remark(
            "note",
            f"{said} excused ({100 * excused / judged:.1f} %): more than half void, or crowd of "
            "the same category, and counted neither way.",
        )
    yield from _thin(model)
    if model.check is not None:
        yield nothing_found(model.check)


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
            f"{counted(len(empty), 'category has', 'categories have')} no segment that counts, "
            "and no mean has them.",
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
    gt = found.first.errors.inputs["gt"]
    named = [
        (f"predictions {model.letter}".strip(), model.errors.inputs["preds"], model.sha256)
        for model in found.models
    ]
    named.append(("ground truth", gt, found.gt_sha256))
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
    return files_table(named, ("file", "segments"), below)
