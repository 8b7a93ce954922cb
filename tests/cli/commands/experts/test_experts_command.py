"""`segeval experts`: tables, lists, files of weights, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app

SCENE = furniture(images=40)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model's predictions, ground truth, and weights of classifiers."""
    for name, content in SCENE.to_json().items():
        (tmp_path / name).write_bytes(content)
    rows = np.eye(11)
    rows[0, 6] = 1  # bed is like shelf; the last row is the background
    tables: dict[str, Any] = {"cls.weight": rows, "cls.bias": np.zeros(11)}
    np.savez(tmp_path / "head.npz", **tables)
    np.savez(tmp_path / "model.npz", **(tables | {"box.weight": np.ones((4, 2))}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def experts(*words: str) -> int:
    return failures.run(app, ["experts", "model_b.json", "gt.json", *words])


def test_weak_categories_come_first_then_those_taken_for_them(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert experts("--count", "3") == failures.DONE
    out = capsys.readouterr().out
    lines = [line.split() for line in out.splitlines()]
    assert ["id", "category", "AP", "gt", "confused", "with"] in lines
    weak, confused = (
        lines.index(each)
        for each in (
            ["7", "shelf", "12.4", "26", "-", "-"],
            ["10", "table", "40.7", "23", "17.4", "stool"],
        )
    )
    assert weak < confused
    text = " ".join(out.split())
    assert text.startswith(
        "Categories for an expert model_b.json vs gt.json confusion by the predictions segm AP id"
    )
    assert (
        "33 images with the weak categories, 3 others with those that are confused with them "
        "(1 : 0.09)"
    ) in text


def test_lists_of_ids_are_written_one_in_each_line(in_folder: Path) -> None:
    words = ("--count", "3", "--positive-list", "pos.txt", "--negative-list", "neg.txt", "-q")
    assert experts(*words) == failures.DONE
    assert (in_folder / "pos.txt").read_text() == "7\n3\n9\n"
    assert (in_folder / "neg.txt").read_text() == "10\n2\n"


def test_json_has_roles_thresholds_and_numbers_of_images(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert experts("--count", "1", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/experts/1"
    results = document["results"]
    assert results["categories"][0] == {
        "id": 7, "name": "shelf", "role": "positive", "ap": pytest.approx(0.12376716149058516),
        "gt": 26, "like": None, "confusion": None,
    }  # fmt: skip
    assert results["thresholds"] == {"confusion": 0.05}
    assert results["positive_images"] > 0


@pytest.mark.parametrize(
    "words", [("--classifier", "head.npz"),
              ("--classifier", "model.npz", "--weight-name", "cls.weight")]
)  # fmt: skip
def test_weights_of_a_classifier_are_read_from_a_file(
    words: tuple[str, ...], in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert experts("--count", "1", "--source", "weights", *words, "--json") == failures.DONE
    found = json.loads(capsys.readouterr().out)["results"]["categories"]
    assert [(each["name"], each["confusion"]) for each in found] == [
        ("shelf", None), ("bed", pytest.approx(0.5**0.5)),
    ]  # fmt: skip


def test_bfloat16_of_safetensors_is_read(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = np.eye(10, dtype=np.float32)
    rows[0, 6] = 1
    bits = (rows.view(np.uint32) >> 16).astype("<u2").tobytes()
    entry = {"dtype": "BF16", "shape": [10, 10], "data_offsets": [0, len(bits)]}
    header = json.dumps({"cls.weight": entry}).encode()
    text = len(header).to_bytes(8, "little") + header + bits
    (in_folder / "head.safetensors").write_bytes(text)
    words = ("--source", "weights", "--classifier", "head.safetensors", "--count", "1", "--json")
    assert experts(*words) == failures.DONE
    found = json.loads(capsys.readouterr().out)["results"]["categories"]
    assert [each["name"] for each in found] == ["shelf", "bed"]


def test_a_tree_of_categories_is_read_from_a_file(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    below = [{"LabelName": "shelf"}, {"LabelName": "cabinet"}]
    tree = {"LabelName": "all", "Subcategory": [{"LabelName": "storage", "Subcategory": below}]}
    (in_folder / "tree.json").write_text(json.dumps(tree))
    words = ("--source", "hierarchy", "--hierarchy", "tree.json", "--count", "1", "--json")
    assert experts(*words) == failures.DONE
    found = json.loads(capsys.readouterr().out)["results"]["categories"]
    assert [each["name"] for each in found] == ["shelf", "cabinet"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--source", "guess"],
            "--source guess: no such source, expected confusion, hierarchy, weights.",
        ),
        (
            ["--source", "weights"],
            (
                "the confusion by weights needs the weights of the model's classifier: give "
                "--classifier"
            ),
        ),
        (
            ["--source", "weights", "--classifier", "model.npz"],
            (
                "model.npz: has several tables of weights, cls.weight, box.weight; say which is "
                "the classifier's last layer: --weight-name"
            ),
        ),
        (
            ["--source", "weights", "--classifier", "model.npz", "--weight-name", "cls"],
            "model.npz: has no cls (--weight-name), expected one of cls.weight, box.weight",
        ),
        (
            ["--source", "weights", "--classifier", "model.npz", "--weight-name", "box.weight"],
            (
                "--classifier has shape (4, 2), expected a row for each of the 10 categories, and "
                "perhaps one for the background"
            ),
        ),
        (
            ["--weight-name", "cls"],
            "--weight-name names a layer of the model's weights: give --classifier",
        ),
        (
            ["--threshold", "3"],
            (
                "--threshold has 3 for 'confusion', expected numbers from -1 to 1 for sources in "
                "use, confusion"
            ),
        ),
        (["--positive-list", "gt.json"], "--positive-list gt.json: the suffix says what to write"),
    ],
)
def test_what_cannot_be_used_is_refused_in_flags(
    words: list[str], message: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert experts(*words) == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()).startswith(f"error: {message}")
