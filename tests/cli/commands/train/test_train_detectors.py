"""Detectors beyond PointRend: each learns, resumes exactly, predicts, and is evaluated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from segeval.models.files.weights import read_weights
from segeval_cli import failures
from segeval_cli.main import app
from tests.small_models import small_models
from tests.small_pictures import write_pictures

Capture = pytest.CaptureFixture[str]

OBJECTS = ("--images", "set/images", "--annotations", "set/gt.json", "--device", "cpu", "--quiet")
CASCADE = ('detector.kind="cascade"', 'mask.kind="conv"')
DETECTORS = {
    "cascade": CASCADE,
    "htc": ('detector.kind="htc"', 'mask.kind="htc"', "mask.pool=7"),
    "tsd": ('detector.kind="tsd"', 'mask.kind="conv"'),
    "refine-scored": (
        'mask.kind="refine"',
        'scoring.kind="mask-iou"',
        "scoring.width=16",
        "scoring.fc_width=64",
    ),
    "res2net, balanced": (
        'backbone.kind="res2net"',
        "backbone.depth=14",
        "backbone.base_channels=16",
        "backbone.deformable=1",
        "backbone.context=4",
        'pyramid.balance="non-local"',
        "pyramid.balance_blocks=2",
    ),
    "lvis-2021": (
        'detector.kind="htc"',
        "backbone.copies=2",
        'classifier.kind="seesaw"',
        "classifier.normalised=true",
        'mask.kind="htc"',
        "mask.pool=7",
        'mask.last="refine"',
        "mask.agnostic_last=true",
        'scoring.kind="mask-iou"',
        "scoring.pool=7",
        "scoring.width=16",
        "scoring.fc_width=64",
        "input.copy_paste=0.5",
        "input.mosaic=0.5",
    ),
    "solo": ("schedule.learning_rate=0.02",),
}
STARTS = {"solo": "set/solo.toml"}
"""Configurations that the settings change, where it is not that of PointRend."""

REGRESSOR = (
    'detector.kind="regressor"',
    "boxes.width=1024",
    'mask.kind="conv"',
    "detector.ious=[0.2]",
    "detector.deltas=[[10,10,5,5]]",
    "detector.stage_weights=[1.0]",
    'schedule.optimiser="adamw"',
    "schedule.learning_rate=0.0005",
)


CROPS = """
base = "openimages-crop"
[backbone]
width = 4
modules = [1, 1, 1]
blocks = 1
bottlenecks = 1
[input]
train_sizes = [40, 56]
train_max = 64
test_size = 48
test_max = 64
[schedule]
updates = 20
batch = 4
"""
"""A small model of crops, as TOML."""


@pytest.fixture(autouse=True, scope="module")
def _small() -> Iterator[None]:
    with small_models():
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve pictures to learn in set/, four to measure on in val/."""
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "set", 12)
    write_pictures(tmp_path / "val", 4, seed=1)
    return tmp_path


def train(run: str, *words: str, settings: tuple[str, ...]) -> int:
    given = [word for setting in settings for word in ("--set", setting)]
    argv = ["train", *OBJECTS, "-o", run, *words, *given]
    return failures.run(app, argv)


def new(run: str, *words: str, settings: tuple[str, ...], kind: str = "") -> int:
    config = STARTS.get(kind, "set/small.toml")
    return train(run, "--config", config, "--seed", "1", *words, settings=settings)


def losses(run: str) -> list[float]:
    lines = [json.loads(line) for line in Path(run, "log.jsonl").read_text().splitlines()]
    return [each["loss"] for each in lines if each["kind"] == "update"]


def assert_same_runs(*runs: str) -> None:
    """Two runs have the same losses and end with the same weights."""
    assert losses(runs[0]) == losses(runs[1])
    one, other = (read_weights(f"{run}/best.safetensors") for run in runs)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def predict(run: str, *words: str) -> list[dict[str, Any]]:
    """The predictions of a run for the pictures in val/, written to preds.json."""
    weights = ("--weights", f"{run}/best.safetensors", "--device", "cpu", "--quiet")
    argv = ("predict", "val/gt.json", "--images", "val/images", *weights, "-o", "preds.json")
    assert failures.run(app, [*argv, *words]) == failures.DONE
    found: list[dict[str, Any]] = json.loads(Path("preds.json").read_text())
    return found


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", DETECTORS)
def test_it_learns_in_twenty_updates_and_its_predictions_are_evaluated(
    kind: str, capsys: Capture
) -> None:
    assert new("run", settings=DETECTORS[kind], kind=kind) == failures.DONE
    found = losses("run")
    assert len(found) == 20
    assert np.mean(found[-5:]) < np.mean(found[:5])
    preds = predict("run", "--score", "0.001")
    assert preds
    assert all(each["score"] <= each.get("box_score", 1) for each in preds)
    assert ("mask_iou" in preds[0]) is (kind in ("refine-scored", "lvis-2021"))
    capsys.readouterr()
    assert failures.run(app, ["ap", "preds.json", "val/gt.json", "--json"]) == failures.DONE
    assert 0 <= json.loads(capsys.readouterr().out)["results"]["segm"]["ap"] <= 1


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("kind", DETECTORS)
def test_a_resumed_run_is_the_run_itself(kind: str) -> None:
    settings = (*DETECTORS[kind], "schedule.updates=2")
    assert new("whole", settings=settings, kind=kind) == failures.DONE
    first = (*DETECTORS[kind], "schedule.updates=1")
    assert new("parts", settings=first, kind=kind) == failures.DONE
    more = train("parts", "--resume", "--seed", "1", settings=("schedule.updates=2",))
    assert more == failures.DONE
    assert_same_runs("whole", "parts")


def write_boxes(path: str, truth: str) -> None:
    """Eight boxes of every object, a third of its width and more to the right of it."""
    found = []
    for each in json.loads(Path(truth).read_text())["annotations"]:
        x, y, width, height = each["bbox"]
        own = {name: each[name] for name in ("image_id", "category_id")}
        for place in range(8):
            box = [x + (0.3 + place / 50) * width, y, width, height]
            found.append(own | {"bbox": box, "score": (1 + place) / 16})
    Path(path).write_text(json.dumps(found))


@pytest.mark.usefixtures("folder")
def test_a_regressor_learns_to_move_boxes(capsys: Capture) -> None:
    write_boxes("boxes.json", "set/gt.json")
    write_boxes("val.json", "val/gt.json")
    assert new("run", "--boxes", "boxes.json", settings=REGRESSOR) == failures.DONE
    found = losses("run")
    assert np.mean(found[-5:]) < 0.8 * np.mean(found[:5])
    given = json.loads(Path("val.json").read_text())
    moved = predict("run", "--boxes", "val.json")
    for name in ("image_id", "category_id", "score"):
        assert [each[name] for each in moved] == [each[name] for each in given]
    shift = [
        after["bbox"][0] - before["bbox"][0] for before, after in zip(given, moved, strict=True)
    ]
    assert np.mean(shift) < -2  # to the left, where the objects are
    capsys.readouterr()


def crops(run: str, *words: str, settings: tuple[str, ...] = ()) -> int:
    Path("crops.toml").write_text(CROPS)
    return train(run, "--config", "crops.toml", "--seed", "1", *words, settings=settings)


@pytest.mark.usefixtures("folder")
def test_a_model_of_crops_learns_masks_in_boxes(capsys: Capture) -> None:
    write_boxes("val.json", "val/gt.json")
    validation = ("--val-annotations", "val/gt.json", "--val-images", "val/images")
    words = (*validation, "--val-boxes", "val.json", "--sampler", "every-class")
    assert crops("run", *words) == failures.DONE
    found = losses("run")
    assert np.mean(found[-5:]) < np.mean(found[:5])
    given = json.loads(Path("val.json").read_text())
    drawn = predict("run", "--boxes", "val.json")
    for name in ("image_id", "category_id", "score", "bbox"):
        assert [each[name] for each in drawn] == [each[name] for each in given]
    assert all(each["segmentation"]["size"] for each in drawn)
    capsys.readouterr()
    assert failures.run(app, ["ap", "preds.json", "val/gt.json", "--json"]) == failures.DONE
    assert 0 <= json.loads(capsys.readouterr().out)["results"]["segm"]["ap"] <= 1
    argv = ["--weights", "run/best.safetensors", "-o", "others.json", "--quiet"]
    assert failures.run(app, ["predict", "val/images", *argv]) == failures.UNUSABLE_INPUT
    assert "--boxes is missing: this model works on boxes" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_resumed_run_on_crops_of_given_boxes_is_the_run_itself() -> None:
    write_boxes("boxes.json", "set/gt.json")
    boxes = ("--boxes", "boxes.json")
    assert crops("whole", *boxes, settings=("schedule.updates=2",)) == failures.DONE
    assert crops("parts", *boxes, settings=("schedule.updates=1",)) == failures.DONE
    more = train("parts", "--resume", "--seed", "1", *boxes, settings=("schedule.updates=2",))
    assert more == failures.DONE
    assert_same_runs("whole", "parts")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("records", "message"),
    [
        (
            "[]",
            "has no box in 12 images of set/gt.json, expected some to train on. Are these",
        ),
        ('[{"image_id": 1, "category_id": 3, "score": 1, "bbox": [900, 1, 5, 5]}]', "outside of"),
    ],
)
def test_boxes_that_teach_nothing_are_refused(records: str, message: str, capsys: Capture) -> None:
    Path("boxes.json").write_text(records)
    assert new("run", "--boxes", "boxes.json", settings=REGRESSOR) == failures.UNUSABLE_INPUT
    assert message in " ".join(capsys.readouterr().err.split())
    assert not Path("run").exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "settings", "message"),
    [
        ((), REGRESSOR, "--boxes is missing: small works on boxes that it is given"),
        (("--boxes", "val.json"), CASCADE, "--boxes: small finds its own boxes (detector.kind is"),
        (
            ("--boxes", "val.json"),
            (*REGRESSOR, "input.mosaic=0.5"),
            'input.mosaic is 0.5, expected 0: detector.kind is "regressor"',
        ),
        (
            (
                "--boxes",
                "val.json",
                "--val-annotations",
                "val/gt.json",
                "--val-images",
                "val/images",
            ),
            REGRESSOR,
            "--val-boxes is missing: small works on boxes",
        ),
    ],
)
def test_boxes_where_they_do_not_belong_are_refused(
    words: tuple[str, ...], settings: tuple[str, ...], message: str, capsys: Capture
) -> None:
    write_boxes("val.json", "set/gt.json")
    assert new("run", *words, settings=settings) == failures.UNUSABLE_INPUT
    assert message in " ".join(capsys.readouterr().err.split())
    assert not Path("run").exists()
