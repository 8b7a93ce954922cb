"""Every script of `examples` states a question, makes its data, and prints the answer beside it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.example_outputs import SCRIPTS, printed

LIST = (SCRIPTS[0].parent / "README.md").read_text(encoding="utf-8")
PACKAGES = {"segeval", "numpy", "matplotlib"}

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def test_there_are_eight_questions() -> None:
    assert len(SCRIPTS) == 8


@each_script
def test_a_script_prints_what_stands_beside_it(script: Path, tmp_path: Path) -> None:
    answer = script.with_suffix(".txt").read_text(encoding="utf-8")
    assert printed(script, tmp_path) == answer, "python -m tests.example_outputs writes it again"


@each_script
def test_a_script_is_short_and_needs_little(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 60
    imports = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Import)]
    from_imports = [
        each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.ImportFrom)
    ]
    used = {alias.name for each in imports for alias in each.names}
    used |= {each.module or "" for each in from_imports}
    assert {name.partition(".")[0] for name in used} <= PACKAGES | sys.stdlib_module_names


@each_script
def test_the_list_of_examples_has_the_question_the_script_and_the_answer(script: Path) -> None:
    first = (ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or "").splitlines()[0]
    assert f"| {first} | [{script.name}]({script.name}) | [{script.stem}.txt]" in LIST
