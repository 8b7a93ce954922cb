"""Names from files and of files are shown as text, whatever they hold."""

from __future__ import annotations

import csv
import io
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from segeval.characters import CONTROLS
from segeval_cli import failures, progress, visible
from segeval_cli.csv_rows import csv_text
from segeval_cli.main import app

EVIL = "\x1b[2J\x9b1m<img src=x onerror=alert(1)>|x\ny\u202ez"
SHOWN = r"\x1b[2J\x9b1m<img src=x onerror=alert(1)>|x\ny\u202ez"
SQUARE = [[0, 0, 4, 0, 4, 4, 0, 4]]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    gt = {
        "images": [{"id": 1, "width": 8, "height": 8, "file_name": EVIL}],
        "categories": [
            {"id": 1, "name": EVIL},
            {"id": 2, "name": "=1+1"},
            {"id": 3, "name": "|x\n<b>"},
        ],
        "annotations": [
            {"id": k, "image_id": 1, "category_id": k, "area": 16, "segmentation": SQUARE}
            for k in (1, 2, 3)
        ],
    }
    Path("gt.json").write_text(json.dumps(gt))
    preds = [{"image_id": 1, "category_id": 1, "segmentation": SQUARE, "score": 0.5}]
    Path("p.json").write_text(json.dumps(preds))


def run(words: str) -> int:
    return failures.run(app, shlex.split(words))


def test_a_table_keeps_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ap p.json gt.json --per category") == failures.DONE
    shown = capsys.readouterr().out
    line = next(line for line in shown.splitlines() if SHOWN[:12] in line)
    assert line.split()[-4:] == ["100.0", "100.0", "100.0", "100.0"]
    assert not CONTROLS.search(shown.replace("\n", ""))


def test_a_table_of_markdown_keeps_its_lines_and_has_no_tags() -> None:
    assert run("ap p.json gt.json --per category,image -q -o t.md") == failures.DONE
    text = Path("t.md").read_text()
    assert not CONTROLS.search(text.replace("\n", ""))
    row = next(line for line in text.splitlines() if SHOWN[:12] in line)
    assert r"\<img src=x" in row
    assert r"| \|x\n\<b> |" in text
    assert "<img" not in text.replace(r"\<img", "")


def test_a_cell_of_csv_is_no_formula() -> None:
    assert run("ap p.json gt.json --per category -q -o t.csv") == failures.DONE
    with Path("t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows if row["table"] == "categories"] == [
        SHOWN,
        "'=1+1",
        r"|x\n<b>",
    ]


@pytest.mark.parametrize("name", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_text_that_a_spreadsheet_would_run_has_an_apostrophe(name: str) -> None:
    results = {"drop": -0.5, "categories": [{"id": -1, "name": name, "change": -0.25}]}
    rows = list(csv.reader(io.StringIO(csv_text({"settings": {}, "results": results}))))
    assert rows[1:] == [
        ["", "all", "", "", "-0.5", ""],
        ["", "categories", "-1", "'" + visible.shown(name), "", "-0.25"],
    ]


def test_numbers_of_a_list_stay_numbers() -> None:
    results = {"a": [-1, 2], "b": ["-1", "2"]}
    rows = list(csv.DictReader(io.StringIO(csv_text({"settings": {}, "results": results}))))
    assert (rows[0]["a"], rows[0]["b"]) == ("-1 2", "'-1 2")


def test_json_has_the_true_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ap p.json gt.json --json") == failures.DONE
    text = capsys.readouterr().out
    assert json.loads(text)["results"]["segm"]["categories"][0]["name"] == EVIL
    assert not CONTROLS.search(text.replace("\n", ""))


@pytest.mark.parametrize("words", ["ap {} gt.json", "check {}", "plot size-hist {}"])
def test_an_error_is_one_line(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a\nb\x1b]0;c.json"
    argv = [name if word == "{}" else word for word in words.split()]
    assert failures.run(app, argv) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == "error: a\\nb\\x1b]0;c.json: no such file.\n"


@pytest.mark.parametrize("name", ["p[/].json", "[red]p.json", "p[bold]\n.json"])
@pytest.mark.parametrize("command", ["ap", "check", "plot"])
def test_no_name_of_a_file_is_markup_on_a_terminal(
    name: str,
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path("p.json").rename(name)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    argv = {
        "ap": ["ap", name, "gt.json"],
        "check": ["check", name, "gt.json"],
        "plot": ["plot", "size-hist", "--by", "mask", name],
    }
    assert failures.run(app, argv[command]) == failures.DONE
    shown = capsys.readouterr()
    assert "This is a bug" not in shown.err
    assert visible.shown(name) in shown.err.replace("\n", "")


def test_the_line_of_current_work_shows_names_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    shown: list[Any] = []
    status = console.status
    monkeypatch.setattr("rich.console.Console", lambda **_: console)

    def noting(text: Any, **_: Any) -> Any:
        shown.append(text)
        return status(text)

    monkeypatch.setattr(console, "status", noting)
    with progress._moving_line("reading [red]a[/]\x1b.json", "") as advance:
        advance(1, 2)
    assert [str(text) for text in shown] == ["reading [red]a[/]\\x1b.json"]


def test_a_dollar_in_a_name_is_no_formula_of_a_figure(capsys: pytest.CaptureFixture[str]) -> None:
    Path("gt.json").rename("a$\\frac$.json")
    assert run("plot size-hist 'a$\\frac$.json' -o sizes.svg") == failures.DONE
    assert capsys.readouterr().err == "wrote sizes.svg\n"


def test_no_character_that_is_escaped_is_printable() -> None:
    """`shown` passes printable text on as it is."""
    escaped = [code for code in range(sys.maxunicode + 1) if CONTROLS.match(chr(code))]
    assert len(escaped) > 2000
    assert not [code for code in escaped if chr(code).isprintable()]
