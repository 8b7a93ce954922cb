"""`segeval rescore` changes the digits of scores and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from segeval.data import load_ground_truth, load_predictions
from segeval.data.coco.write import save_predictions
from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app

SCORE = re.compile(r'"score":[^,}]+')


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Predictions with masks, in an order of no meaning, as this program writes them."""
    scene = furniture(images=20)
    preds = load_predictions(scene.better)
    order = np.random.default_rng(0).permutation(len(preds))
    save_predictions(preds.take(order), tmp_path / "preds.json")
    (tmp_path / "gt.json").write_text(json.dumps(scene.ground_truth))
    assert len(load_ground_truth(tmp_path / "gt.json"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["cooccurrence", "--min-images", "1", "--min-lift", "0", "--source", "0.1"],
        ["surround", "--min-objects", "1", "--min-share", "0", "--min-lift", "0", "--tau", "0.1"],
        ["surround", "--iou", "segm", "--min-objects", "1", "--min-share", "0", "--min-lift", "0"],
        ["context", "--min-predictions", "1", "--certainty", "0"],
        ["calibrate", "--method", "temperature"],
    ],
)
@pytest.mark.parametrize("name", ["out.json", "out.jsonl"])
def test_order_and_masks_stay_byte_for_byte(words: list[str], name: str, in_folder: Path) -> None:
    kind, *more = words
    call = ["rescore", kind, "preds.json", "--fit", "gt.json", *more, "-o", name, "-q"]
    assert failures.run(app, call) == failures.DONE
    before = in_folder / "before.jsonl"
    save_predictions(load_predictions(in_folder / "preds.json"), before)
    lines = [text.strip("[],") for text in (in_folder / name).read_text().splitlines()]
    old = before.read_text().splitlines()
    assert [SCORE.sub("", line) for line in lines] == [SCORE.sub("", line) for line in old]
    assert lines != old
