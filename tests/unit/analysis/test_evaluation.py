"""One evaluation with its files."""

from __future__ import annotations

import pytest

import segeval
from segeval.analysis import evaluated
from segeval.data.synthetic import furniture
from segeval.errors import InputError

SCENE = furniture(images=4)


def test_it_has_the_matches_of_match_and_both_files() -> None:
    found = evaluated(SCENE.better, SCENE.ground_truth, iou="bbox", max_dets=3)
    matches = segeval.match(SCENE.better, SCENE.ground_truth, iou="bbox", max_dets=3)
    assert (found.matches.matched() == matches.matched()).all()
    assert len(found.preds) == len(SCENE.better)
    assert len(found.gt) == len(SCENE.ground_truth["annotations"])


def test_several_kinds_of_iou_are_refused() -> None:
    with pytest.raises(InputError) as raised:
        evaluated(SCENE.better, SCENE.ground_truth, iou=("segm", "bbox"))
    assert str(raised.value) == "`iou` names 2 kinds, expected one at a time."
