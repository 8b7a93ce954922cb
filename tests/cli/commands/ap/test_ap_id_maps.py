"""`segeval ap --protocol id-maps`: whole runs on two small images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Two cells, of which one is found; and an image without any."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    ids = np.zeros((20, 20), np.uint16)
    ids[2:8, 2:8], ids[12:16, 12:16] = 1000, 7
    for folder, drawn in (("gt", ids), ("preds", np.where(ids == 7, 0, ids))):
        Path(folder).mkdir()
        Image.fromarray(drawn).save(Path(folder, "a.png"))
        Image.fromarray(np.zeros_like(ids)).save(Path(folder, "b.png"))
    return "preds", "gt"


def run(*words: str) -> int:
    return failures.run(app, ["ap", *words, "--protocol", "id-maps"])


def test_a_run_prints_ap_and_what_is_found_at_each_threshold(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--thresholds", "0.5,0.75") == failures.DONE
    out = capsys.readouterr().out
    assert out.startswith("Mask AP   preds vs gt   id-maps protocol, IoU 0.50, 0.75, no max_dets\n")
    rows = [line.split() for line in out.splitlines()]
    assert ["0.50", "1", "0", "1", "100.0", "50.0", "66.7", "50.0", "50.0"] in rows
    assert ["mean", "50.0", "50.0"] in rows
    assert "--scores reads a CSV file" in " ".join(out.split())


def test_json_has_the_counts_beside_ap(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--json", "--fail-under", "0.5") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/ap-id-maps/1"
    numbers = document["results"]["segm"]
    assert numbers["accuracy"] == 0.5
    assert numbers["thresholds"][0] == {
        "threshold": 0.5, "tp": 1, "fp": 0, "fn": 1, "precision": 1.0, "recall": 0.5,
        "f1": 2 / 3, "accuracy": 0.5, "image_accuracy": 0.5,
    }  # fmt: skip
    assert document["settings"]["scores"] is None


def test_options_of_other_protocols_are_refused(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*files, "--iou", "bbox") == failures.UNUSABLE_INPUT
    assert "--iou does not go with --protocol id-maps." in capsys.readouterr().err
    words = ["ap", *files, "--scores", "scores.csv"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    message = "--scores is an option of --protocol id-maps, which is not given."
    assert message in capsys.readouterr().err


def test_scores_are_read_from_a_csv_file(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("scores.csv").write_text("image,id,score\na,1000,0.9\n")
    assert run(*files, "--scores", "scores.csv", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["settings"]["scores"] == "scores.csv"
    assert "no-scores" not in [note["code"] for note in document["notes"]]


def test_a_text_beside_the_maps_does_not_make_them_cityscapes(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("preds", "README.txt").write_text("Cells of three tissues.\n")
    assert failures.run(app, ["ap", *files]) == failures.UNUSABLE_INPUT
    said = " ".join(capsys.readouterr().err.split())
    assert "--protocol id-maps" in said
    assert "lists of masks" not in said
