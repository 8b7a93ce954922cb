"""Panoptic quality equal to a slow evaluator that shares nothing with it, on hard scenes.

That evaluator, and ours with compat "official", were run beside panopticapi 7bb4655 and
boundary-iou-api 37d2558 on 1,000 of these scenes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval import PanopticResult, panoptic_quality
from tests.parity.panoptic_reference import reference
from tests.parity.panoptic_scenes import random_set

TOLERANCE = 1e-9

BOTH = ("segm", "boundary")


def assert_equal_to_reference(
    result: PanopticResult, preds: Path, gt: Path, *, official: bool
) -> None:
    """Every count and sum of every category."""
    for kind, scores in result.scores.items():
        expected = reference(preds, gt, boundary=kind == "boundary", official=official)
        for one in scores.categories:
            total, *counts = expected[one.id]
            assert [one.tp, one.fp, one.fn] == counts, (kind, one)
            assert (one.sq or 0) * one.tp == pytest.approx(total, abs=TOLERANCE), (kind, one)


@pytest.mark.parametrize("seed", range(60))
def test_official_mode_equals_the_tool_on_sloppy_files(seed: int, tmp_path: Path) -> None:
    preds, gt = random_set(tmp_path, seed)
    result = panoptic_quality(preds, gt, iou=BOTH, compat="official")
    assert_equal_to_reference(result, preds, gt, official=True)


@pytest.mark.parametrize("seed", range(60))
def test_default_mode_equals_the_definition_on_sound_files(seed: int, tmp_path: Path) -> None:
    preds, gt = random_set(tmp_path, 5000 + seed, sloppy=False)
    result = panoptic_quality(preds, gt, iou=BOTH)
    assert_equal_to_reference(result, preds, gt, official=False)


def test_the_scenes_hold_what_the_modes_differ_in(tmp_path: Path) -> None:
    differing = 0
    for seed in range(40):
        preds, gt = random_set(tmp_path, 5000 + seed, sloppy=False)
        ours, theirs = (panoptic_quality(preds, gt, iou=BOTH, compat=c) for c in (None, "official"))
        differing += ours.scores != theirs.scores
    assert differing > 5


def test_threads_change_no_bit(tmp_path: Path) -> None:
    preds, gt = random_set(tmp_path, 7, sloppy=False)
    one = panoptic_quality(preds, gt, iou=BOTH, workers=1)
    many = panoptic_quality(preds, gt, iou=BOTH, workers=5)
    assert one.scores == many.scores
