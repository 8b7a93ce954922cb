"""Columns as data frames of pandas or polars: types, missing values, what to install."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from segeval import load_ground_truth, load_predictions
from segeval.data.data_frame import BACKENDS, Backend, Column, data_frame, ids_column
from segeval.errors import InputError, MissingDependency

COLUMNS = {
    "name": Column("text", ["lamp", None, ""]),
    "gt": Column("whole", [3, None, 0]),
    "large": Column("unsigned", [2**63, None, 1]),
    "ap": Column("number", [0.5, None, 0.0]),
    "area": Column("number", np.array([1.5, np.nan, 2.0])),
    "crowd": Column("bool", [True, None, False]),
}

TYPES = {
    "pandas": ["string", "Int64", "UInt64", "Float64", "Float64", "boolean"],
    "polars": ["String", "Int64", "UInt64", "Float64", "Float64", "Boolean"],
}

ROWS = [
    {"name": "lamp", "gt": 3, "large": 2**63, "ap": 0.5, "area": 1.5, "crowd": True},
    dict.fromkeys(COLUMNS),
    {"name": "", "gt": 0, "large": 1, "ap": 0.0, "area": 2.0, "crowd": False},
]

installed = pytest.mark.parametrize(
    "backend",
    [
        pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"no {name}"))
        for name in BACKENDS
    ],
)


def types_of(frame: Any) -> list[str]:
    """The types of the columns by name."""
    return list(map(str, frame.dtypes))


def rows_of(frame: Any) -> list[dict[str, Any]]:
    """Rows of plain values, None for missing ones."""
    if type(frame).__module__.startswith("polars"):
        return list(frame.to_dicts())
    import pandas as pd

    return [
        {key: None if value is pd.NA else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


@installed
def test_none_and_nan_are_missing_and_numbers_stay_numbers(backend: Backend) -> None:
    frame = data_frame(COLUMNS, backend)
    assert type(frame).__module__.startswith(backend)
    assert list(frame.columns) == list(COLUMNS)
    assert types_of(frame) == TYPES[backend]
    assert rows_of(frame) == ROWS


@installed
def test_types_do_not_depend_on_the_rows(backend: Backend) -> None:
    for values in ([], [None, None]):
        frame = data_frame(
            {key: Column(each.kind, values) for key, each in COLUMNS.items()}, backend
        )
        assert types_of(frame) == TYPES[backend]
        assert len(frame) == len(values)


@installed
def test_columns_of_files_keep_their_ids_and_lack_what_records_lack(backend: Backend) -> None:
    box = {"image_id": "left", "category_id": 7, "bbox": [1, 2, 3, 4]}
    gt = load_ground_truth(
        {
            "images": [{"id": "left", "height": 9, "width": 9}],
            "categories": [{"id": 7}],
            "annotations": [{**box, "id": 1, "iscrowd": 1}],
        }
    )
    [own] = rows_of(gt.to_dataframe(backend))
    assert own == {
        "id": 1, "image_id": "left", "category_id": 7, "area": None, "is_crowd": True,
        "ignore": False, "bbox_x": 1.0, "bbox_y": 2.0, "bbox_w": 3.0, "bbox_h": 4.0,
    }  # fmt: skip
    mask = {"size": [9, 9], "counts": "Q21"}
    preds = load_predictions([{"image_id": 5, "category_id": 7, "score": 1, "segmentation": mask}])
    frame = preds.to_dataframe(backend)
    assert types_of(frame) == ["Int64"] * 2 + ["Float64"] * 5
    assert rows_of(frame)[0]["bbox_x"] is None


@installed
def test_half_a_character_is_shown_as_its_escape(backend: Backend) -> None:
    [row] = rows_of(data_frame({"name": Column("text", ["a\ud800", "\u202eb"][:1])}, backend))
    assert row == {"name": "a\\ud800"}


def test_ids_are_numbers_where_all_are() -> None:
    assert ids_column([7, None, -1]).kind == "whole"
    assert ids_column([]).kind == "whole"
    assert ids_column([2**63, 0]).kind == "unsigned"
    assert ids_column(["a", None]).values == ["a", None]
    assert ids_column([2**63, -1]).values == ["9223372036854775808", "-1"]


def test_pandas_is_preferred_and_polars_taken_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    assert type(data_frame(COLUMNS)).__module__.startswith("pandas")
    pytest.importorskip("polars")
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert type(data_frame(COLUMNS)).__module__.startswith("polars")


def test_without_either_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BACKENDS:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependency) as caught:
        data_frame(COLUMNS)
    assert str(caught.value) == (
        "a data frame needs pandas or polars: pip install pandas, or pip install polars"
    )
    with pytest.raises(
        MissingDependency, match=r"^this data frame needs polars: pip install polars$"
    ):
        data_frame(COLUMNS, "polars")


def test_another_package_is_refused() -> None:
    backend: Any = "spark"
    with pytest.raises(InputError, match=r"^`backend='spark'`: expected \"pandas\" or"):
        data_frame(COLUMNS, backend)
