"""`segeval train` of a small Swin: it learns, resumes exactly, is loaded, predicts, is evaluated.

Drop path draws in every update, so that a run which goes on with other numbers would differ.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from segeval.models.networks.rcnn import MaskRCNN
from segeval_cli import failures
from segeval_cli.main import app
from tests.small_models import small_models
from tests.small_pictures import write_pictures

SWIN = """
base = "small.toml"

[backbone]
kind = "swin"
embed = 32
depths = [2, 2, 2, 2]
heads = [2, 4, 8, 16]
window = 4
drop_path = 0.1

[schedule]
optimiser = "adamw"
batch = 4
learning_rate = 1e-3
weight_decay = 0.05
"""
DATA = ("--images", "set/images", "--annotations", "set/gt.json")
VAL = ("--val-images", "val/images", "--val-annotations", "val/gt.json", "--eval-every", "20")
SAME = (*VAL, "--seed", "1")
NEW = ("--config", "set/swin.toml", *SAME)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "set", 12)
    write_pictures(tmp_path / "val", 4, seed=1)
    Path("set/swin.toml").write_text(SWIN)
    with small_models():
        yield


def train(output: str, *words: str) -> int:
    return failures.run(app, ["train", *DATA, *words, "--device", "cpu", "-o", output])


def records(output: str, kind: str) -> list[dict[str, Any]]:
    lines = Path(output, "log.jsonl").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each["kind"] == kind]


def losses(output: str) -> list[float]:
    return [each["loss"] for each in records(output, "update")]


def interrupt(monkeypatch: pytest.MonkeyPatch, update: int) -> None:
    """Have Ctrl-C pressed in an update."""
    losses_of, calls = MaskRCNN.losses, iter(range(1, 1000))

    def interrupted(model: MaskRCNN, batch: Any, *, generator: Any = None) -> dict[str, Tensor]:
        if next(calls) == update:
            signal.raise_signal(signal.SIGINT)
        return losses_of(model, batch, generator=generator)

    monkeypatch.setattr(MaskRCNN, "losses", interrupted)


def test_a_swin_learns_in_twenty_updates_resumes_exactly_and_predicts_what_it_was_measured_by(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        interrupt(patched, 6)
        assert train("run", *NEW) == failures.INTERRUPTED
    torch.manual_seed(99)  # nothing draws from torch's own generator
    assert train("run", *SAME, "--resume") == failures.DONE
    found = losses("run")
    assert len(found) == 20
    assert np.mean(found[-5:]) < np.mean(found[:5])
    assert "no --init: all weights start at random\n" in capsys.readouterr().err

    with monkeypatch.context() as patched:
        interrupt(patched, 9)
        assert train("whole", *NEW) == failures.INTERRUPTED
    assert losses("whole") == found[:9]

    weights = ("--weights", "run/best.safetensors", "--device", "cpu")
    predict = ["predict", "val/gt.json", "--images", "val/images", *weights, "-o", "preds.json"]
    assert failures.run(app, predict) == failures.DONE
    capsys.readouterr()
    assert failures.run(app, ["ap", "preds.json", "val/gt.json", "--json"]) == failures.DONE
    ap = json.loads(capsys.readouterr().out)["results"]["segm"]["ap"]
    assert ap == records("run", "evaluation")[-1]["metrics"]["AP"]
