"""Section 2: whether the numbers can be trusted, and how to get them again."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.analysis.comparison.models import path_of
from segeval.analysis.comparison.verdicts import FEWEST_IMAGES
from segeval.data.label_maps.classes import CITYSCAPES, CITYSCAPES_TRAIN
from segeval.errors import Note
from segeval.reports.label_maps.gathered import Gathered, Model
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

OFFICIAL = (CITYSCAPES, CITYSCAPES_TRAIN)
"""Classes for which an official tool defines mean IoU."""

IN_SETTINGS = "cityscapes"
"""How the official tool of Cityscapes treats classes that one side lacks."""

OF_FOLDERS = (
    "The hash of a folder is that of what sha256sum prints for its label maps, in the order of "
    "their paths."
)


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
        [(model.letter, None, [*_of_model(model, wording)]) for model in found.models]
    )
    if found.comparison is not None:
        known = [(path_of(model.miou), _notes(model)) for model in found.models]
        yield from remarks_of_notes(new_notes(found.comparison.notes, known), wording)
    yield from remarks_of_notes(found.label_notes, wording)
    yield from _thin(found.first)
    yield _equal(found.first)


def _notes(model: Model) -> Iterator[Note]:
    """Notes of an evaluation."""
    yield from (*model.miou.notes, *model.intervals.notes)


def _of_model(model: Model, wording: Wording) -> Iterator[Remark]:
    """What is worth knowing of one model."""
    yield from remarks_of_check(model.check, wording)
    yield from remarks_of_notes(_notes(model), wording)
    yield from _void(model)
    yield nothing_found(model.check)


def _void(model: Model) -> Iterator[Remark]:
    """Pixels that are not evaluated. Notes of the evaluation speak of ignored predictions."""
    void = 0 if model.confusion is None else model.confusion.void
    if void:
        share = 100 * void / (void + model.errors.scores.pixels)
        said = counted(void, "pixel has", "pixels have")
        yield Remark(
            "note",
            f"{said} no class in the ground truth ({share:.2g} %), and no number counts them.",
        )


def _thin(model: Model) -> Iterator[Remark]:
    """Classes in few true maps. Notes of the evaluation speak of those without true pixels."""
    images = model.errors.statistics.images_with
    few = int(((images > 0) & (images < FEWEST_IMAGES)).sum())
    if few:
        yield Remark(
            "note",
            f"The ground truth has {counted(few, 'class', 'classes')} in fewer than "
            f"{FEWEST_IMAGES} images: each weighs as much in mIoU as any other, and its own IoU "
            "says little.",
        )


def _equal(model: Model) -> Remark:
    """The official tool whose number it is."""
    settings = model.miou.settings
    if settings["classes"] in OFFICIAL and settings["absent"] == IN_SETTINGS:
        return Remark(
            "fine",
            "mIoU and the IoU of every class equal those of cityscapesScripts 2.3.0 to the last "
            "bit, with the same labels.",
        )
    return Remark(
        "fine",
        "mIoU is the mean IoU of pixels added up over all images, as cityscapesScripts 2.3.0 has "
        "it for its own classes.",
    )


def _files(found: Gathered) -> PageTable:
    """The label maps, how many there are, and their hashes."""
    pixels = counted(found.first.miou.scores.pixels, "evaluated pixel")
    below = f"{counted(len(found.classes), 'class', 'classes')}, {pixels}."
    if found.gt_sha256 is not None:
        below += f" {OF_FOLDERS}"
    inputs = [
        (f"predictions {model.letter}".strip(), model.miou.inputs["preds"], model.sha256)
        for model in found.models
    ]
    gt = ("ground truth", found.first.miou.inputs["gt"], found.gt_sha256)
    return files_table([*inputs, gt], ("files", "label maps"), below)
