"""Help is plain text in two columns, which fits the terminal and needs no rich."""

from __future__ import annotations

import re
import sys

import pytest

from segeval_cli import failures
from segeval_cli.commands import COMMANDS
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app

Capture = pytest.CaptureFixture[str]


def help_of(capsys: Capture, *words: str) -> str:
    assert failures.run(app, [*words, "--help"]) == failures.DONE
    return capsys.readouterr().out


def every_command() -> list[list[str]]:
    """The words of each command, those of groups included."""
    loaded = {name: LaterCommand(name).load() for name in COMMANDS}
    below = [[name, own] for name, each in loaded.items() for own in getattr(each, "commands", {})]
    return [[], *([name] for name in loaded), *below]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_every_line_fits_the_terminal_and_none_is_wider_than_100(
    width: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for words in every_command():
        lines = help_of(capsys, *words).splitlines()
        assert lines[0].startswith(f"Usage: segeval {' '.join(words)}".rstrip())
        assert max(map(len, lines)) <= min(width, 100), words
        assert not any(re.search(r"\S-$", line) for line in lines), words  # no flag is broken
        assert not re.search("<[a-z]", "".join(lines)), words  # no type in Typer's notation


def test_values_stand_beside_a_name_or_follow_its_text(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = help_of(capsys, "ap")
    assert "\nUsage: segeval ap [OPTIONS] PREDS [GT]\n" in "\n" + shown
    assert "\n  --area-from mask|bbox  Area that decides a prediction's" in shown
    assert "\n  --protocol NAME        Whose rules to follow." in shown
    joined = " ".join(shown.split())
    assert "else coco. One of coco, lvis, lvis-fixed, lvis-2021, ap-star, cityscapes," in joined
    assert "\n  -o, --output FILE      Also write to a file" in shown
    assert "\n  --json                 Print one JSON object" in shown
    assert "How often images are drawn. [default: 1000]" in joined


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("compare", "A B [C ...] GT"),
        ("report", "PREDS [B] GT"),
        ("predict", "IMAGES..."),
        ("demo", "[FOLDER]"),
        ("plot", "COMMAND [ARGS]..."),
    ],
)
def test_usage_names_the_files_as_one_writes_them(
    command: str, words: str, capsys: Capture
) -> None:
    assert help_of(capsys, command).startswith(f"Usage: segeval {command} [OPTIONS] {words}\n")


def test_headings_are_bold_on_a_terminal_only(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b" not in help_of(capsys, "ap")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert "\n\x1b[1mOutput\x1b[0m\n" in help_of(capsys, "ap")
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert "\x1b" not in help_of(capsys, "ap")
