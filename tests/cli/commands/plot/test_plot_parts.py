"""`segeval plot` of part files: the figures that need matches alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plot")
    for name, data in furniture(images=12).to_json().items():
        (folder / name).write_bytes(data)
    for name in ("model_a", "model_b"):
        line = f"match {folder}/{name}.json {folder}/gt.json --errors -o {folder}/{name}.match -q"
        assert failures.run(app, line.split()) == failures.DONE
    line = f"match {folder}/model_a.json {folder}/gt.json --iou segm,bbox -o {folder}/two.match -q"
    assert failures.run(app, line.split()) == failures.DONE
    return folder


@pytest.fixture(autouse=True)
def _in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")


def run(line: str) -> int:
    return failures.run(app, line.split())


def drawn(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run(line) == failures.DONE
    return capsys.readouterr().out


@pytest.mark.parametrize("figure", ["pr", "sizes", "categories", "scores", "errors", "confusion"])
def test_a_part_gives_the_drawing_of_its_files(
    figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = drawn(f"plot {figure} model_a.match", capsys)
    assert found == drawn(f"plot {figure} model_a.json gt.json", capsys)
    assert len(found.splitlines()) > 4


@pytest.mark.parametrize("figure", ["errors", "compare"])
def test_parts_of_two_models_give_the_drawing_of_their_files(
    figure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = "" if figure == "errors" else "--resamples 50"
    found = drawn(f"plot {figure} model_a.match model_b.match {more}", capsys)
    assert found == drawn(f"plot {figure} model_a.json model_b.json gt.json {more}", capsys)


def test_one_of_several_kinds_of_iou_can_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    found = drawn("plot pr two.match --iou bbox", capsys)
    assert found == drawn("plot pr model_a.json gt.json --iou bbox", capsys)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("plot pr two.match", "two.match: was matched with segm,bbox, and this figure is of one"),
        ("plot pr two.match --iou boundary", "--iou is boundary, and two.match was matched with"),
        (
            "plot scores model_a.match --thresholds 0.77",
            (
                "--thresholds is 0.77, and model_a.match was matched with 0.5,0.55,0.6,0.65,"
                "0.7,0.75,0.8,0.85,0.9,0.95. Match anew"
            ),
        ),
        ("plot sizes model_a.match gt.json", "model_a.match: is a part file, which holds"),
        ("plot sizes model_a.json", "Missing argument 'GT'."),
        ("plot errors two.match --iou segm", "two.match: does not hold what error kinds need."),
        ("plot errors model_a.match gt.json", "model_a.match: is a part file, which holds"),
        ("plot categories model_a.match --classes 3", "--classes does not go with a part file"),
        ("plot compare model_a.json model_b.json", "Missing argument 'GT'."),
        ("plot compare model_a.match model_b.json gt.json", "model_a.match: is a part file"),
        *(
            (f"plot {figure} model_a.match gt.json", "This figure needs the files of predictions")
            for figure in ("reliability", "iou-hist", "oracles", "images")
        ),
    ],
)
def test_what_a_part_does_not_hold_is_not_drawn(
    capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    assert run(line) == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err
