"""Commands are known by name and help before they are imported."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from segeval_cli import failures
from segeval_cli.commands import COMMANDS
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app

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
    assert commands_imported_by(name, "--help") <= {name, *SHOWN_BY.get(name, ())}


def test_a_word_that_is_no_command_gets_a_proposal(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.run(app, ["chek"]) == failures.UNUSABLE_INPUT
    assert "Did you mean 'check'?" in capsys.readouterr().err


def test_names_and_help_of_commands_are_listed_for_completion() -> None:
    group = typer.main.get_command(app)
    context = typer.Context(group)
    listed = {
        item.value: item.help for item in group.shell_complete(context, "") if item.type == "plain"
    }
    assert listed.keys() >= COMMANDS.keys()
