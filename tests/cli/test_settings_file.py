"""Options of commands from segeval.toml, pyproject.toml, or a file that --config names."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest
import typer

from segeval_cli import failures, groups
from segeval_cli.commands import COMMANDS
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app

SQUARE = {"image_id": 1, "category_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4, 0, 4]]}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with one image, one object and a prediction of it."""
    monkeypatch.chdir(tmp_path)
    gt = {
        "images": [{"id": 1, "width": 8, "height": 8}],
        "categories": [{"id": 1, "name": "lamp"}],
        "annotations": [{"id": 1, "area": 16, "iscrowd": 0, "bbox": [0, 0, 4, 4], **SQUARE}],
    }
    Path("gt.json").write_text(json.dumps(gt))
    Path("p.json").write_text(json.dumps([{"score": 0.5, **SQUARE}]))


def run(words: str) -> int:
    return failures.run(app, shlex.split(words))


def settings_of(words: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The settings in the JSON of an evaluation."""
    assert run(f"{words} --json") == failures.DONE
    found: dict[str, object] = json.loads(capsys.readouterr().out)["settings"]
    return found


def error_of(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What a run that cannot be done says."""
    assert run(words) == failures.UNUSABLE_INPUT
    return capsys.readouterr().err


def test_options_of_a_file_are_the_defaults_of_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("segeval.toml").write_text('iou = ["segm", "bbox"]\n[ap]\nmax-dets = 7\n')
    found = settings_of("ap p.json gt.json", capsys)
    assert found["max_dets"] == [7]
    assert found["iou"] == ["segm", "bbox"]


def test_the_command_line_beats_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segeval.toml").write_text('thresholds = "0.5"\n')
    assert settings_of("ap p.json gt.json", capsys)["thresholds"] == [0.5]
    assert settings_of("ap p.json gt.json --thresholds 0.75", capsys)["thresholds"] == [0.75]


def test_a_table_of_a_command_beats_what_is_for_all(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segeval.toml").write_text("thresholds = 0.5\n[ap]\nthresholds = [0.5, 0.75]\n")
    assert settings_of("ap p.json gt.json", capsys)["thresholds"] == [0.5, 0.75]


def test_underscores_are_hyphens(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segeval.toml").write_text('[ap]\narea_from = "bbox"\n')
    assert settings_of("ap p.json gt.json", capsys)["area_from"] == "bbox"


def test_pyproject_counts_where_there_is_no_segeval_toml(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("pyproject.toml").write_text("[tool.segeval.ap]\nthresholds = 0.5\n")
    assert settings_of("ap p.json gt.json", capsys)["thresholds"] == [0.5]
    Path("segeval.toml").write_text("[ap]\nthresholds = 0.75\n")
    assert settings_of("ap p.json gt.json", capsys)["thresholds"] == [0.75]


def test_pyproject_of_others_is_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_text("this is no TOML")
    assert run("ap p.json gt.json") == failures.DONE
    assert "pyproject" not in capsys.readouterr().err


def test_a_named_file_takes_the_place_of_both(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segeval.toml").write_text("thresholds = 0.5\n")
    Path("other.toml").write_text("thresholds = 0.75\n")
    for words in (
        "ap p.json gt.json --config other.toml",
        "ap --config=other.toml p.json gt.json",
        "--config other.toml ap p.json gt.json",
    ):
        assert settings_of(words, capsys)["thresholds"] == [0.75]
    assert len(settings_of("ap p.json gt.json --config /dev/null", capsys)["thresholds"]) == 10  # type: ignore[arg-type]


def test_what_the_file_sets_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segeval.toml").write_text('workers = 2\n[ap]\nsizes = "3dfuture"\n')
    assert run("ap p.json gt.json") == failures.DONE
    assert capsys.readouterr().err == "settings of segeval.toml: --sizes 3dfuture --workers 2\n"
    assert run("ap p.json gt.json --sizes coco --quiet") == failures.DONE
    assert capsys.readouterr().err == ""
    assert run("ap p.json gt.json --sizes coco --verbose") == failures.DONE
    said = capsys.readouterr().err.splitlines()[:2]
    assert said == [
        "settings of segeval.toml: --workers 2",
        "settings of the command line: --sizes coco --verbose",
    ]


def test_a_command_of_a_group_has_a_table_in_its_groups(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("segeval.toml").write_text("[sweep]\nworkers = 1\n[sweep.max-dets]\nat = [1, 2]\n")
    assert run("sweep max-dets p.json gt.json") == failures.DONE
    assert "settings of segeval.toml: --at 1,2 --workers 1\n" in capsys.readouterr().err


def test_an_option_of_other_commands_may_stand_above_all(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("segeval.toml").write_text("trimap = [2, 5]\nresamples = 50\n")
    assert run("ap p.json gt.json") == failures.DONE  # without --ci, too
    assert "trimap" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('size = "coco"', 'there is no option "size", did you mean "sizes"?'),
        ('[ap]\nsize = "coco"', 'ap has no option "size", did you mean "sizes"?'),
        ("[app]", 'no command "app", did you mean "ap"?'),
        ("ap = 1", '"ap" is a command, whose settings are a table: [ap].'),
        ("agnostic = 1", '"agnostic" is 1, expected true or false.'),
        ("workers = true", '"workers" is true, expected text, a number, or a list of these.'),
        ("workers = 2020-01-01", '"workers" is 2020-01-01, expected text, a number'),
        ("workers = [[1]]", '"workers" is [1], expected text, a number'),
        (
            "workers = 0",
            "Invalid value for '--workers' / '-j': Input should be greater than or equal to 1",
        ),
        ('output = "o.json"', '"output" counts only on the command line, or in a file that'),
        ("overwrite = true", '"overwrite" counts only on the command line, or in a file that'),
        ('scheduler = "tcp://x:1"', '"scheduler" counts only on the command line, or in a'),
        ("workers = ", "not valid TOML: Invalid value (at end of document)."),
    ],
)
def test_a_wrong_setting_is_told(
    content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("segeval.toml").write_text(content)
    assert f"error: segeval.toml: {said}" in error_of("ap p.json gt.json", capsys)


def test_a_named_file_may_say_where_to_write() -> None:
    Path("mine.toml").write_text('output = "o.json"\n')
    assert run("ap p.json gt.json --config mine.toml") == failures.DONE
    assert Path("o.json").exists()


def test_an_output_does_not_replace_the_file_of_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("mine.json").write_text("")
    said = error_of("ap p.json gt.json --config mine.json -o mine.json --overwrite", capsys)
    assert "mine.json" in said
    assert Path("mine.json").read_text() == ""


def test_a_missing_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "error: no.toml: no such file." in error_of("ap p.json gt.json --config no.toml", capsys)


def test_text_that_is_not_utf_8_and_large_files_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("segeval.toml").write_bytes(b"\xff")
    assert "error: segeval.toml: not valid TOML: " in error_of("ap p.json gt.json", capsys)
    Path("segeval.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    assert "more than 1,048,576 bytes" in error_of("ap p.json gt.json", capsys)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_of_that_name_is_not_waited_for() -> None:
    os.mkfifo("segeval.toml")
    assert run("ap p.json gt.json") == failures.DONE


def test_help_needs_no_sound_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segeval.toml").write_text("nonsense")
    assert run("ap --help") == failures.DONE
    assert "Usage: segeval ap" in capsys.readouterr().out


def test_commands_with_a_config_of_their_own_are_known() -> None:
    own = {name for name in COMMANDS if has_own_config(LaterCommand(name).load())}
    assert own == set(groups.WITH_CONFIG)


def has_own_config(command: object) -> bool:
    """Whether a command, or one in its group, declares --config."""
    inner = getattr(command, "commands", {}).values()
    params: list[typer.models.ParameterInfo] = getattr(command, "params", [])
    return any("--config" in each.opts for each in params) or any(map(has_own_config, inner))  # type: ignore[attr-defined]
