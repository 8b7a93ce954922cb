"""`segeval demo`: three files, a table, and commands that work."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from segeval.data import load_ground_truth
from segeval.data.synthetic import draw_pictures
from segeval.masks import area, decode_one
from segeval_cli import failures
from segeval_cli.main import app

FILES = ("gt.json", "model_a.json", "model_b.json")


def run(*words: str) -> int:
    return failures.run(app, list(words))


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


def test_demo_writes_three_files_and_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("demo") == failures.DONE
    assert sorted(path.name for path in Path("segeval-demo").iterdir()) == list(FILES)
    out = capsys.readouterr().out
    assert "model_a.json vs gt.json" in out
    assert all(f"\n  {name} " in out for name in ("all", "small", "medium", "large"))
    assert "The weaker model_b.json: AP " in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_commands_it_names_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("demo", "a folder") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("  segeval ")]
    assert [command[1] for command in commands] == [
        "ap",
        "compare",
        "ensemble",
        "errors",
        "check",
        "plot",
    ]
    assert "  cd 'a folder'" in lines
    monkeypatch.chdir("a folder")
    for command in commands:
        assert run(*command[1:]) == failures.DONE, command
    assert Path("sizes.png").is_file()


def test_demo_can_be_repeated() -> None:
    assert run("demo") == failures.DONE
    before = {name: Path("segeval-demo", name).read_bytes() for name in FILES}
    assert run("demo") == failures.DONE
    assert {name: Path("segeval-demo", name).read_bytes() for name in FILES} == before


def test_demo_does_not_replace_other_files(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").mkdir()
    Path("mine/model_a.json").write_text("[]")
    assert run("demo", "mine") == failures.UNUSABLE_INPUT
    assert "--overwrite" in capsys.readouterr().err
    assert [path.name for path in Path("mine").iterdir()] == ["model_a.json"]
    assert Path("mine/model_a.json").read_text() == "[]"


def test_demo_replaces_files_if_told_to() -> None:
    Path("mine").mkdir()
    Path("mine/model_a.json").write_text("[]")
    assert run("demo", "mine", "--overwrite") == failures.DONE
    assert len(json.loads(Path("mine/model_a.json").read_text())) > 100


def test_a_file_in_the_place_of_the_folder_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine").write_text("")
    assert run("demo", "mine") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith("error: mine")


def test_files_of_the_demo_have_no_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("demo", "--quiet") == failures.DONE
    capsys.readouterr()
    assert run("check", "segeval-demo/model_b.json", "segeval-demo/gt.json") == failures.DONE
    assert "0 errors, 0 warnings" in capsys.readouterr().out


def test_the_next_commands_can_be_pasted_where_the_program_is_on_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "my env" / "segeval"
    program.parent.mkdir()
    program.touch()
    monkeypatch.chdir(program.parent)
    monkeypatch.setattr("sys.argv", ["segeval"])
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert failures.run(app, ["demo", str(tmp_path / "demo")]) == failures.DONE
    assert f"  '{program}' check model_a.json gt.json" in capsys.readouterr().out


def test_pictures_come_with_objects_and_label_maps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("demo", "--images") == failures.DONE
    out = capsys.readouterr().out
    assert out.startswith("24 pictures to train on, 8 to measure on")
    commands = [shlex.split(line) for line in out.splitlines() if line.startswith("  segeval ")]
    assert [command[1] for command in commands] == ["train", "predict", "ap"]
    folder = Path("segeval-pictures")
    for part, number in (("train", 24), ("val", 8)):
        images = json.loads((folder / f"{part}.json").read_text())["images"]
        names = sorted(image["file_name"] for image in images)
        assert len(names) == number
        for place in (part, f"{part}-maps"):
            assert sorted(each.name for each in (folder / place).iterdir()) == names
    classes = str(folder / "classes.txt")
    truth = str(folder / "val-maps")
    assert run("miou", truth, truth, "--classes", classes, "--json") == failures.DONE
    assert json.loads(capsys.readouterr().out)["results"]["miou"] == 1
    assert run("demo", "--images") == failures.DONE  # again, with the same files


def test_a_picture_s_objects_are_its_label_map() -> None:
    made = draw_pictures(seed=3, images=5)
    gt = load_ground_truth(made.ground_truth)
    masks = gt.segmentations.run_lengths(gt.images.sizes[gt.image_id - 1], gt)
    for place, category in enumerate(gt.category_id.tolist()):
        inside = decode_one(masks, place).astype(bool)
        labels = made.label_maps[int(gt.image_id[place]) - 1]
        assert set(np.unique(labels[inside]).tolist()) == {category}
    assert (gt.area == area(masks)).all()
