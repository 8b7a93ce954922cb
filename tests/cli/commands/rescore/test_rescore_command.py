"""`segeval rescore`: files, tables and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval_cli import failures
from segeval_cli.main import app

CATEGORIES = [{"id": 1, "name": "person"}, {"id": 2, "name": "guitar"}]


def ground_truth(first: int, images: int) -> dict[str, Any]:
    """Images with a person, every other one with a guitar too, and as many with neither."""
    annotations: list[dict[str, Any]] = []
    for image in range(first, first + images):
        for category in (1, 2)[: 1 + image % 2]:
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": image,
                    "category_id": category,
                    "bbox": [image, category * 20, 9, 9],
                    "area": 81,
                    "iscrowd": 0,
                }
            )
    return {
        "images": [{"id": image} for image in range(first, first + 2 * images)],
        "categories": CATEGORIES,
        "annotations": annotations,
    }


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sets of images, and predictions for the second that doubt persons beside guitars."""
    gt = ground_truth(1000, 40)
    preds = [
        {key: value for key, value in each.items() if key not in ("id", "area", "iscrowd")}
        | {"score": 0.9 if each["category_id"] == 2 else 0.3}
        for each in gt["annotations"]
    ]
    files = {"train.json": ground_truth(0, 80), "gt.json": gt, "preds.json": preds}
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def rescore(*words: str) -> int:
    return failures.run(app, ["rescore", "cooccurrence", "preds.json", *words])


def test_persons_beside_guitars_become_likely(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rescore("--fit", "train.json", "-o", "out.json") == failures.DONE
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "Rescored by cooccurrence   preds.json   fitted to train.json"
    assert out.splitlines()[-1].startswith("20 of 60 scores changed, in 20 images")
    assert err == "wrote out.json\n"
    before = json.loads((in_folder / "preds.json").read_text())
    after = json.loads((in_folder / "out.json").read_text())
    for old, new in zip(before, after, strict=True):
        rises = old["category_id"] == 1 and old["image_id"] % 2
        assert (new["score"] > old["score"]) == bool(rises)
        assert new["bbox"] == old["bbox"]


def test_the_gain_is_measured(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rescore("--fit", "train.json", "--gt", "gt.json", "--json") == failures.DONE
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "segeval/rescore/1"
    assert found["results"]["gain"]["difference"] == pytest.approx(0)
    assert found["notes"][0]["code"] == "no-gain"


def test_what_was_fitted_to_is_not_judged_on(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--fit", "gt.json", "--gt", "gt.json", "-o", "out.json")
    assert rescore(*words) == failures.UNUSABLE_INPUT
    assert "20 images of 80 are in gt.json as well" in " ".join(capsys.readouterr().err.split())
    assert not (in_folder / "out.json").exists()
    assert rescore(*words, "--allow-fit-on-test") == failures.DONE


def test_context_needs_predictions_to_learn_from(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["rescore", "context", "preds.json", "--fit", "train.json", "-o", "out.json"]
    assert failures.run(app, call) == failures.UNUSABLE_INPUT
    told = " ".join(capsys.readouterr().err.split())
    assert "preds.json: has no prediction for an image of train.json" in told
    assert "Give the predictions for these images: --fit-preds" in told
    taught = json.loads((in_folder / "preds.json").read_text())
    moved = [{**each, "image_id": each["image_id"] - 1000} for each in taught]
    (in_folder / "taught.json").write_text(json.dumps(moved))
    more = ["--fit-preds", "taught.json", "--gt", "gt.json"]
    assert failures.run(app, [*call, *more]) == failures.DONE
    shown = " ".join(capsys.readouterr().out.split())
    assert "preds.json fitted to train.json with taught.json judged on gt.json" in shown


def test_ground_truth_of_the_same_images_is_enough(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind in ("surround", "context"):
        call = ["rescore", kind, "preds.json", "--fit", "gt.json", "--json"]
        assert failures.run(app, call) == failures.DONE
        found = json.loads(capsys.readouterr().out)
        assert found["results"]["gain_on"] == "5 folds of gt.json"
        assert found["results"]["relations"]["count"] == 0
        assert [note["code"] for note in found["notes"]] == ["no-relations", "no-gain"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--fit", "train.json"], "nothing says where to write the result"),
        (["--fit", "train.json", "-o", "out.json", "--blend", "2"], "--blend is 2"),
        (["--fit", "train.json", "-o", "out.json", "--smoothing", "-1"], "--smoothing is -1"),
        (["--fit", "preds.json", "-o", "out.json"], "preds.json"),
        (["--fit", "train.json", "-o", "preds.json", "--overwrite"], "is an input file"),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: list[str], expected: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rescore(*words) == failures.UNUSABLE_INPUT
    assert expected in capsys.readouterr().err
