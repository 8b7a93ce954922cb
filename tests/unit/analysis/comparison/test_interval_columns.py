"""Columns of intervals beside those of their numbers."""

from __future__ import annotations

import pytest

from segeval.analysis.comparison.interval_columns import with_interval_columns
from segeval.metrics.tables import Field, Table


@pytest.mark.parametrize(("drop", "own"), [(0, 0), (1, 2), (3, 4)])
def test_an_interval_gives_way_before_its_number_does(drop: int, own: int) -> None:
    fields = Field("size", "size", "text"), Field("ap", "AP", drop=drop)
    table = Table("size", fields, (("all", 0.4),), totals=1)
    found = with_interval_columns(table, {("segm", "ap"): [0.3, 0.5]}, {})
    assert [(field.key, field.drop) for field in found.fields[1:]] == [
        ("ap", drop),
        ("ap_interval", own),
    ]
