"""The gallery of the documentation shows every figure, each with the lines that make it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from typer.main import get_group

from segeval import plots
from segeval_cli.commands.plot.command import app

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "pages" / "how-to" / "plots.md").read_text(encoding="utf-8")
MADE = re.compile(r"(?:-o |--pictures |plots\.save\(.*, \")([\w.-]+\.(?:svg|png|html))")
KINDS = sorted(get_group(app).commands)


@pytest.fixture
def gallery() -> dict[str, Any]:
    """The program that makes the pictures, not run."""
    return run_path(str(DOCS / "gallery.py"))


def drawing_functions() -> list[str]:
    """Public functions of `segeval.plots` that draw: on axes, a whole figure, or as text."""
    functions = {name: getattr(plots, name) for name in plots.__all__}
    return [
        name
        for name, function in functions.items()
        if inspect.isfunction(function)
        and inspect.signature(function).return_annotation in ("Axes", "Figure", "str")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_plot_has_a_section_with_its_command_and_picture(kind: str) -> None:
    section = re.search(rf"^## {kind}: .*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    made = re.search(rf"^\$ segeval plot {kind} .*-o ({kind}\.\w+)", section[0], re.MULTILINE)
    assert made is not None
    assert f"](plots/{made[1]})" in section[0]


@pytest.mark.parametrize("name", drawing_functions())
def test_every_function_that_draws_is_called(name: str) -> None:
    assert f"plots.{name}(" in PAGE


@pytest.mark.parametrize(
    "line", ["segeval show", "segeval sweep max-dets", "segeval report", "segeval suspects"]
)
def test_figures_of_other_commands_are_shown_too(line: str) -> None:
    made = re.search(rf"^\$ {line} .*(?:-o|--pictures) ([\w.-]+)", PAGE, re.MULTILINE)
    assert made is not None
    assert f"](plots/{made[1]})" in PAGE


def test_what_the_page_shows_is_what_its_lines_write(gallery: dict[str, Any]) -> None:
    assert set(gallery["SHOWN"].findall(PAGE)) == set(MADE.findall(PAGE))


def test_a_command_that_fails_stops_the_making_of_the_gallery(gallery: dict[str, Any]) -> None:
    with pytest.raises(SystemExit, match=r"nowhere\.json: no such file"):
        gallery["command"]("plot pr nowhere.json gt.json")
