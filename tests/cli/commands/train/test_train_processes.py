"""`segeval train` as processes of their own: a real Ctrl-C, and two of them by torchrun."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from segeval_cli import failures
from segeval_cli.main import app
from tests.small_pictures import write_pictures

SMALL = ("-m", "tests.small_models")
TWO = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", *SMALL)
ALWAYS = ("--config", "set/small.toml", "--images", "set/images", "--annotations", "set/gt.json")
VAL = ("--val-images", "val/images", "--val-annotations", "val/gt.json")

LONGEST = 120.0
"""Seconds until a process that does not do what it should is given up."""


def start(root: Path, folder: Path, *words: str) -> subprocess.Popen[str]:
    own = os.pathsep.join([str(root), str(root / "cli")])
    environment = {**os.environ, "PYTHONPATH": own, "OMP_NUM_THREADS": "1"}
    argv = [sys.executable, *words, "--device", "cpu"]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, cwd=folder, env=environment, text=True, stdout=pipe, stderr=pipe)


def records(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def ended(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run that is interrupted in the middle, and one of two processes, at the same time."""
    folder = tmp_path_factory.mktemp("processes")
    write_pictures(folder / "set", 12)
    write_pictures(folder / "val", 4, seed=1)
    lone = start(root, folder, *SMALL, "train", *ALWAYS, "--updates", "1000", "-o", "lone")
    two = start(
        root,
        folder,
        *TWO,
        "train",
        *ALWAYS,
        *VAL,
        "--updates",
        "16",
        "--eval-every",
        "16",
        "-o",
        "two",
    )
    end = time.monotonic() + LONGEST
    while len(records(folder / "lone" / "log.jsonl")) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    lone.send_signal(signal.SIGINT)
    found: dict[str, Any] = {"folder": folder}
    for name, process in (("lone", lone), ("two", two)):
        out, err = process.communicate(timeout=LONGEST)
        found[name] = (process.returncode, out, err)
    return found


def test_ctrl_c_stops_after_the_update_and_saves(ended: dict[str, Any]) -> None:
    code, out, err = ended["lone"]
    assert code == failures.INTERRUPTED
    assert "stopping after this update; Ctrl-C again stops at once\n" in err
    assert err.endswith("\ninterrupted\n")
    done = len(records(ended["folder"] / "lone" / "log.jsonl"))
    assert f"interrupted after update {done}; resume with --resume" in out
    left = {each.name for each in (ended["folder"] / "lone").iterdir()}
    assert left == {"best.safetensors", "last.pt", "log.jsonl", "config.toml", "curves.png"}


def test_two_processes_train_and_one_of_them_talks(ended: dict[str, Any]) -> None:
    code, out, err = ended["two"]
    assert code == failures.DONE, err
    assert out.count("Trained small   16 updates of 2 images on cpu") == 1
    assert err.count("16 updates of 2 images from 12, on cpu in 2 processes") == 1
    assert len(records(ended["folder"] / "two" / "log.jsonl")) == 16 + 1


def test_two_processes_measure_what_one_does(
    ended: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.small_models import small_models

    monkeypatch.chdir(ended["folder"])
    weights = ("--weights", "two/best.safetensors", "--device", "cpu", "-q")
    with small_models():
        argv = ["predict", "val/gt.json", "--images", "val/images", *weights, "-o", "preds.json"]
        assert failures.run(app, argv) == failures.DONE
    capsys.readouterr()
    argv = ["ap", "preds.json", "val/gt.json", "--iou", "segm", "--iou", "boundary", "--json"]
    assert failures.run(app, argv) == failures.DONE
    results = json.loads(capsys.readouterr().out)["results"]
    best = [each for each in records(Path("two/log.jsonl")) if each.get("best")][-1]["metrics"]
    assert (results["segm"]["ap"], results["boundary"]["ap50"]) == (
        best["AP"],
        best["boundary_AP50"],
    )
