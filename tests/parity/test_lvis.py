"""Equal to lvis on data sets made to be hard."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from segeval.analysis.official import verify
from tests.parity.agreement import assert_both_modes_agree, assert_compat_agrees
from tests.parity.scenes import clean_pair, nasty_pair

pytestmark = pytest.mark.skipif(
    find_spec("lvis") is None, reason="the official package lvis is not installed"
)

SETTINGS: dict[str, dict[str, Any]] = {
    "3D-FUTURE sizes": {"sizes": "3dfuture"},
    "two sizes": {"sizes": "24"},
    "odd thresholds": {"thresholds": (0.1, 0.5, 0.8, 1.0)},
    "a low cap": {"max_dets": 3},
    "no cap": {"max_dets": 0},
    "masks and boxes": {"iou": ("segm", "bbox")},
}


@pytest.mark.parametrize("seed", range(30))
def test_both_modes_score_masks_of_clean_files_as_lvis(seed: int) -> None:
    assert_both_modes_agree(verify(*clean_pair(seed, lvis=True)))


@pytest.mark.parametrize("seed", range(10))
def test_both_modes_score_boxes_of_clean_files_as_lvis(seed: int) -> None:
    assert_both_modes_agree(verify(*clean_pair(1000 + seed, boxes=True, lvis=True), iou="bbox"))


@pytest.mark.parametrize("seed", range(50))
def test_compat_scores_masks_of_nasty_files_as_lvis(seed: int) -> None:
    assert_compat_agrees(verify(*nasty_pair(2000 + seed, lvis=True)))


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("seed", range(4))
def test_lvis_agrees_under_any_settings(seed: int, settings: dict[str, Any]) -> None:
    assert_compat_agrees(verify(*nasty_pair(3000 + seed, lvis=True), **settings))
