"""`segeval train` and `segeval predict` with a backbone and heads of the user's own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval_cli import failures
from segeval_cli.main import app
from tests.own_kinds import own_kinds
from tests.small_models import small_models
from tests.small_pictures import write_pictures

TRAIN = (
    "train", "--config", "set/small.toml", "--images", "set/images",
    "--annotations", "set/gt.json", "--set", "backbone.kind=plain", "--set", "mask.kind=blob",
    "--set", "boxes.score_threshold=0", "--set", "schedule.updates=3", "--device", "cpu",
    "-o", "run",
)  # fmt: skip
PREDICT = (
    "predict", "set/gt.json", "--images", "set/images", "--weights", "run/best.safetensors",
    "--device", "cpu", "-o", "preds.json",
)  # fmt: skip

TRAIN_ON_MAPS = (
    "train", "--config", "set/small.toml", "--images", "set/images", "--label-maps", "set/maps",
    "--classes", "3", "--set", "task=semantic", "--set", "backbone.kind=plain",
    "--set", "semantic.kind=tint", "--set", "schedule.updates=3", "--device", "cpu", "-o", "run",
)  # fmt: skip
PREDICT_MAPS = (
    "predict", "set/images", "--weights", "run/best.safetensors", "--device", "cpu", "-o", "found",
)  # fmt: skip


def test_own_parts_are_trained_and_predict_where_they_are_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    write_pictures(tmp_path / "set", 4)
    with small_models(), own_kinds():
        assert failures.run(app, TRAIN) == failures.DONE
        assert failures.run(app, PREDICT) == failures.DONE
    assert 'kind = "plain"' in Path("run/config.toml").read_text()
    assert len(json.loads(Path("preds.json").read_text())) > 0
    capsys.readouterr()
    Path("preds.json").unlink()
    assert failures.run(app, PREDICT) != failures.DONE
    shown = capsys.readouterr().err
    assert "run/best.safetensors: backbone.kind is 'plain', expected 'resnet' or" in shown


def test_an_own_semantic_head_is_trained_and_predicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "set", 4)
    with small_models(), own_kinds():
        assert failures.run(app, TRAIN_ON_MAPS) == failures.DONE
        assert failures.run(app, PREDICT_MAPS) == failures.DONE
    assert 'kind = "tint"\nignore = 255\n' in Path("run/config.toml").read_text()
    found = [np.asarray(Image.open(path)) for path in sorted(Path("found").glob("*.png"))]
    assert [each.shape for each in found] == [(64, 80), (64, 80), (80, 64), (64, 80)]
