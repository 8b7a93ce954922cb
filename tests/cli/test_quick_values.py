"""Plain values are what Typer would make of them, without pydantic."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from segeval_cli import failures
from segeval_cli.commands import COMMANDS
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app
from segeval_cli.quick_values import UNKNOWN, converted

WORDS = [
    "", "0", "7", "-3", "007", "1.5", "-0.25", "1e3", "inf", "nan", ".5", "5.", "+1", "1_000", "٣",
    "99999999999999999999", "coco", "COCO", "mask", "bbox", "segm", "size", "a b", "-", "x.json",
    " 3", "3 ", "true", "\ud800", "/", ".",
]  # fmt: skip
"""Words of a command line, good and bad."""


def parameters() -> list[Any]:
    """One parameter of each kind of all commands."""
    found: dict[str, Any] = {}
    for name in COMMANDS:
        loaded = LaterCommand(name).load()
        for command in (loaded, *getattr(loaded, "commands", {}).values()):
            for param in command.params:
                info = param.type_descriptor.parameter_info
                kind = (param.type_descriptor.annotation, info.min, info.max, param.default)
                found.setdefault(repr(kind), param)
    return list(found.values())


def test_every_value_is_the_one_that_typer_makes() -> None:
    known = 0
    context = typer.Context(typer.main.get_command(app))
    for param in parameters():
        annotation = str(param.type_descriptor.annotation)
        given = [[each, "7"] for each in WORDS] if annotation.startswith("list") else list(WORDS)
        given += [] if param.default is None or callable(param.default) else [param.default]
        for value in given:
            quick = converted(param.type_descriptor, value)
            if quick is not UNKNOWN:
                expected = param.get_runtime_param().coerce(value, param=param, ctx=context)
                assert (quick, type(quick)) == (expected, type(expected)), (annotation, value)
                known += 1
    assert known > 500


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--workers", "0"], "greater than or equal to 1"),
        (["--workers", "two"], "valid integer"),
        (["--protocol", "kitti"], "'coco'"),
        (["--boundary-ratio", "thin"], "valid number"),
        (["--output", ""], "the name is empty. Is a variable not set?"),
    ],
    ids=" ".join,
)
def test_a_wrong_value_has_the_message_of_typer(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, ["ap", "a.json", "b.json", *words]) == failures.UNUSABLE_INPUT
    assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ap a.json b.json --fail-under 40%", "40% has a percent sign. Write 0.4."),
        ("ap a.json b.json --min-score 2.5%", "2.5% has a percent sign. Write 0.025."),
        ("compare a.json b.json c.json --margin 0.3%", "0.3% has a percent sign. Write 0.3."),
        ("ap a.json b.json --thresholds 50%,75%", "'50%' is not a number. Write 0.5."),
        ("miou a b --classes 3 --trimap 5%", "'5%' is not a number. Write a number of pixels."),
    ],
)
def test_a_number_with_a_percent_sign_is_told_how_to_write_it(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, words.split()) == failures.UNUSABLE_INPUT
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_file_that_cannot_be_read_is_for_typer_to_refuse(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = LaterCommand("ap").load()
    [kind] = [param.type_descriptor for param in command.params if param.name == "output"]
    assert converted(kind, str(tmp_path)) == tmp_path
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert converted(kind, str(tmp_path)) is UNKNOWN
    assert converted(kind, "missing.json") == Path("missing.json")


def test_a_run_with_plain_values_needs_no_pydantic(tmp_path: Path) -> None:
    Path(tmp_path, "p.json").write_text("[]")
    truth = '{"images":[{"id":1,"width":9,"height":9}],"categories":[],"annotations":[]}'
    truth = truth.replace("[]", '[{"id":1,"name":"a"}]', 1)
    Path(tmp_path, "t.json").write_text(truth)
    code = """
import sys
from segeval_cli.failures import run
from segeval_cli.main import app
words = "ap p.json t.json --workers 1 --min-score 0.5 --protocol coco -o out.json --json -q"
code = run(app, words.split())
sys.stderr.write(" ".join(["code", str(code), *sys.modules]))
"""
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "code 0 " in done.stderr
    assert "pydantic" not in done.stderr.split()
