"""From the counts of all images to the numbers of a result."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import Note
from segeval.metrics.boundary_settings import BoundarySettings
from segeval.metrics.semantic.confusion import (
    Absent,
    Scored,
    divided,
    mean,
    ratio_by_rule,
    scored,
)
from segeval.metrics.semantic.detectron2 import RATIO, detectron2_overlaps
from segeval.metrics.semantic.instance_iou import InstanceTotals
from segeval.metrics.semantic.one_image import ImageCounts, Plan
from segeval.metrics.semantic.others import note_on_others
from segeval.metrics.semantic.result import (
    BandClass,
    BoundaryClass,
    BoundaryFClass,
    BoundaryFScores,
    BoundaryScores,
    ClassScores,
    GroupScores,
    MeanIoUResult,
    TrimapScores,
)
from segeval.words import counted


class Totals:
    """The counts of all images, added up one after the other.

    Integers may be added in any order; boundary F and the weights of instances are floats, and are
    added in the order of the images.

    Args:
        plan: what is counted.
    """

    def __init__(self, plan: Plan) -> None:
        classes = len(plan.classes)
        self.plan = plan
        self.images = 0
        self.palettes = 0
        self.counts = np.zeros((len(plan.widths) + 1, classes, classes + 1), np.int64)
        self.boundary = np.zeros((classes, 2), np.int64)
        self.f = np.zeros((4, classes))
        self.present = np.zeros(classes, np.int64)
        self.detectron2: NDArray[np.int64] | None = None
        self.instances = InstanceTotals() if plan.instances else None

    def add(self, image: ImageCounts) -> None:
        """One more image."""
        self.images += 1
        self.palettes += image.palettes
        self.counts += image.counts
        if image.boundary is not None:
            self.boundary += image.boundary
        if image.f is not None:
            found = image.f
            of_present = np.where(found.in_gt, found.f, 0)
            self.f += np.stack([found.f, of_present, found.precision, found.recall])
            self.present += found.in_gt
        if image.detectron2 is not None:
            before = self.detectron2
            self.detectron2 = image.detectron2 if before is None else before + image.detectron2
        if self.instances is not None and image.instances is not None:
            self.instances.add(*image.instances)


def summarise(
    totals: Totals,
    widths: Sequence[float],
    inputs: Mapping[str, Any],
    settings: Mapping[str, Any],
    notes: Sequence[Note],
    seconds: float,
) -> MeanIoUResult:
    """The result of a run.

    Args:
        totals: of all images.
        widths: of the trimap's bands, as asked for.
        inputs: see `MeanIoUResult`.
        settings: likewise.
        notes: what is known already.
        seconds: wall time.
    """
    plan = totals.plan
    counts = totals.counts.sum(axis=0)
    judged = _judged(counts, plan)
    scores = scored(judged, plan.absent)
    iious = _class_iious(totals, counts)
    groups, group_means = _groups(totals, judged, plan)
    return MeanIoUResult(
        miou=known(scores.miou),
        pixel_accuracy=known(scores.pixel_accuracy),
        mean_accuracy=known(scores.mean_accuracy),
        fw_iou=known(scores.fw_iou),
        iiou=known(mean(iious)),
        category_miou=group_means[0],
        category_iiou=group_means[1],
        pixels=int(scores.gt.sum()),
        images=totals.images,
        classes=tuple(
            ClassScores(
                label,
                name,
                plan.classes.categories[place] if plan.classes.categories else None,
                int(scores.gt[place]),
                known(scores.iou[place]),
                known(scores.accuracy[place]),
                known(iious[place]),
            )
            for place, (label, name) in enumerate(_ids_and_names(plan))
        ),
        categories=groups,
        trimap=_trimap(totals, widths),
        boundary=_boundary(totals),
        boundary_f=_boundary_f(totals),
        detectron2_boundary=_detectron2(totals),
        inputs=inputs,
        settings=settings,
        notes=(*notes, *_notes(totals, counts, scores)),
        seconds=seconds,
    )


def known(value: float) -> float | None:
    """A number, or None for NaN."""
    return None if math.isnan(value) else float(value)


def _judged(counts: NDArray[np.int64], plan: Plan) -> NDArray[np.int64]:
    """The confusion matrix that scores are made of: detectron2 drops predictions of no class."""
    if not plan.detectron2:
        return counts
    judged = counts.copy()
    judged[:, -1] = 0
    return judged


def _ids_and_names(plan: Plan) -> list[tuple[int, str]]:
    """Id and name of every class."""
    return list(zip(plan.classes.ids, plan.classes.names, strict=True))


def _class_iious(totals: Totals, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The iIoU of every class, NaN where undefined."""
    if totals.instances is None:
        return np.full(len(counts), np.nan)
    false = counts[:, :-1].sum(axis=0) - np.diagonal(counts)
    ids = totals.plan.classes.ids
    found = np.array(
        [totals.instances.of_class(label, int(false[place])) for place, label in enumerate(ids)]
    )
    if totals.plan.absent == "zero":
        with_instances = [label in totals.instances.hits for label in ids]
        return np.where(with_instances, np.nan_to_num(found), found)
    return found


def _groups(
    totals: Totals, counts: NDArray[np.int64], plan: Plan
) -> tuple[tuple[GroupScores, ...], tuple[float | None, float | None]]:
    """Scores of the categories, and their means."""
    if not plan.classes.categories:
        return (), (None, None)
    names = tuple(dict.fromkeys(plan.classes.categories))
    place = np.array([names.index(name) for name in plan.classes.categories])
    by_group = np.zeros((len(names), len(names) + 1), np.int64)
    np.add.at(by_group, (place[:, None], np.append(place, len(names))[None, :]), counts)
    scores = scored(by_group, plan.absent)
    iious = np.full(len(names), np.nan)
    if totals.instances is not None:
        iious = np.array([totals.instances.of_category(name) for name in names])
    groups = tuple(
        GroupScores(name, known(scores.iou[i]), known(iious[i])) for i, name in enumerate(names)
    )
    return groups, (known(scores.miou), known(mean(iious)))


def _trimap(totals: Totals, widths: Sequence[float]) -> tuple[TrimapScores, ...]:
    """Scores of every band, each of which holds the narrower ones."""
    plan = totals.plan
    found = []
    for band, width in enumerate(widths):
        scores = scored(_judged(totals.counts[: band + 1].sum(axis=0), plan), plan.absent)
        classes = tuple(
            BandClass(label, name, int(scores.gt[place]), known(scores.iou[place]))
            for place, (label, name) in enumerate(_ids_and_names(plan))
        )
        found.append(TrimapScores(width, int(scores.gt.sum()), known(scores.miou), classes))
    return tuple(found)


def _boundary(totals: Totals) -> BoundaryScores | None:
    """Boundary IoU of every class and its mean."""
    plan = totals.plan
    if not plan.boundary.compared:
        return None
    gt = totals.counts.sum(axis=(0, 2))
    return _boundary_scores(totals.boundary, gt, plan, plan.boundary, plan.absent)


def _boundary_scores(
    pixels: NDArray[np.int64],
    gt: NDArray[np.int64],
    plan: Plan,
    width: BoundarySettings,
    absent: Absent,
) -> BoundaryScores:
    """Scores from intersections and unions (C, 2)."""
    iou = ratio_by_rule(pixels[:, 0], pixels[:, 1], gt, absent)
    classes = tuple(
        BoundaryClass(label, name, int(pixels[i, 0]), int(pixels[i, 1]), known(iou[i]))
        for i, (label, name) in enumerate(_ids_and_names(plan))
    )
    return BoundaryScores(known(mean(iou)), width.ratio, width.px, classes)


def _boundary_f(totals: Totals) -> BoundaryFScores | None:
    """Boundary F of every class and its means."""
    plan = totals.plan
    if plan.f_threshold is None:
        return None
    counts = totals.counts.sum(axis=0)
    gt = counts.sum(axis=1)
    everything = gt if plan.absent == "detectron2" else gt + counts[:, :-1].sum(axis=0)
    f, _, precision, recall = np.where(everything > 0, totals.f / totals.images, np.nan)
    present = divided(totals.f[1], totals.present)
    if plan.absent == "zero":
        f, precision, recall, present = np.nan_to_num((f, precision, recall, present))
    classes = tuple(
        BoundaryFClass(
            label,
            name,
            int(totals.present[i]),
            known(f[i]),
            known(present[i]),
            known(precision[i]),
            known(recall[i]),
        )
        for i, (label, name) in enumerate(_ids_and_names(plan))
    )
    return BoundaryFScores(known(mean(f)), known(mean(present)), plan.f_threshold, classes)


def _detectron2(totals: Totals) -> BoundaryScores | None:
    """detectron2's boundary IoU, from its confusion matrix."""
    if totals.detectron2 is None:
        return None
    gt = totals.counts.sum(axis=(0, 2))
    pixels = detectron2_overlaps(totals.detectron2)
    width = BoundarySettings(RATIO, None)
    return _boundary_scores(pixels, gt, totals.plan, width, "cityscapes")


def _notes(totals: Totals, counts: NDArray[np.int64], scores: Scored) -> list[Note]:
    """What the user should know about the numbers."""
    plan = totals.plan
    notes = []
    if totals.palettes:
        notes.append(
            Note(
                "palette",
                f"{counted(totals.palettes, 'file has', 'files have')} a palette: the indices are "
                "taken as labels, not the colours",
                totals.palettes,
            )
        )
    if not counts.any():
        message = (
            "no pixel is evaluated: the whole ground truth is ignored. Other ids, or --classes?"
        )
        return [*notes, Note("no-pixels", message, 0)]
    predicted = counts[:, :-1].sum(axis=0)
    nowhere = int(np.count_nonzero((scores.gt == 0) & (predicted == 0)))
    if nowhere:
        treated = "counted as 0" if plan.absent == "zero" else "left out of the means"
        notes.append(
            Note(
                "absent",
                f"{counted(nowhere, 'class is', 'classes are')} neither in the ground truth nor "
                f"predicted: {treated} (--absent {plan.absent})",
                nowhere,
            )
        )
    spurious = int(np.count_nonzero((scores.gt == 0) & (predicted > 0)))
    if spurious:
        treated = "left out of the means" if plan.absent == "detectron2" else "counted as 0"
        notes.append(
            Note(
                "only-predicted",
                f"{counted(spurious, 'class is', 'classes are')} predicted but not in the ground "
                f"truth: {treated} (--absent {plan.absent})",
                spurious,
            )
        )
    return notes + note_on_others(counts, plan)
