"""The example of rare classes runs from end to end, and its pictures are what its page says."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from examples.rare_classes import run
from examples.rare_classes.scenes import CLASSES, RARE, Scenes, long_tail
from segeval.models.training.example import objects_of

pytestmark = pytest.mark.usefixtures("one_thread")


def test_frequent_classes_have_a_hundred_times_the_objects_of_the_rarest() -> None:
    counts = long_tail()
    assert (len(counts), counts[0], counts[-1]) == (CLASSES, 400, 4)
    assert (counts[:-1] > counts[1:]).all()
    assert RARE == (8, 9, 10, 11)


def test_objects_of_a_picture_hide_each_other() -> None:
    scenes = Scenes(np.full(CLASSES, 2), np.random.default_rng(0))
    assert len(scenes) == 8
    for picture in scenes.pictures:
        assert int(objects_of(picture).masks.sum(0).max()) == 1


def test_every_way_prints_its_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--smoke", "--ways", "copy-paste", "mosaic"])
    run.main()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:3] for line in lines[:2]] == [
        ["seed", "0", "copy-paste"],
        ["seed", "0", "mosaic"],
    ]
    assert [line[0] for line in lines[2:]] == ["copy-paste", "mosaic"]
