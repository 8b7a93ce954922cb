"""Precision and recall from flags alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.errors import ShapeError
from segeval.metrics.coco.curves import EPSILON, RECALLS, Curves, precision_recall


def curve(
    flags: str, positives: int, caps: tuple[int, ...] = (100,), copies: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Curves of one group at one threshold; T is a true, F a false, - an ignored prediction."""
    within = np.arange(len(flags)) < np.array(caps)[:, np.newaxis]
    curves = precision_recall(
        matched=np.array([flag == "T" for flag in flags], np.uint64),
        ignored=np.array([flag == "-" for flag in flags], np.uint64),
        copies=copies * within,
        offsets=np.array([0, len(flags)]),
        positives=np.array([positives]),
        thresholds=np.array([0.5]),
    )
    return curves.precision[0, 0], curves.recall[0, :, 0]


def textbook(flags: str, positives: int) -> NDArray[np.float64]:
    """The same, step by step as pycocotools does it."""
    counted = [flag for flag in flags if flag != "-"]
    true = np.cumsum([flag == "T" for flag in counted])
    false = np.cumsum([flag == "F" for flag in counted])
    precision = true / (false + true + EPSILON)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(true / positives, RECALLS, side="left")
    return np.array([envelope[p] if p < len(envelope) else 0.0 for p in place])


@pytest.mark.parametrize("flags", ["TFT", "FTT", "F", "T", "T-F-T", "--", "FFTTFTFT", "TTTTTTT"])
@pytest.mark.parametrize("positives", [7, 10])
def test_the_curve_is_that_of_the_textbook(flags: str, positives: int) -> None:
    np.testing.assert_array_equal(curve(flags, positives)[0], textbook(flags, positives))


def test_recall_7_of_10_does_not_reach_the_recall_point_after_it() -> None:
    # numpy.linspace(0, 1, 101)[70] is 0.7000000000000001
    precision, recall = curve("T" * 7, 10)
    assert (precision[69], precision[70], recall[0]) == (7 / (7 + EPSILON), 0, 0.7)


def test_without_positives_nothing_is_defined() -> None:
    precision, recall = curve("FF", 0)
    assert set(precision) == {-1}
    assert recall.tolist() == [-1]


def test_without_predictions_everything_is_0() -> None:
    precision, recall = curve("", 3)
    assert set(precision) == {0}
    assert recall.tolist() == [0]


def test_recall_is_taken_at_each_cap_and_precision_at_the_largest() -> None:
    precision, recall = curve("FTTT", 4, caps=(1, 2, 3))
    assert recall.tolist() == [0, 1 / 4, 2 / 4]
    np.testing.assert_array_equal(precision, textbook("FTT", 4))


@pytest.mark.parametrize("flags", ["TFT", "FTT", "FFTTFTFT", "T-F-T"])
@pytest.mark.parametrize("copies", [2, 3])
def test_copies_count_as_if_they_were_written_out(flags: str, copies: int) -> None:
    written_out = "".join(copies * flag for flag in flags)
    precision, recall = curve(flags, copies * 7, copies=copies)
    expected_precision, expected_recall = curve(written_out, copies * 7)
    np.testing.assert_array_equal(precision, expected_precision)
    assert recall == expected_recall


def many_groups(positives: NDArray[np.int64]) -> Curves:
    """Groups of ten predictions each, with random flags."""
    rng = np.random.default_rng(0)
    rows = 10 * len(positives)
    return precision_recall(
        matched=rng.integers(0, 4, rows, np.uint8),
        ignored=rng.integers(0, 4, rows, np.uint8) & rng.integers(0, 4, rows, np.uint8),
        copies=np.ones((1, rows), np.uint8),
        offsets=np.arange(0, rows + 1, 10),
        positives=positives,
        thresholds=np.array([0.5, 0.75]),
    )


def test_groups_without_ground_truth_take_no_room_and_change_no_other() -> None:
    positives = np.random.default_rng(1).integers(0, 3, 500)
    curves, every = many_groups(positives), many_groups(np.maximum(positives, 1))
    is_one = positives == 1
    assert len(curves.defined) == (positives > 0).sum() < 500
    np.testing.assert_array_equal(curves.precision[is_one], every.precision[is_one])
    assert (curves.precision[positives == 0] == -1).all()
    assert (curves.recall[positives == 0] == -1).all()


def test_means_are_those_of_the_full_array() -> None:
    positives = np.random.default_rng(1).integers(0, 3, 500)
    curves = many_groups(positives)
    every = np.arange(500)
    for groups in (every, every[:100], every[::7], every[positives == 0]):
        chosen = groups[positives[groups] > 0]
        values = curves.precision[chosen].transpose(1, 2, 0)
        expected = values.ravel().mean() if len(chosen) else None
        assert curves.ap(groups=groups) == expected
        one = values[1].ravel().mean() if len(chosen) else None
        assert curves.ap(0.75, groups=groups) == one
    assert curves.ap() == curves.ap(groups=every)
    by_group = curves.precision.reshape(500, -1).mean(axis=1)
    np.testing.assert_array_equal(curves.by_group()[positives > 0], by_group[positives > 0])
    np.testing.assert_array_equal(np.isnan(curves.by_group(1)), positives == 0)


@pytest.mark.parametrize(
    "change",
    [
        {"offsets": np.array([0, 4])},
        {"offsets": np.array([2, 1])},
        {"offsets": np.array([-1, 3])},
        {"offsets": np.array([0])},
        {"ignored": np.zeros(2, np.uint64)},
        {"copies": np.ones((1, 9), np.int64)},
        {"thresholds": np.linspace(0.1, 0.9, 65)},
    ],
)
def test_columns_that_do_not_fit_are_refused(change: dict[str, Any]) -> None:
    columns: dict[str, Any] = {
        "matched": np.ones(3, np.uint64),
        "ignored": np.zeros(3, np.uint64),
        "copies": np.ones((1, 3), np.int64),
        "offsets": np.array([0, 3]),
        "positives": np.array([3]),
        "thresholds": np.array([0.5]),
    }
    with pytest.raises(ShapeError):
        precision_recall(**{**columns, **change})
