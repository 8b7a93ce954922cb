"""Confusion matrices and what follows from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.metrics.semantic.confusion import Absent, Scored, confusion, scored

# 10 true pixels of class 0: 6 right, 1 taken for class 1, 2 for class 3, 1 for another label. 4 of
# class 1: 3 right, 1 taken for class 0. Class 2 is nowhere, class 3 only predicted.
COUNTS = np.array([[6, 1, 0, 2, 1], [1, 3, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]])


def scored_matrix(counts: NDArray[np.int64], absent: Absent = "cityscapes") -> Scored:
    """The scores of a confusion matrix (C, C + 1)."""
    return scored(counts.diagonal(), counts.sum(axis=1), counts[:, :-1].sum(axis=0), absent)


def counted(
    gt: NDArray[Any], pred: NDArray[Any], band: NDArray[Any], size: int, bands: int
) -> NDArray[np.int64]:
    """The definition, pixel by pixel."""
    counts = np.zeros((bands, size, size), np.int64)
    np.add.at(counts, (band.ravel(), gt.ravel(), pred.ravel()), 1)
    return counts


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 5), (16, 16), (33, 41)])
@pytest.mark.parametrize("run", [1, 3, 20])
def test_every_pixel_is_counted_once(dtype: Any, shape: tuple[int, int], run: int) -> None:
    rng = np.random.default_rng(run)
    pixels = shape[0] * shape[1]
    gt, pred, band = (
        np.repeat(rng.integers(0, 4, pixels), rng.integers(1, run + 1, pixels))[:pixels]
        .reshape(shape)
        .astype(dtype)
        for _ in range(3)
    )
    same = np.arange(4, dtype=dtype)
    found = confusion(pred, gt, same, same, size=4, band=band.astype(np.uint8), bands=4)
    assert (found == counted(gt, pred, band, 4, 4)).all()
    assert (confusion(pred, gt, same, same, size=4)[0] == found.sum(axis=0)).all()


def test_labels_are_looked_up_in_tables() -> None:
    gt, pred = np.array([[7, 9, 9]], np.uint8), np.array([[9, 9, 7]], np.uint8)
    gt_table, pred_table = np.zeros(256, np.uint8), np.zeros(256, np.uint8)
    gt_table[9], pred_table[7] = 1, 2
    found = confusion(pred, gt, pred_table, gt_table, size=3)[0]
    assert found.tolist() == [[1, 0, 0], [1, 0, 1], [0, 0, 0]]


def test_iou_accuracy_and_means_of_a_small_matrix() -> None:
    scores = scored_matrix(COUNTS)
    assert scored_matrix(COUNTS).iou[:2].tolist() == [6 / 11, 3 / 5]
    assert np.isnan(scores.iou[2])  # on neither side: union 0
    assert scores.iou[3] == 0  # predicted, but not in the truth
    assert scores.miou == pytest.approx((6 / 11 + 3 / 5 + 0) / 3, abs=1e-15)
    assert scores.pixel_accuracy == 9 / 14
    assert scores.mean_accuracy == (6 / 10 + 3 / 4) / 2
    assert scores.fw_iou == pytest.approx((10 * 6 / 11 + 4 * 3 / 5) / 14, abs=1e-15)


def test_zero_counts_every_class() -> None:
    scores = scored_matrix(COUNTS, "zero")
    assert scores.iou[2] == 0
    assert scores.miou == pytest.approx((6 / 11 + 3 / 5) / 4, abs=1e-15)
    assert scores.mean_accuracy == (6 / 10 + 3 / 4) / 4


def test_detectron2_leaves_out_classes_without_ground_truth() -> None:
    scores = scored_matrix(COUNTS, "detectron2")
    assert np.isnan(scores.iou[2:]).all()
    assert scores.miou == pytest.approx((6 / 11 + 3 / 5) / 2, abs=1e-15)


def test_nothing_is_defined_without_pixels() -> None:
    scores = scored_matrix(np.zeros((2, 3), np.int64))
    assert np.isnan([scores.miou, scores.pixel_accuracy, scores.mean_accuracy, scores.fw_iou]).all()
