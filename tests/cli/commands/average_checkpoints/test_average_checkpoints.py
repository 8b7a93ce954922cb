"""`segeval average-checkpoints`: the file, the table and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for epoch in (1, 2, 3):
        np.savez(f"epoch{epoch}.npz", weight=np.array([epoch, 4.0]), batches=np.array(epoch))


def run(*words: str) -> int:
    return failures.run(app, ["average-checkpoints", *words])


def test_the_mean_is_written_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("epoch1.npz", "epoch2.npz", "epoch3.npz", "-o", "mean.npz") == failures.DONE
    with np.load("mean.npz") as found:
        assert found["weight"].tolist() == [2.0, 4.0]
        assert found["batches"] == 3
    out = capsys.readouterr()
    assert out.out.startswith("Mean of 3 files of weights   epoch1.npz, epoch2.npz, epoch3.npz\n")
    assert "1 of 2 tensors averaged, 3 numbers" in out.out
    assert out.err == "wrote mean.npz\n"


def test_a_moving_average_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("epoch1.npz", "epoch2.npz", "epoch3.npz", "--ema", "0.9", "-o", "ema.npz")
    assert run(*words, "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/average-checkpoints/1"
    assert document["settings"] == {"method": "ema", "decay": 0.9, "ramp": False}
    assert [round(each, 6) for each in document["results"]["shares"]] == [0.81, 0.09, 0.1]
    assert [len(each["sha256"]) for each in document["inputs"].values()] == [64, 64, 64]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("epoch1.npz epoch2.npz", "nothing says where to write the weights, expected -o with a"),
        ("epoch1.npz -o m.npz", "expected two or more files of weights, got 1 file."),
        ("epoch1.npz epoch2.npz -o epoch3.npz", "epoch3.npz: exists already, and weights are nev"),
        ("epoch1.npz epoch2.npz -o epoch2.npz", "epoch2.npz: is an input file and would be lost."),
        ("epoch1.npz epoch2.npz --ramp -o m.npz", "--ramp is for --ema DECAY."),
        ("epoch1.npz epoch2.npz --ema 1 -o m.npz", "--ema is 1, expected 0 to below 1, such as "),
        ("- - -o m.npz", 'only one file can be "-"'),
    ],
)
def test_what_cannot_be_averaged_is_refused(
    words: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in Path().iterdir()}
    assert run(*words.split()) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(f"error: {expected}")
    assert {path: path.read_bytes() for path in Path().iterdir()} == before
