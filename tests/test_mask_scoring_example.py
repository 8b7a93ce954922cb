"""The example of mask scoring runs from end to end, and measures masks by their own objects."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from examples.mask_scoring import run
from examples.rare_classes.learning import ground_truth
from examples.rare_classes.scenes import CLASSES, Scenes
from segeval import load_predictions

pytestmark = pytest.mark.usefixtures("one_thread")


def test_it_prints_both_rankings_and_whether_what_was_expected_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--smoke", "--seeds", "0"])
    run.main()
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith("| ")}
    assert {"plain correlation", "scored correlation", "plain AP", "scored AP75"} <= rows
    assert len([line for line in lines if line.endswith((": yes", ": NO"))]) == 1


def test_a_mask_is_measured_by_the_object_of_its_class() -> None:
    scenes = Scenes(np.eye(CLASSES, dtype=np.int64)[0], np.random.default_rng(0))
    (truth,) = ground_truth(scenes)["annotations"]
    own = {name: truth[name] for name in ("image_id", "segmentation")}
    preds = load_predictions([{**own, "category_id": kind, "score": 0.5} for kind in (0, 1)])
    assert run.best_ious(preds, scenes).tolist() == [1, 0]
