"""What every result has in common, shown by one of a protocol that does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from segeval import __version__
from segeval.errors import InputError, Note
from segeval.metrics.result import Description, Result, first_of
from segeval.metrics.tables import FIRST_ROWS, Field, Table, Unit, Value

Hits = Mapping[str, float | None]

FIELDS = (Field("kind", "kind", "text"), Field("hits", "hits"))

HITS: Description[Hits] = Description(
    place=f"{__name__}:HITS",
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
    assert RESULT.flat("val/") == {"val/segm": 0.25}
    own = {"AP": float("nan"), "AR@1": 1, "sizes": {"a/b": 0.5, "a b": 0.75}, "any": True}
    flat = replace(RESULT, about=replace(HITS, flat=lambda _: own)).flat()
    assert flat == {"AR_1": 1.0, "sizes/a_b": 0.5, "sizes/a_b_2": 0.75}
    assert all(type(number) is float for number in flat.values())


def test_the_only_kind_of_iou_is_no_part_of_names() -> None:
    about: Any = replace(HITS, values=lambda _: {"segm": {"hits": 0.5}})
    alone = replace(RESULT, about=about, settings={**RESULT.settings, "iou": ["segm"]})
    assert alone.flat() == {"hits": 0.5}
    assert replace(alone, settings=RESULT.settings).flat() == {"segm/hits": 0.5}


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


def test_a_table_becomes_a_data_frame() -> None:
    pytest.importorskip("pandas")
    frame = RESULT.to_dataframe()
    assert frame["kind"].tolist() == ["segm", "bbox"]
    assert frame["hits"].isna().tolist() == [False, True]
    empty = replace(RESULT.tables["kind"], rows=()).to_dataframe()
    assert list(map(str, empty.dtypes)) == list(map(str, frame.dtypes)) == ["string", "Float64"]


def test_every_unit_has_columns_of_its_own_kind() -> None:
    pytest.importorskip("pandas")
    units: dict[Unit, Value] = {
        "text": "lamp", "label": "1 - 2", "words": "better", "id": 7, "count": 3, "gain": -1,
        "percent": 0.5, "signed": 0.1, "number": 2.5,
    }  # fmt: skip
    fields = tuple(Field(unit, unit, unit) for unit in units)
    table = Table("unit", fields, (tuple(units.values()), (None,) * len(units)))
    frame = table.to_dataframe()
    assert frame.iloc[0].tolist() == list(units.values())
    assert frame.iloc[1].isna().all()
    types = ["string"] * 3 + ["Int64"] * 3 + ["Float64"] * 3
    assert list(map(str, frame.dtypes)) == types


def test_cells_of_two_numbers_become_two_columns() -> None:
    pytest.importorskip("pandas")
    fields = (
        Field("interval", "95 %", "interval"),
        Field("ap_interval", "95 %", "number interval"),
        Field("count", "errors", "change"),
    )
    rows = ((0.25, 0.5), (1.5, 2.0), (12000, 7)), (None, "", None)
    table = Table("pair", fields, rows)
    frame = table.to_dataframe()
    assert list(frame.columns) == ["low", "high", "ap_low", "ap_high", "count_a", "count_b"]
    assert frame.iloc[0].tolist() == [0.25, 0.5, 1.5, 2.0, 12000, 7]
    assert frame.iloc[1].isna().all()
    assert str(frame["count_a"].dtype) == "Int64"
    assert str(table).splitlines()[2] == "25.0 .. 50.0  1.5 .. 2  12,000 -> 7"


def test_blank_cells_are_missing_numbers_and_words_in_their_place_are_refused() -> None:
    pytest.importorskip("pandas")
    field = (Field("ap", "AP"),)
    assert Table("ap", field, (("",), (0.5,))).to_dataframe()["ap"].isna().tolist() == [True, False]
    with pytest.raises((TypeError, ValueError)):
        Table("ap", field, (("none",),)).to_dataframe()


def test_names_that_are_ids_are_numbers_where_all_are() -> None:
    pytest.importorskip("pandas")
    field = (Field("image", "image", "text"),)
    for rows, kind in (((7,), (None,)), "Int64"), ((("a",), (7,)), "string"), ((), "string"):
        assert str(Table("image", field, rows).to_dataframe()["image"].dtype) == kind


def test_a_table_that_is_made_when_asked_for_has_a_name_too() -> None:
    image = Table("image", (Field("image", "image", "id"),), ((7,),))
    result = replace(RESULT, about=replace(HITS, others={"image": lambda _: image}))
    assert result.table("image") is image
    assert result.table() == result.table("kind") == RESULT.tables[0]
    with pytest.raises(InputError, match=r"no table 'size', expected one of: kind, image, flat\."):
        result.to_latex("size")


def test_a_result_without_tables_shows_its_numbers() -> None:
    result = replace(RESULT, about=replace(HITS, tables=lambda _: ()))
    assert result.table() == result.table("flat") == RESULT.table("flat")
    assert result.table().rows == (("segm", 0.25),)


def test_latex_has_the_title_as_a_comment() -> None:
    assert RESULT.to_latex().splitlines()[:4] == [
        "% Hits, any",
        r"% needs \usepackage{booktabs}",
        "",
        r"\begin{tabular}{@{}lr@{}}",
    ]
    assert RESULT.to_latex().endswith("bbox & -- \\\\\n\\bottomrule\n\\end{tabular}\n")


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
