"""Notes on the numbers of label maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.checks.label_agreement import LabelSample
from segeval.checks.label_maps import likely_cause
from segeval.data.label_maps.classes import LabelClasses, runs_text
from segeval.data.label_maps.pairs import LabelPair
from segeval.errors import Note
from segeval.frozen import frozen
from segeval.metrics.semantic.confusion import Absent
from segeval.metrics.semantic.statistics import GT, IGNORED, PREDICTED
from segeval.words import counted

MANY = 0.5
"""Share of the evaluated pixels predicted as ignored labels above which something is probably
wrong."""


@frozen(eq=False)
class Counted:
    """What notes look at.

    Attributes:
        whole: pixels by class and column of `LabelMapStatistics.pixels`, int64, shape (C, 4).
        names: C names.
        absent: which classes count in a mean; None where the caller cannot choose, as "cityscapes".
        as_detectron2: whether predictions of labels that are not evaluated are left out.
    """

    whole: NDArray[np.int64]
    names: Sequence[str]
    absent: Absent | None = None
    as_detectron2: bool = False


@frozen
class FileCounts:
    """What notes say of the files of a run.

    Attributes:
        images: number of images.
        palettes: files whose pixels are indices of a palette.
        same: files that are both prediction and ground truth.
        without_instances: images without Cityscapes' file of instances.
        with_void: images whose ground truth has pixels that are not evaluated; None where that is
            not known.
    """

    images: int
    palettes: int
    same: int
    without_instances: int
    with_void: int | None = None

    @classmethod
    def of(
        cls, pairs: Sequence[LabelPair], palettes: int, with_void: int | None = None
    ) -> FileCounts:
        """The counts of label maps."""
        return cls(
            len(pairs),
            palettes,
            sum(map(is_same_file, pairs)),
            sum(pair.instance_file is None for pair in pairs),
            with_void,
        )


def is_same_file(pair: LabelPair) -> bool:
    """Whether a file is both prediction and ground truth."""
    return isinstance(pair.pred, Path) and pair.pred == pair.gt


def note_on_instances(files: FileCounts) -> list[Note]:
    """A note where only some images have a file of instances."""
    without = files.without_instances
    if without in (0, files.images):
        return []
    found = counted(without, "image has", "images have")
    return [Note("instances", f"{found} no *_instanceIds.png, so there is no iIoU", without)]


def notes_on(
    totals: Counted, classes: LabelClasses, files: FileCounts, sample: LabelSample | None
) -> list[Note]:
    """Notes on palettes, classes missing on a side, and predictions of ignored labels.

    Args:
        totals: pixels of all images.
        classes: classes of the run.
        files: what is counted of the files.
        sample: some of the label maps, which are looked at where the labels look wrong; None if
            nothing is known of any.
    """
    notes = []
    if files.palettes:
        message = (
            f"{counted(files.palettes, 'file has', 'files have')} a palette: the indices are "
            "taken as labels, not the colours"
        )
        notes.append(Note("palette", message, files.palettes))
    if files.same:
        message = (
            f"{counted(files.same, 'file is', 'files are')} both prediction and ground truth: is "
            "the same folder given twice?"
        )
        notes.append(Note("same-files", message, files.same))
    if not totals.whole[:, GT].any():
        message = "no pixel is evaluated: "
        if sample is not None:
            found = runs_text(sample.seen().gt)
            message += f"the ground truth has the ids {found}, all ignored; "
        message += f"evaluated are {runs_text(classes.ids)} (`classes`)"
        return [*notes, Note("no-pixels", message, 0, option="classes")]
    notes += _on_one_class(totals)
    return [*notes, *_on_absent_classes(totals), *_on_ignored(totals, classes, sample)]


def _on_one_class(totals: Counted) -> list[Note]:
    """A note where the evaluated ground truth has one class only, of several."""
    present = np.flatnonzero(totals.whole[:, GT])
    if len(present) != 1:
        return []
    name = totals.names[present[0]]
    message = (
        f"{name} is the only class in the evaluated ground truth, the rest is void: its IoU is its "
        "recall, for nothing can be taken for it wrongly"
    )
    return [Note("one-class", message)]


def _on_absent_classes(totals: Counted) -> list[Note]:
    """Notes on how classes missing on a side count."""
    notes = []
    rule, predicted = totals.absent, totals.whole[:, PREDICTED]
    gt = totals.whole[:, GT] - totals.whole[:, IGNORED] * totals.as_detectron2
    without_gt = gt == 0
    by_rule = "" if rule is None else f' (`absent="{rule}"`)'
    option = None if rule is None else "absent"
    nowhere = int(np.count_nonzero(without_gt & (predicted == 0)))
    if nowhere:
        treated = "counted as 0" if rule == "zero" else "left out of the means"
        message = (
            f"{counted(nowhere, 'class is', 'classes are')} neither in the ground truth nor "
            f"predicted: {treated}{by_rule}"
        )
        notes.append(Note("absent", message, nowhere, option=option))
    spurious = int(np.count_nonzero(without_gt & (predicted > 0)))
    if spurious:
        treated = "left out of the means" if rule == "detectron2" else "counted as 0"
        message = (
            f"{counted(spurious, 'class is', 'classes are')} predicted but not in the ground "
            f"truth: {treated}{by_rule}"
        )
        notes.append(Note("only-predicted", message, spurious, option=option))
    return notes


def _on_ignored(totals: Counted, classes: LabelClasses, sample: LabelSample | None) -> list[Note]:
    """A note on predictions of labels that are not evaluated."""
    ignored, pixels = (int(totals.whole[:, column].sum()) for column in (IGNORED, GT))
    if not ignored:
        return []
    hint = ""
    if ignored > MANY * pixels and sample is not None:
        hint = f". {likely_cause(sample.seen(), classes)}".rstrip(".")
    left_out = totals.as_detectron2
    treated = "are left out, as in detectron2" if left_out else "count as misses"
    message = (
        f"{100 * ignored / pixels:.1f} % of the evaluated pixels are predicted as ignored labels "
        f"and {treated}{hint}"
    )
    return [Note("ignored-predictions", message, ignored, option="classes" if hint else None)]
