"""Which classes of label maps are taken for which, pixel by pixel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.confusion import Confusion
from segeval.analysis.errors.label_maps import Void, notes_on_labels
from segeval.analysis.errors.label_statistics import class_maps
from segeval.checks.label_agreement import label_names
from segeval.data.label_maps.classes import Classes, Ignored, LabelClasses, label_classes
from segeval.data.label_maps.pairs import LabelPair, label_pairs
from segeval.errors import InputError
from segeval.kernels.threads import OnProgress, in_order
from segeval.metrics.semantic.confusion import confusion as pixels_by_label
from segeval.metrics.semantic.statistics import GT, IGNORED, PREDICTED, TRUE

MOST_CLASSES = 2048
"""Classes whose pairs can be counted: 32 MB of counts."""

COUNTED_AT_ONCE = 256
"""Classes up to which all pairs of an image are counted in a table, and not by sorting."""

Counts = tuple[NDArray[np.int64], NDArray[np.int64], int]
"""Pairs of labels that occur in an image, how often each, and how many files have a palette."""


def label_confusion(
    preds: str | Path | Sequence[Any],
    gt: str | Path | Sequence[Any],
    *,
    classes: Classes,
    ignore: Ignored = (),
    workers: int | None = None,
    on_progress: OnProgress | None = None,
) -> Confusion:
    """How many pixels of each class of label maps were taken for each other class.

    Args:
        preds: as in `mean_iou`.
        gt: as in `mean_iou`.
        classes: as in `mean_iou`.
        ignore: as in `mean_iou`.
        workers: threads, None for all cores; the numbers do not depend on it.
        on_progress: called with the number of images done, and of all.

    Raises:
        InputError: as `mean_iou`, and for more than 2,048 classes.
        FormatError: as `mean_iou`.
        MismatchError: as `mean_iou`.

    Example:
        >>> import numpy as np
        >>> gt, pred = np.array([[0, 0, 1, 1]]), np.array([[0, 1, 1, 1]])
        >>> label_confusion([pred], [gt], classes={0: "road", 1: "car"}).worst()[0].pred_name
        'car'
    """
    listed = label_classes(label_classes(classes), ignore)
    number = len(listed)
    if number > MOST_CLASSES:
        raise InputError(
            f"`classes` has {number:,} classes, expected at most {MOST_CLASSES:,}: which of them "
            "is taken for which is a table of all pairs.",
            code="classes",
            option="classes",
        )
    pairs = label_pairs(preds, gt, listed)
    counts = np.zeros((number + 1, number + 1), np.int64)
    palettes = void_preds = 0
    counted = in_order(
        lambda pair: _count(pair, listed, pairs), pairs, workers, on_progress=on_progress
    )
    for places, how_often, of_image in counted:
        counts.ravel()[places] += how_often
        palettes += of_image
        void_preds += bool((places % (number + 1) == number)[places < number * (number + 1)].any())
    void = int(counts[number].sum())
    counts[number] = 0  # pixels whose true label is not evaluated are in no pair
    whole = np.zeros((number, 4), np.int64)
    whole[:, GT] = counts[:number].sum(axis=1)
    whole[:, TRUE] = np.diagonal(counts)[:number]
    whole[:, PREDICTED] = counts[:number, :number].sum(axis=0)
    whole[:, IGNORED] = counts[:number, number]
    return Confusion.of_table(
        counts,
        iou=None,
        threshold=None,
        min_score=None,
        ids=tuple(listed.ids),
        names=listed.names,
        void=void,
        notes=notes_on_labels(
            whole, pairs, listed, label_names(preds, gt), palettes, Void(void_preds, void > 0)
        ),
    )


def _count(pair: LabelPair, classes: LabelClasses, pairs: Sequence[LabelPair]) -> Counts:
    """The pairs of true and predicted classes in one image, by place in a table (C + 1, C + 1)."""
    pred, gt, palettes = class_maps(pair, classes, pairs)
    size = len(classes) + 1
    if size <= COUNTED_AT_ONCE:
        same = np.arange(np.iinfo(gt.dtype).max + 1).clip(max=size - 1).astype(gt.dtype)
        table = pixels_by_label(pred, gt, same, same, size=size)[0].ravel()
        places = np.flatnonzero(table)
        return places, table[places], palettes
    places, how_often = np.unique(gt.astype(np.int64) * size + pred, return_counts=True)
    return places, how_often.astype(np.int64), palettes
