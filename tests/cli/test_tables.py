"""Tables of the terminal fit the line."""

from __future__ import annotations

from segeval.metrics.tables import Field, Table
from segeval_cli.tables import text_table


def test_a_long_title_of_names_is_shortened_like_the_names() -> None:
    fields = Field("name", "oracle of " + "m" * 60, "text"), Field("ap", "AP")
    lines = text_table(Table("oracle", fields, (("as it is", 0.5),))).text(40).splitlines()
    assert lines[0] == "  oracle of mmmmmmmmmmmmmmmmmmm..    AP"
    assert lines[2] == "  as it is                         50.0"
    assert len(lines) == 3


def test_a_column_without_room_is_named_and_a_shortened_one_is_not() -> None:
    fields = Field("name", "m" * 60, "text"), Field("ap", "AP"), Field("ar", "AR " * 5, drop=1)
    lines = text_table(Table("oracle", fields, (("x", 0.5, 0.25),))).text(36).splitlines()
    assert lines[-1] == "  no room for AR AR AR AR AR"


def test_what_stands_in_brackets_gives_way_before_a_column() -> None:
    fields = Field("ap", "AP"), Field("verdict", "verdict", "words"), Field("p", "p", drop=1)
    rows = ((0.5, "undecided (shows >= 1.9)", 0.25),)
    table = text_table(Table("name", fields, rows))
    assert table.text(46).splitlines()[2] == "  50.0   undecided (shows >= 1.9)   25.0"
    narrow = table.text(30).splitlines()
    assert narrow[2:] == ["  50.0   undecided   25.0", "  no room for verdict in full"]
    lines = table.text(19).splitlines()[2:]
    assert lines == ["  50.0   undecided", "  no room for p,", "  verdict in full"]


def test_columns_come_closer_before_a_name_is_cut() -> None:
    fields = Field("name", "name", "text"), Field("ap", "AP"), Field("ar", "AR")
    table = text_table(Table("name", fields, (("m" * 20, 0.5, 0.25),)))
    row = "  " + "m" * 20
    assert table.text(37).splitlines()[2] == row + "   50.0   25.0"
    assert table.text(35).splitlines()[2] == row + "  50.0  25.0"
    assert table.text(33).splitlines()[2] == "  " + "m" * 16 + "..  50.0  25.0"
