"""Confusion of predicted and true labels, and the scores that follow from it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.frozen import frozen
from segeval.kernels.promise import kernel

Absent = Literal["cityscapes", "zero", "detectron2"]
"""Which classes count in a mean; see `Scored`."""

ABSENT = ("cityscapes", "zero", "detectron2")


def confusion(
    pred: NDArray[Any],
    gt: NDArray[Any],
    pred_table: NDArray[Any],
    gt_table: NDArray[Any],
    *,
    size: int,
    band: NDArray[Any] | None = None,
    bands: int = 1,
) -> NDArray[np.int64]:
    """Pixels by band, true and predicted label.

    Args:
        pred: predicted labels, uint8 or uint16, C-contiguous, shape (H, W).
        gt: true labels, of the same dtype and shape.
        pred_table: row or column that each predicted label counts in, below size.
        gt_table: row or column that each true label counts in, below size.
        size: number of rows and of columns.
        band: index of each pixel's band, below bands, shape (H, W); None for one band.
        bands: number of bands.

    Returns:
        int64, shape (bands, size, size): truth in rows, predictions in columns.

    Raises:
        ShapeError: if the maps differ in size or type, or a table is too short or leads outside.

    Example:
        >>> same = np.arange(3, dtype=np.uint8)
        >>> pred, gt = np.array([[0, 1, 2]], np.uint8), np.array([[0, 1, 1]], np.uint8)
        >>> confusion(pred, gt, same, same, size=3)[0]
        array([[1, 0, 0],
               [0, 1, 1],
               [0, 0, 0]])
    """
    _check_maps(pred, gt, pred_table, gt_table, size, band)
    counts = np.zeros((bands + 1, size, size), np.int64)  # the last for bands that do not exist
    flat_gt, flat_pred = gt.ravel(), pred.ravel()
    labels = 1 << 8 * gt.itemsize
    if band is None:  # every label is in band 0
        flat_band, band_table = flat_gt, np.zeros(labels, np.uint8)
    else:
        flat_band = band.astype(gt.dtype, copy=False).ravel()
        band_table = np.minimum(np.arange(labels), bands).astype(np.uint8)
    ones = (1 << 64) // ((1 << 8 * gt.itemsize) - 1)  # a 1 in every pixel of a word
    count_pairs(
        flat_pred, flat_gt, flat_band, _words(flat_pred), _words(flat_gt), _words(flat_band),
        pred_table, gt_table, band_table, np.uint64(ones), counts,
    )  # fmt: skip
    if counts[bands].any():
        raise ShapeError(
            f"`band` has the band {int(flat_band.max())}, expected 0 to {bands - 1}.",
            code="label-map",
            option="band",
        )
    return counts[:bands]


def _check_maps(
    pred: NDArray[Any],
    gt: NDArray[Any],
    pred_table: NDArray[Any],
    gt_table: NDArray[Any],
    size: int,
    band: NDArray[Any] | None,
) -> None:
    """Refuse maps and tables that would lead the kernel outside of an array."""
    if pred.dtype != gt.dtype or gt.dtype not in (np.uint8, np.uint16) or not gt.size:
        raise ShapeError(
            f"the label maps are {pred.dtype} and {gt.dtype} of {gt.size} pixels, expected uint8 "
            "or uint16, the same in both, with pixels.",
            code="label-map",
        )
    for name, each in (("pred", pred), ("band", band)):
        if each is not None and each.shape != gt.shape:
            raise ShapeError(
                f"`{name}` has shape {each.shape}, expected that of the ground truth: {gt.shape}.",
                code="size-differs",
                option=name,
            )
    if band is not None and band.dtype != np.uint8:
        raise ShapeError(
            f"`band` is {band.dtype}, expected uint8.", code="label-map", option="band"
        )
    for name, labels, table in (("pred_table", pred, pred_table), ("gt_table", gt, gt_table)):
        if not _fits(labels, table, size):
            raise ShapeError(
                f"`{name}` is {table.dtype} of shape {table.shape}, expected a number from 0 to "
                f"{size - 1} for each label up to {labels.max()}.",
                code="label-table",
                option=name,
            )


def _fits(labels: NDArray[Any], table: NDArray[Any], size: int) -> bool:
    """Whether a table has a place below `size` for every label of a map."""
    if table.ndim != 1 or table.dtype.kind not in "iu":
        return False
    is_whole = len(table) >= 1 << 8 * labels.itemsize  # then no pixel has to be looked at
    return bool((is_whole or labels.max() < len(table)) and table.min() >= 0 and table.max() < size)


@kernel
def count_pairs(
    pred: NDArray[Any],
    gt: NDArray[Any],
    band: NDArray[Any],
    pred_words: NDArray[np.uint64],
    gt_words: NDArray[np.uint64],
    band_words: NDArray[np.uint64],
    pred_table: NDArray[Any],
    gt_table: NDArray[Any],
    band_table: NDArray[Any],
    ones: np.uint64,
    counts: NDArray[np.int64],
) -> int:
    """Add the pixels of three maps (P,) to counts (bands, rows, columns); returns words counted.

    The words (P // step,) are the same pixels, step at a time. Most words continue the run of equal
    pixels before them, and cost three comparisons; the pixels of others are counted one by one.

    Assumes maps of one size and tables within counts, proven by `_check_maps`.
    """
    step = 8 // gt.itemsize
    run = 0
    g, p, b = gt[0], pred[0], band[0]
    run_gt, run_pred, run_band = np.uint64(g) * ones, np.uint64(p) * ones, np.uint64(b) * ones
    for i in range(len(gt_words)):
        if gt_words[i] == run_gt and pred_words[i] == run_pred and band_words[i] == run_band:
            run += step
            continue
        counts[band_table[b], gt_table[g], pred_table[p]] += run
        run = 0
        for j in range(i * step, i * step + step):
            g, p, b = gt[j], pred[j], band[j]
            counts[band_table[b], gt_table[g], pred_table[p]] += 1
        run_gt, run_pred, run_band = np.uint64(g) * ones, np.uint64(p) * ones, np.uint64(b) * ones
    counts[band_table[b], gt_table[g], pred_table[p]] += run
    for j in range(len(gt_words) * step, len(gt)):
        counts[band_table[band[j]], gt_table[gt[j]], pred_table[pred[j]]] += 1
    return len(gt_words)


@kernel
def count_classes(
    pred: NDArray[Any],
    gt: NDArray[Any],
    band: NDArray[np.uint8],
    classes: int,
    counts: NDArray[np.int64],
) -> tuple[int, int]:
    """Add the pixels of three maps (P,) to counts (C, bands, 4), for which C may be large.

    The maps hold indexes of classes, C for labels that are not evaluated, C + 1 for unknown ones.
    Columns are right, true, predicted and ignored pixels. Returns unknown pixels of gt and of pred.
    """
    unknown_gt = 0
    unknown_pred = 0
    for k in range(gt.size):
        g, p, b = int(gt[k]), int(pred[k]), int(band[k])
        unknown_gt += g > classes
        unknown_pred += p > classes
        if g >= classes or p > classes:
            continue
        counts[g, b, 1] += 1
        if p == classes:
            counts[g, b, 3] += 1
            continue
        counts[p, b, 2] += 1
        if p == g:
            counts[g, b, 0] += 1
    return unknown_gt, unknown_pred


@frozen(eq=False)
class Scored:
    """Scores of C classes from counted pixels; NaN where undefined.

    A class that is neither in the truth nor predicted is left out of the means. One that is only
    predicted has IoU 0. The rule "zero" counts the former as 0 too; "detectron2" leaves out the
    latter too.

    Attributes:
        iou: float64, shape (C,).
        accuracy: share of the true pixels predicted correctly, float64, shape (C,).
        gt: true pixels, int64, shape (C,).
        union: int64, shape (C,).
        miou: mean IoU, NaN if no class counts.
        mean_accuracy: mean over the classes with true pixels (rule "zero": over all).
        pixel_accuracy: share of all pixels predicted correctly.
        fw_iou: IoU weighted by the share of true pixels.
    """

    iou: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    gt: NDArray[np.int64]
    union: NDArray[np.int64]
    miou: float
    mean_accuracy: float
    pixel_accuracy: float
    fw_iou: float


def scored(
    right: NDArray[np.int64],
    gt: NDArray[np.int64],
    predicted: NDArray[np.int64],
    absent: Absent = "cityscapes",
) -> Scored:
    """IoU of every class and the means.

    Args:
        right: pixels of each class predicted as it, int64, shape (C,).
        gt: pixels of each class in the ground truth, int64, shape (C,).
        predicted: evaluated pixels predicted as each class, int64, shape (C,).
        absent: which classes count; see `Scored`.

    Example:
        >>> scored(np.array([3, 0]), np.array([4, 0]), np.array([3, 1])).iou.tolist()
        [0.75, 0.0]
    """
    union = gt + predicted - right
    iou = ratio_by_rule(right, union, gt, absent)
    accuracy = divided(right, gt)
    if absent == "zero":
        accuracy = np.nan_to_num(accuracy)
    pixels = int(gt.sum())
    return Scored(
        iou,
        accuracy,
        gt,
        union,
        mean(iou),
        mean(accuracy),
        int(right.sum()) / pixels if pixels else np.nan,
        float((np.nan_to_num(iou) * gt).sum()) / pixels if pixels else np.nan,
    )


def ratio_by_rule(
    hits: NDArray[np.int64], union: NDArray[np.int64], gt: NDArray[np.int64], absent: Absent
) -> NDArray[np.float64]:
    """Quotient of every class, NaN for classes that the rule leaves out, float64, shape (C,)."""
    ratio = divided(hits, union)
    if absent == "zero":
        return np.nan_to_num(ratio)
    return np.where(gt > 0, ratio, np.nan) if absent == "detectron2" else ratio


def divided(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    """A quotient, NaN where the denominator is 0."""
    quotient = np.full(len(denominator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def mean(values: NDArray[np.float64]) -> float:
    """Mean of the defined values, added in order; NaN if there are none."""
    defined = values[~np.isnan(values)]
    return sum(defined.tolist()) / len(defined) if len(defined) else float("nan")


def _words(pixels: NDArray[Any]) -> NDArray[np.uint64]:
    """As many pixels as fit into whole words of 64 bits, shape (P // step,)."""
    step = 8 // pixels.itemsize
    return pixels[: len(pixels) // step * step].view(np.uint64)
