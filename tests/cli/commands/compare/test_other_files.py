"""Files that do not belong together or hold no numbers, and label maps, in `compare` and `--ci`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.analysis.comparison.scenes import rooms

Change = Callable[[list[dict[str, Any]]], None]


def other_image(preds: list[dict[str, Any]]) -> None:
    preds[3]["image_id"] = 999


def other_category(preds: list[dict[str, Any]]) -> None:
    preds[3]["category_id"] = 77


def no_number(preds: list[dict[str, Any]]) -> None:
    preds[3]["score"] = float("nan")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_image, "error: b.json: 1 prediction is for 1 image that gt.json does not have"),
        (other_category, "error: b.json: 1 prediction has category_id 77, which gt.json does not"),
        (no_number, "error: b.json: prediction #3 (image_id 1): score is NaN, expected a finite"),
    ],
)
def test_a_file_that_cannot_be_evaluated_is_named_and_nothing_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Change,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    a, b, gt = rooms()
    change(b)
    for name, value in (("a.json", a), ("b.json", b), ("gt.json", gt)):
        Path(name).write_text(json.dumps(value))
    run = ["compare", "a.json", "b.json", "gt.json", "-o", "out.json"]
    assert failures.run(app, run) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(words)
    assert not Path("out.json").exists()


@pytest.fixture
def maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    for name in ("a", "b", "gt"):
        (tmp_path / name).mkdir()
    for place in range(12):
        gt = (rng.random((20, 20)) < 0.5).astype(np.uint8)
        for name, share in (("gt", 0.0), ("a", 0.3), ("b", 0.1)):
            labels = np.where(rng.random(gt.shape) < share, 1 - gt, gt)
            Image.fromarray(labels).save(tmp_path / name / f"{place:02}.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_a_label_map_without_its_partner_is_named(
    maps: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (maps / "b" / "03.png").unlink()
    words = ["compare", "a", "b", "gt", "--classes", "2", "-o", "out.csv"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    assert "03" in capsys.readouterr().err
    assert not Path("out.csv").exists()


def test_mean_iou_has_intervals_beside_it(maps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["miou", "a", "gt", "--classes", "2", "--ci", "--resamples", "50"]
    assert failures.run(app, words) == failures.DONE
    assert "IoU           95 %   accuracy" in capsys.readouterr().out
    assert failures.run(app, [*words, "--json"]) == failures.DONE
    own = json.loads(capsys.readouterr().out)["results"]
    low, high = own["intervals"]["miou"]
    assert low < own["miou"] < high
    assert own["categories"][0]["intervals"]["iou"][0] < own["categories"][0]["iou"]


def test_label_maps_are_worse_if_they_are(maps: Path) -> None:
    words = ["--classes", "2", "--resamples", "50", "--fail-if-worse", "--quiet"]
    assert failures.run(app, ["compare", "b", "a", "gt", *words]) == failures.ANSWER_IS_NO
    assert failures.run(app, ["compare", "a", "b", "gt", *words]) == failures.DONE


def test_options_of_instances_do_not_go_with_label_maps(
    maps: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", "a", "b", "gt", "--classes", "2", "--sizes", "coco"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == "error: --sizes does not go with label maps.\n"
