"""What every result has in common, shown by one of a protocol that does not exist."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

import pytest

from segeval import __version__
from segeval.errors import InputError, MissingDependency, Note
from segeval.metrics.result import Description, Result, first_of
from segeval.metrics.tables import FIRST_ROWS, Field, Table

Hits = Mapping[str, float | None]

FIELDS = (Field("kind", "kind", "text"), Field("hits", "hits"))

HITS: Description[Hits] = Description(
    schema="segeval/hits/3",
    brief=lambda hits: f"{len(hits)} kinds",
    headline=lambda result: ("Hits", result.settings["rule"]),
    summary=lambda result: f"{len(result.scores)} kinds",
    tables=lambda result: (Table("kind", FIELDS, tuple(result.scores.items())),),
    values=dict,
)

RESULT: Result[Hits] = Result(
    scores={"segm": 0.25, "bbox": None},
    inputs={"preds": {"path": "a/p.json"}, "gt": {"path": "a/gt.json"}},
    settings={"rule": "any"},
    notes=(Note("odd", "one is odd"),),
    seconds=0.5,
    about=HITS,
)


def test_a_result_is_told_by_its_description() -> None:
    assert RESULT.headline == ("Hits", "any")
    assert RESULT.summary == "2 kinds"
    assert RESULT.first == 0.25
    assert repr(RESULT) == "Result(p.json vs gt.json: 2 kinds)"
    assert RESULT.to_dict() == {
        "schema": "segeval/hits/3",
        "segeval": __version__,
        "inputs": {"preds": {"path": "a/p.json"}, "gt": {"path": "a/gt.json"}},
        "settings": {"rule": "any"},
        "results": {"segm": 0.25, "bbox": None},
        "notes": [{"code": "odd", "message": "one is odd", "count": 1}],
        "seconds": 0.5,
    }


def test_means_are_finite_numbers_by_name() -> None:
    flat = replace(RESULT, about=replace(HITS, flat=dict)).flat("val/")
    assert flat == {"val/segm": 0.25}
    assert RESULT.flat() == {}


def test_without_one_number_for_all_there_is_nothing_to_fail_under() -> None:
    assert RESULT.primary is None
    about = replace(HITS, primary=first_of)
    assert replace(RESULT, about=about).primary == 0.25


def test_without_files_the_numbers_stand_alone() -> None:
    assert repr(Result(scores=RESULT.scores, about=HITS)) == "Result(2 kinds)"


def test_a_notebook_shows_the_first_rows_of_long_tables() -> None:
    many: Hits = {f"kind {place}": place / 100 for place in range(FIRST_ROWS + 5)}
    html = replace(RESULT, scores=many)._repr_html_()
    assert html.count("<tr>") == 1 + FIRST_ROWS
    assert "<td>kind 0</td><td>0.0</td>" in html
    assert "</table><p>5 more rows</p>" in html
    assert html.startswith("<p><b>Hits</b> ")
    assert html.endswith("<ul><li>one is odd</li></ul>")


def test_a_shortened_table_keeps_its_totals_and_extras() -> None:
    rows = tuple((name,) for name in "abcdef")
    table = Table("letter", (Field("letter", "letter", "text"),), rows, totals=1, extras=2)
    assert [row[0] for row in table.shortened(2).rows] == ["a", "b", "c", "e", "f"]
    assert table.shortened(3) == table == table.shortened(9)


def test_tables_are_found_by_name() -> None:
    assert RESULT.tables["kind"] == RESULT.tables[0]
    assert RESULT.tables[:1] == (RESULT.tables[0],)
    with pytest.raises(InputError, match="there is no table 'image', expected one of: kind"):
        RESULT.tables["image"]


def test_a_notebook_shows_two_tables_and_names_the_others() -> None:
    tables = tuple(Table(name, (Field(name, name, "text"),), (("x",),)) for name in "abcd")
    html = replace(RESULT, about=replace(HITS, tables=lambda _: tables))._repr_html_()
    assert html.count("<table>") == 2
    assert '<p>Also: <code>tables["c"]</code>, <code>tables["d"]</code></p>' in html


def test_a_table_becomes_a_data_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = ModuleType("pandas")
    pandas.DataFrame = lambda columns: ("frame", columns)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    columns = {"kind": ["segm", "bbox"], "hits": [0.25, None]}
    assert RESULT.tables["kind"].to_dataframe() == ("frame", columns)
    empty = replace(RESULT.tables["kind"], rows=())
    assert empty.to_dataframe() == ("frame", {"kind": [], "hits": []})


def test_without_pandas_a_data_frame_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependency, match="a data frame needs pandas: pip install pandas"):
        RESULT.tables["kind"].to_dataframe()


def test_a_table_prints_as_aligned_text() -> None:
    fields = Field("name", "name", "text"), Field("gt", "gt", "count"), Field("ap", "AP")
    rows = ("all", 1200, 0.5), ("a", 1000, None), ("other", 200, 1.0)
    table = Table("name", fields, rows, totals=1, extras=1)
    assert str(table) == (
        "name      gt     AP\n"
        "-------------------\n"
        "all    1,200   50.0\n"
        "-------------------\n"
        "a      1,000      -\n"
        "-------------------\n"
        "other    200  100.0"
    )
    assert str(RESULT.tables) == str(RESULT.tables["kind"])
    assert repr(RESULT.tables) == "Tables(kind)"
