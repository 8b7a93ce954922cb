"""A model without masks: it trains, is measured on boxes, is loaded, predicts, and is evaluated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segeval.models import load
from segeval.models.config import Config, changed
from segeval.models.costs.preset_costs import model_cost
from segeval_cli import failures
from segeval_cli.main import app
from tests.small_models import small_models
from tests.small_pictures import write_pictures


@pytest.fixture(autouse=True)
def _small(one_thread: None) -> Iterator[None]:
    with small_models():
        yield


def run(*words: str) -> None:
    assert failures.run(app, list(words)) == failures.DONE


def test_boxes_are_learnt_and_found_without_masks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "set", 6)
    content = json.loads(Path("set/gt.json").read_text())
    for each in content["annotations"]:
        del each["segmentation"]  # boxes are enough
    Path("set/gt.json").write_text(json.dumps(content))
    data = ("--images", "set/images", "--annotations", "set/gt.json")
    val = ("--val-images", "set/images", "--val-annotations", "set/gt.json")
    run(
        "train", "--config", "set/small.toml", *data, *val, "--device", "cpu", "-o", "run",
        "--eval-every", "20", "--set", "mask.kind=none", "--set", "backbone.base_channels=64",
    )  # fmt: skip
    lines = [json.loads(line) for line in Path("run/log.jsonl").read_text().splitlines()]
    names = {f"loss_{name}" for name in ("rpn_cls", "rpn_loc", "cls", "box_reg")}
    assert lines[0]["losses"].keys() == names
    losses = [each["loss"] for each in lines if each["kind"] == "update"]
    assert len(losses) == 20
    assert sum(losses[-5:]) < sum(losses[:5])
    metrics = next(each["metrics"] for each in lines if each["kind"] == "evaluation")
    assert "AP" in metrics
    assert not [name for name in metrics if name.startswith("boundary")]
    loaded = load("run/best.safetensors")
    assert loaded.config.mask.kind == "none"
    assert not [name for name in loaded.model.state_dict() if "mask_head" in name]
    run(
        "predict", "set/gt.json", "--images", "set/images", "--weights", "run/best.safetensors",
        "--score", "0", "--max-dets", "3", "--flip", "--device", "cpu", "-o", "preds.json",
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(Path("preds.json").read_text())
    assert len(found) == 18
    assert all("segmentation" not in each and len(each["bbox"]) == 4 for each in found)
    capsys.readouterr()
    run("ap", "preds.json", "set/gt.json", "--iou", "bbox")
    assert "Box AP" in capsys.readouterr().out


def test_the_cost_of_a_model_without_masks_has_none() -> None:
    config = changed(Config(), "boxes", mask={"kind": "none"}, input={"test_size": 64})
    cost = model_cost(config)
    assert (cost.output, cost.mask_multiply_adds) == ((0, 0), 0)
