"""Where the IoU of label maps is lost: from two folders, files or lists of arrays to a result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.label_pixels import IGNORED as NOT_EVALUATED
from segeval.analysis.errors.label_result import LabelErrors
from segeval.analysis.errors.label_scores import LabelErrorScores, label_error_scores
from segeval.analysis.errors.label_statistics import (
    LabelErrorStatistics,
    image_pixel_errors,
    label_error_statistics,
)
from segeval.checks.label_agreement import LabelAgreement, label_names
from segeval.checks.label_disagreement import label_disagreement
from segeval.checks.label_sample import SampledPairs
from segeval.checks.swapped_maps import perhaps_swapped_maps
from segeval.data.label_maps.classes import Classes, Ignored, LabelClasses, label_classes
from segeval.data.label_maps.pairs import LabelPair, label_pairs
from segeval.errors import Note
from segeval.findings import note_of, raise_first
from segeval.frozen import frozen
from segeval.kernels.threads import OnProgress, in_order
from segeval.metrics.boundary_settings import boundary_settings
from segeval.metrics.semantic.notes import Counted, FileCounts, notes_on
from segeval.metrics.semantic.statistics import GT, IGNORED, PREDICTED, TRUE
from segeval.words import counted

NEAR = 0.01
"""How far from a boundary pixels are near it, as a fraction of the image's diagonal."""


def label_errors(
    preds: str | Path | Sequence[Any],
    gt: str | Path | Sequence[Any],
    *,
    classes: Classes,
    ignore: Ignored = (),
    boundary_ratio: float | None = None,
    boundary_px: int | None = None,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> LabelErrors:
    """How much IoU of label maps is lost at boundaries, in extents, and in whole segments.

    Every wrong pixel of a class is of one kind: near a boundary that is roughly right; else in a
    predicted or true segment that the other side has a part of, whose extent is wrong; else in a
    segment that is false or missed as a whole. IoU and the shares of the kinds add up to 1.

    Args:
        preds: as in `mean_iou`.
        gt: as in `mean_iou`.
        classes: as in `mean_iou`.
        ignore: as in `mean_iou`.
        boundary_ratio: how far from a boundary pixels are near it, as a fraction of the image's
            diagonal, by default 0.01; at least one pixel.
        boundary_px: the same in pixels, instead of the ratio.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: as `mean_iou`.
        FormatError: as `mean_iou`.
        MismatchError: as `mean_iou`.

    Source:
        Bernhard et al. 2024, What's Outside the Intersection? Fine-grained Error Analysis for
        Semantic Segmentation Beyond IoU; its repository beyond-iou b01b35d where the text leaves
        it open.

    Example:
        >>> import numpy as np
        >>> gt = np.array([[0, 0, 0, 0, 1, 1, 1, 1]])
        >>> pred = np.array([[1, 0, 0, 0, 0, 1, 1, 1]])
        >>> found = label_errors([pred], [gt], classes=2).scores
        >>> [found.categories[1].iou, found.categories[1].kinds["segment"].share]
        [0.6, 0.2]
    """
    started = time.perf_counter()
    listed = label_classes(label_classes(classes), ignore)
    near = boundary_settings(boundary_ratio, boundary_px, compared=True, default=NEAR)
    pairs = label_pairs(preds, gt, listed)
    images = list(
        in_order(
            lambda pair: image_pixel_errors(pair, listed, near, pairs),
            pairs,
            workers,
            on_progress=on_progress,
        )
    )
    statistics = label_error_statistics(images, [pair.key for pair in pairs], listed, near)
    scores = label_error_scores(statistics)
    whole = _usual_columns(scores, statistics)
    palettes = sum(each.palettes for each in images)
    void = Void(
        preds=sum(bool(each.rows[:, 1 + NOT_EVALUATED].any()) for each in images),
        in_gt=any(each.with_void for each in images),
    )
    notes = notes_on_labels(whole, pairs, listed, label_names(preds, gt), palettes, void)
    return LabelErrors(
        scores=scores,
        inputs={
            "preds": {"path": _name(preds), "count": len(pairs)},
            "gt": {"path": _name(gt), "count": len(pairs)},
        },
        settings={"classes": listed.source, "ignore": listed.ignored_ids, **near.settings()},
        notes=notes,
        seconds=time.perf_counter() - started,
        statistics=statistics,
    )


@frozen
class Void:
    """Where labels are not evaluated.

    Attributes:
        preds: number of images whose prediction has such labels where the ground truth has none.
        in_gt: whether any image of the ground truth has them.
    """

    preds: int
    in_gt: bool


def notes_on_labels(
    whole: NDArray[np.int64],
    pairs: Sequence[LabelPair],
    classes: LabelClasses,
    names: tuple[str, str],
    palettes: int,
    void: Void,
) -> tuple[Note, ...]:
    """What the user should know about the labels of a run.

    Args:
        whole: pixels by class and column of `LabelMapStatistics.pixels`, int64, shape (C, 4).
        pairs: the label maps.
        classes: of the run.
        names: of predictions and ground truth in messages.
        palettes: number of files that have a palette.
        void: where labels are not evaluated.

    Raises:
        InputError: for maps that do not belong together, such as those with shifted labels.
    """
    sample = SampledPairs(pairs, classes)
    run = LabelAgreement(
        sample,
        classes,
        *names,
        right=whole[:, TRUE],
        pixels=whole[:, GT],
        ignored=int(whole[:, IGNORED].sum()),
    )
    causes = list(label_disagreement(run))
    raise_first(cause for cause in causes if cause.level == "error")
    return (
        *map(note_of, causes),
        *notes_on(Counted(whole, classes.names), classes, FileCounts.of(pairs, palettes), sample),
        *map(note_of, perhaps_swapped_maps(names, void.preds, len(pairs), gt_has_void=void.in_gt)),
    )


def _usual_columns(scores: LabelErrorScores, statistics: LabelErrorStatistics) -> NDArray[np.int64]:
    """Pixels by class and column of `LabelMapStatistics.pixels`, int64, shape (C, 4)."""
    own = scores.categories
    whole = np.zeros((len(own), 4), np.int64)
    whole[:, GT] = [one.gt for one in own]
    whole[:, TRUE] = [one.gt - sum(k.missed for k in one.kinds.values()) for one in own]
    false = [sum(kind.false for kind in one.kinds.values()) for one in own]
    whole[:, PREDICTED] = whole[:, TRUE] + np.array(false, np.int64)
    np.add.at(whole[:, IGNORED], statistics.category, statistics.pixels[:, NOT_EVALUATED])
    return whole


def _name(source: str | Path | Sequence[Any]) -> str:
    """The name of an input in the result."""
    return str(source) if isinstance(source, str | Path) else counted(len(source), "label map")
