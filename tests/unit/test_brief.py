"""Objects that hold much say it in a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segeval import mean_iou
from segeval.brief import Brief
from segeval.data.columns import Categories


@dataclass(repr=False)
class Some(Brief):
    name: str
    values: tuple[int, ...]
    table: object


def test_arrays_are_named_by_type_and_shape_and_long_lists_by_length() -> None:
    some = Some("x", (1, 2, 3, 4), np.zeros((5, 2), np.uint8))
    assert repr(some) == "Some(name='x', values=<4 entries>, table=<uint8 (5, 2)>)"


def test_short_values_are_shown() -> None:
    assert repr(Some("x", (1, 2), None)) == "Some(name='x', values=(1, 2), table=None)"
    assert repr(Some("x" * 99, (), 1.5)) == "Some(name=<str>, values=(), table=1.5)"


def test_many_categories_are_one_line() -> None:
    many = Categories(np.arange(1203), tuple(f"c{k}" for k in range(1203)))
    assert repr(many) == (
        "Categories(id=<int64 (1203,)>, names=<1,203 entries>, frequencies=None, keys=None)"
    )


def test_statistics_and_scores_are_one_line() -> None:
    result = mean_iou([np.zeros((4, 4), np.uint8)], [np.zeros((4, 4), np.uint8)], classes=150)
    for each in (result.scores, result.statistics):
        assert "\n" not in repr(each)
        assert len(repr(each)) < 800
