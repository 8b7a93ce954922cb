"""A SOLO that was trained and measured: what its predictions are, and what it cannot do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pycocotools import mask

from segeval.models import load
from segeval_cli import failures
from segeval_cli.main import app
from tests.small_models import small_models
from tests.small_pictures import write_pictures

Capture = pytest.CaptureFixture[str]

RUN = (
    "train", "--images", "set/images", "--annotations", "set/gt.json", "--config", "set/solo.toml",
    "--val-images", "val/images", "--val-annotations", "val/gt.json", "--eval-every", "20",
    "--seed", "1", "--device", "cpu", "--quiet", "--set", "schedule.learning_rate=0.02",
)  # fmt: skip
PREDICT = (
    "predict", "val/gt.json", "--images", "val/images", "--weights", "run/best.safetensors",
    "--device", "cpu", "--quiet",
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a model in run/ that learned twelve pictures, and preds.json of four others."""
    folder = tmp_path_factory.mktemp("solo")
    write_pictures(folder / "set", 12)
    write_pictures(folder / "val", 4, seed=1)
    with pytest.MonkeyPatch.context() as patch, small_models():
        patch.chdir(folder)
        assert failures.run(app, [*RUN, "-o", "run"]) == failures.DONE
        assert failures.run(app, [*PREDICT, "-o", "preds.json"]) == failures.DONE
        yield folder


@pytest.fixture(autouse=True)
def _in_its_folder(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)


def predict(output: str, *words: str) -> list[dict[str, Any]]:
    assert failures.run(app, [*PREDICT, "-o", output, *words]) == failures.DONE
    found: list[dict[str, Any]] = json.loads(Path(output).read_text())
    return found


def test_its_predictions_have_the_ap_that_training_measured(capsys: Capture) -> None:
    found = json.loads(Path("preds.json").read_text())
    assert {"segmentation", "bbox", "score"} <= found[0].keys()
    capsys.readouterr()
    assert failures.run(app, ["ap", "preds.json", "val/gt.json", "--json"]) == failures.DONE
    ap = json.loads(capsys.readouterr().out)["results"]["segm"]["ap"]
    log = map(json.loads, Path("run/log.jsonl").read_text().splitlines())
    (measured,) = [each["metrics"]["AP"] for each in log if each["kind"] == "evaluation"]
    assert ap == measured
    assert ap > 0


def test_its_boxes_are_the_tightest_around_its_masks() -> None:
    found = json.loads(Path("preds.json").read_text())
    assert found
    for each in found:
        assert mask.toBbox(each["segmentation"]).tolist() == each["bbox"]


def test_scores_and_numbers_of_objects_have_limits() -> None:
    few = predict("few.json", "--score", "0.0", "--max-dets", "2")
    assert len(few) == 8
    assert min(each["score"] for each in predict("sure.json", "--score", "0.1")) >= 0.1


def test_mirrored_views_are_merged_but_not_averaged(capsys: Capture) -> None:
    assert predict("merged.json", "--flip", "--merge", "nms")
    capsys.readouterr()
    assert failures.run(app, [*PREDICT, "-o", "no.json", "--flip"]) == failures.UNUSABLE_INPUT
    message = " ".join(capsys.readouterr().err.split())
    assert "This model draws masks of the whole image, which cannot be averaged" in message
    assert "--merge" in message
    assert not Path("no.json").exists()


def test_it_cannot_be_shown_boxes(capsys: Capture) -> None:
    argv = [*PREDICT, "-o", "no.json", "--boxes", "preds.json"]
    assert failures.run(app, argv) == failures.UNUSABLE_INPUT
    assert "cannot be shown boxes" in capsys.readouterr().err


def test_a_file_of_its_weights_says_how_it_is_built() -> None:
    loaded = load("run/best.safetensors")
    assert loaded.config.detector.kind == "solo"
    assert loaded.config.name == "solo"
    assert not loaded.report.missing
