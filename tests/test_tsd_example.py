"""The example of TSD runs, and its cells begin where they are."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from examples.rare_classes.detector import detector, settings
from examples.rare_classes.scenes import CLASSES, Scenes
from examples.tsd import run

pytestmark = pytest.mark.usefixtures("one_thread")


def test_cells_begin_without_a_move() -> None:
    model = detector(run.still_stage).eval()
    scenes = Scenes(np.eye(CLASSES, dtype=np.int64)[0], np.random.default_rng(0))
    found = run.mean_moves(model, scenes, settings("plain"))
    assert found == {"moves for class": 0, "moves for box": 0}


def test_every_number_of_a_seed_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--smoke"])
    run.main()
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "seed 0"
    found = {line[:18].strip(): float(line[18:]) for line in lines}
    assert list(found)[2:] == [
        "L_c first", "L_c last", "L_r first", "L_r last", "AP TSD", "AP ordinary",
    ]  # fmt: skip
    # no number is better than the ordinary head's by the margin before it has learnt
    assert 0 < found["L_c first"] <= 1
    assert 0 < found["moves for class"] < 5
