"""What the library says to its users: arguments and functions, never flags and commands."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from segeval_cli.commands import COMMANDS

FLAG = re.compile(r"(?<![\w-])--[a-z]")
COMMAND = re.compile(rf"\bsegeval ({'|'.join(COMMANDS)}|{{}})(?![\w-])")

ALLOWED = {
    # files that a command writes, where the message says what is expected in them
    "segeval/data/saved_results.py: expected what `segeval {} --json` prints.",
    (
        "segeval/plots/trimap.py: {}: results and settings of mean IoU cannot be read ({}), "
        "expected the object that `segeval miou --json` prints."
    ),
    # the title of a table that one command shows
    "segeval/models/costs/preset_costs.py: segeval models show NAME prints all settings",
}
"""Texts that name a command for a reason."""


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of a module that is no docstring, with {} for what is put in."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and id(node) not in inside | docstrings:
            yield str(node.value)


def speaks_of_commands(text: str) -> bool:
    """Whether a text has flags or commands of the command line."""
    return bool(FLAG.search(text) or COMMAND.search(text))


def test_no_message_of_the_library_speaks_in_flags_or_commands(root: Path) -> None:
    found = {
        f"{path.relative_to(root)}: {text}"
        for path in (root / "segeval").rglob("*.py")
        for text in texts(ast.parse(path.read_text(encoding="utf-8")))
        if speaks_of_commands(text)
    }
    assert found == ALLOWED


def test_flags_and_commands_are_seen_outside_of_docstrings() -> None:
    tree = ast.parse(
        '"""Not --this."""\nf"run {x} with --that"\ny = "segeval ap a b"\nz = f"as segeval {y}"\n'
        'fine = "segeval api", "a segeval-demo"'
    )
    assert [text for text in texts(tree) if speaks_of_commands(text)] == [
        "run {} with --that",
        "segeval ap a b",
        "as segeval {}",
    ]
