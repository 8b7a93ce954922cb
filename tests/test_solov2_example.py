"""The example of SOLOv2 runs from end to end, and its pictures can be learned by its grids."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from examples.solov2 import run
from segeval.models.networks.solo.targets import cell_targets
from segeval.models.training.example import objects_of

pytestmark = pytest.mark.usefixtures("one_thread")


def test_both_parts_print_their_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--smoke"])
    run.main()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:4] for line in lines] == [
        ["seed", "0", "by-heart", "8"],
        ["seed", "0", "others", "8"],
    ]


def test_every_object_has_cells() -> None:
    size, config = (run.SIDE, run.SIDE), run.SETTINGS
    for picture in run.pictures(2, np.random.default_rng(0)).pictures:
        objects = objects_of(picture)
        levels = cell_targets(
            objects, size, grids=config.grids, scales=config.scales, sigma=config.sigma
        )
        owners = torch.cat([each.objects for each in levels])
        assert set(owners.tolist()) == set(range(len(objects.classes)))
