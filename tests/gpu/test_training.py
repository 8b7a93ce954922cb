"""Training on a GPU: losses are finite and fall, and begin where they begin on the CPU."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from segeval_cli import failures
from segeval_cli.main import app
from tests.cli.commands.train.test_train_detectors import DETECTORS, STARTS
from tests.small_models import small_models
from tests.small_pictures import write_pictures

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here"),
]

OBJECTS = ("--config", "set/small.toml", "--images", "set/images", "--annotations", "set/gt.json")
MAPS = ("--config", "set/maps.toml", "--images", "set/images", "--label-maps", "set/maps")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "set", 12)
    return tmp_path


def losses(*words: str) -> list[float]:
    """Of a run with these options."""
    with small_models():
        assert failures.run(app, ["train", *words, "-q"]) == failures.DONE
    lines = Path(words[-1], "log.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


@pytest.mark.parametrize("amp", [(), ("--amp", "bf16"), ("--amp", "fp16")])
@pytest.mark.parametrize("task", [OBJECTS, (*MAPS, "--classes", "3")])
def test_losses_begin_as_on_the_cpu_and_fall(
    task: tuple[str, ...], amp: tuple[str, ...], folder: Path
) -> None:
    found = losses(*task, *amp, "--device", "cuda", "-o", "gpu")
    first = losses(*task, "--updates", "1", "--device", "cpu", "-o", "cpu")
    assert found[0] == pytest.approx(first[0], rel=0.05)
    assert np.isfinite(found).all()
    assert np.mean(found[-5:]) < np.mean(found[:5])


@pytest.mark.parametrize("kind", DETECTORS)
def test_every_detector_begins_as_on_the_cpu_learns_and_predicts(kind: str, folder: Path) -> None:
    given = ["--config", STARTS.get(kind, "set/small.toml"), *OBJECTS[2:]]
    given += [word for setting in DETECTORS[kind] for word in ("--set", setting)]
    found = losses(*given, "--seed", "1", "--device", "cuda", "-o", "gpu")
    one_update = ("--updates", "1", "--seed", "1", "--device", "cpu", "-o", "cpu")
    first = losses(*given, *one_update)
    assert found[0] == pytest.approx(first[0], rel=0.05)
    assert np.isfinite(found).all()
    assert np.mean(found[-5:]) < np.mean(found[:5])
    weights = ("--weights", "gpu/best.safetensors", "--device", "cuda", "-q")
    predict = ("predict", "set/gt.json", "--images", "set/images", *weights, "-o", "preds.json")
    with small_models():
        assert failures.run(app, [*predict]) == failures.DONE


def test_a_run_on_the_gpu_goes_on(folder: Path) -> None:
    how = ("--amp", "fp16", "--ema", "0.9", "--device", "cuda")
    assert len(losses(*OBJECTS, *how, "--updates", "3", "-o", "run")) == 3
    assert len(losses(*OBJECTS[2:], *how, "--updates", "5", "--resume", "-o", "run")) == 5
