"""Commands are known by name and help before they are imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from segeval_cli import failures
from segeval_cli.commands import COMMANDS
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app

ONE_BY_ONE = "Several predictions are evaluated one by one, a command for each."

SHOWN_BY = {"demo": ("ap",)}
"""Commands that show what others compute."""

IMPORTED = """
import sys
from segeval_cli import failures
from segeval_cli.commands import COMMANDS
from segeval_cli.main import app
failures.run(app, sys.argv[1:])
print([n for n in sorted(sys.modules) if n.startswith("segeval_cli.commands.")], file=sys.stderr)
"""


def commands_imported_by(*argv: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED, *argv], capture_output=True, text=True, check=True
    )
    last = done.stderr.splitlines()[-1]
    return {name.split(".")[2] for name in last.strip("[]").replace("'", "").split(", ") if name}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_all_says_of_a_command_what_its_own_help_says_first(name: str) -> None:
    command = LaterCommand(name).load()
    assert command.name == name
    assert (command.help or "").splitlines()[0] == COMMANDS[name]


def test_the_help_of_all_imports_no_command() -> None:
    assert commands_imported_by("--help") == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_imports_no_other(name: str) -> None:
    own = name.replace("-", "_")
    assert commands_imported_by(name, "--help") <= {own, *SHOWN_BY.get(name, ())}


def test_names_and_help_of_commands_are_listed_for_completion() -> None:
    group = typer.main.get_command(app)
    context = typer.Context(group)
    listed = {
        item.value: item.help for item in group.shell_complete(context, "") if item.type == "plain"
    }
    assert listed.keys() >= COMMANDS.keys()


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("AP", "segeval ap"),
        ("Check", "segeval check"),
        ("help", "segeval --help"),
        ("version", "segeval --version"),
        ("chek", "segeval check"),
        ("eval", "segeval ap for masks, boundaries and boxes, segeval miou for label maps, or"),
        ("evalaute", "segeval ap for masks, boundaries and boxes, segeval miou for label maps, or"),
        ("verify", "segeval ap ... --verify"),
        ("cocofy", "segeval convert cocofy"),
        ("max-dets", "segeval sweep max-dets"),
        ("flops", "segeval models flops"),
    ],
)
def test_a_word_that_is_no_command_gets_a_proposal(
    word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, [word, "p.json", "gt.json"]) == failures.UNUSABLE_INPUT
    told = capsys.readouterr().err
    assert told.startswith(f"error: No such command '{word}'. Did you mean {meant}")
    assert "see: segeval --help" in told


def test_a_word_like_no_command_gets_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.run(app, ["xylophone"]) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith("error: No such command 'xylophone'.\n")


def test_files_without_a_command_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").touch()
    assert failures.run(app, ["p.json", "gt.json"]) == failures.UNUSABLE_INPUT
    assert "Did you mean segeval ap PREDS GT?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "ap a.json b.json gt.json",
            f"segeval ap takes PREDS GT; gt.json is too many. {ONE_BY_ONE}",
        ),
        (
            "miou a b c d --classes 3",
            f"segeval miou takes PREDS GT; c, d are too many. {ONE_BY_ONE}",
        ),
        ("demo a b", "segeval demo takes [FOLDER]; b is too many."),
        ("models flops a", "segeval models flops takes no files; a is too many."),
    ],
)
def test_words_that_are_too_many_are_named(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, words.split()) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(f"error: {told}\n")


def test_the_commands_of_a_group_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.run(app, ["convert", "yolo", "p.json"]) == failures.UNUSABLE_INPUT
    said = capsys.readouterr().err
    assert said.startswith("error: No such command 'yolo', expected one of: ")
    assert "cocofy" in said
    assert said.endswith("see: segeval convert --help\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("ap p.json g.json --max-dets 5 --max-dets 10", "--max-dets is given twice"),
        ("ap p.json g.json -j 1 --workers 2 -j 3", "--workers is given 3 times"),
        ("convert cocofy gt.json -o a.json --output b.json", "--output is given twice"),
        ("predict pics --flip --no-flip --weights w -o o.json", "--flip is given twice"),
    ],
)
def test_an_option_of_one_value_is_given_once(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, words.split()) == failures.UNUSABLE_INPUT
    command = words.partition(" ")[0]
    shown = capsys.readouterr().err
    assert f"error: {told}, expected once." in shown
    assert f"see: segeval {command}" in shown


def test_options_of_several_values_and_plain_flags_may_be_repeated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = "ap no.json gt.json --iou segm --iou bbox --json --json"
    assert failures.run(app, words.split()) == failures.UNUSABLE_INPUT
    assert "no.json" in capsys.readouterr().out
