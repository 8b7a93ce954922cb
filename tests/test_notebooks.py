"""Notebooks and pages of the examples are made of the scripts, with what these print and draw."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from tests.example_outputs import SCRIPTS

DOCS = Path(__file__).parent.parent / "docs"

SOURCE = '''\
"""How many?

Few.
"""

import sys

# The first.
#
# And the second.
count = 2
# not a text: no empty line before it

if count:
    # nor this
    print("""
# nor this
""", count)

# The end.
sys.exit(3)
'''


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The program that makes notebooks, not run."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    return run_path(str(DOCS / "notebooks.py"))


def test_docstring_and_comments_at_the_margin_become_text(made: dict[str, Any]) -> None:
    cells = made["cells_of"](SOURCE)
    texts = ["# How many?\n\nFew.", "The first.\n\nAnd the second.", "The end."]
    assert [cell.source for cell in cells if cell.kind == "markdown"] == texts
    code = [cell.source for cell in cells if cell.kind == "code"]
    assert (code[0], code[2]) == ("import sys", "sys.exit(3)")
    assert code[1].startswith("count = 2\n# not a text")
    assert code[1].endswith('""", count)')


def test_cells_hold_what_they_print_and_how_they_end(made: dict[str, Any]) -> None:
    cells = made["cells_of"](SOURCE)
    made["run"](cells, "here.py")
    assert [cell.printed for cell in cells if cell.printed] == ["\n# nor this\n 2\n"]
    assert made["answer"](cells).endswith("[exit code 3]\n")
    last = json.loads(made["notebook"](cells))["cells"][-1]
    assert last["outputs"][0]["ename"] == "SystemExit"
    assert "```text\n[exit code 3]\n```" in made["page"](cells, "here")[0]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_figure_is_drawn_in_the_cell_that_saves_it(script: Path, made: dict[str, Any]) -> None:
    for cell in made["cells_of"](script.read_text(encoding="utf-8")):
        assert ("plt.subplots(" in cell.source) == ("savefig(" in cell.source), cell.source


def test_pages_have_the_output_and_the_pictures(tmp_path: Path, made: dict[str, Any]) -> None:
    script = next(each for each in SCRIPTS if each.stem == "deploy_score")
    made["main"](tmp_path, [script])
    text = (tmp_path / "deploy_score.md").read_text(encoding="utf-8")
    assert script.with_suffix(".txt").read_text(encoding="utf-8") in text
    linked = set(re.findall(r"\]\(([\w.-]+)\)", text))
    assert linked == {"deploy_score.ipynb", "deploy_score-1.png"}
    assert (tmp_path / "deploy_score-1.png").read_bytes().startswith(b"\x89PNG")
    written = json.loads((tmp_path / "deploy_score.ipynb").read_text(encoding="utf-8"))
    kinds = [[out["output_type"] for out in cell.get("outputs", [])] for cell in written["cells"]]
    assert kinds[-1] == ["stream", "display_data"]
    assert "(deploy_score.md)" in (tmp_path / "index.md").read_text(encoding="utf-8")


def test_a_script_that_prints_something_else_stops_the_build(
    tmp_path: Path, made: dict[str, Any]
) -> None:
    script = tmp_path / "asked.py"
    script.write_text('"""How many?"""\n\nprint(2)\n', encoding="utf-8")
    script.with_suffix(".txt").write_text("3\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"asked\.py: prints something else"):
        made["main"](tmp_path, [script])


def test_the_navigation_has_every_script_in_the_order_of_the_list(made: dict[str, Any]) -> None:
    nav = tomllib.loads((DOCS / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    entries = next(entry["Examples"] for entry in nav if "Examples" in entry)
    scripts = made["in_order"]()
    assert sorted(scripts) == SCRIPTS
    pages = [page for entry in entries for page in entry.values()]
    assert pages == ["examples/index.md", *(f"examples/{script.stem}.md" for script in scripts)]
