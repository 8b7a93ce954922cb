"""What the library says to its users: arguments, never flags of a command line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

FLAG = re.compile(r"(?<![\w-])--[a-z]")
COMMAND = re.compile(r"segeval [a-z{}]+( [^`.,;]*)?")
"""A whole command to type, with its flags."""


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


def test_no_message_of_the_library_speaks_in_flags(root: Path) -> None:
    found = {
        f"{path.relative_to(root)}: {text}"
        for path in (root / "segeval").rglob("*.py")
        for text in texts(ast.parse(path.read_text(encoding="utf-8")))
        if FLAG.search(COMMAND.sub("", text))
    }
    assert found == set()


def test_a_flag_outside_of_a_command_is_seen() -> None:
    tree = ast.parse('"""Not --this."""\nf"run {x} with --that"\ny = "segeval ap {} --fine"')
    assert [text for text in texts(tree) if FLAG.search(COMMAND.sub("", text))] == [
        "run {} with --that"
    ]
