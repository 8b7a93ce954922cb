"""Columns as a data frame of pandas or polars, for those who have one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segeval.characters import shown
from segeval.data.keys import BEYOND, Keys, written
from segeval.errors import InputError, MissingDependency
from segeval.frozen import frozen

Backend = Literal["pandas", "polars"]
"""The packages whose data frames can be made, the one to prefer first."""

BACKENDS: tuple[Backend, ...] = ("pandas", "polars")

Kind = Literal["text", "whole", "unsigned", "number", "bool"]
"""What a column holds, each with its own word for missing values."""

PANDAS = {
    "text": "string", "whole": "Int64", "unsigned": "UInt64", "number": "Float64",
    "bool": "boolean",
}  # fmt: skip
"""Types of pandas that know missing values."""

POLARS = {
    "text": "String", "whole": "Int64", "unsigned": "UInt64", "number": "Float64",
    "bool": "Boolean",
}  # fmt: skip

OF_DTYPE: dict[str, Kind] = {"i": "whole", "u": "unsigned", "f": "number", "b": "bool"}
"""Kinds of columns by the kind of a NumPy type."""


@frozen(eq=False)
class Column:
    """One column of a data frame.

    Attributes:
        kind: what it holds; decides its type, however many rows there are.
        values: of the rows, shape (N,); None and NaN are missing.
    """

    kind: Kind
    values: Sequence[Any] | NDArray[Any]


def data_frame(columns: Mapping[str, Column], backend: Backend | None = None) -> Any:
    """A data frame of columns by name.

    Args:
        columns: of N values each.
        backend: "pandas" or "polars"; None for the first of these that is installed.

    Returns:
        A `pandas.DataFrame` with types that know missing values (Int64, Float64, boolean, string),
        or a `polars.DataFrame`, in which they are null.

    Raises:
        InputError: for another backend.
        MissingDependency: if the backend, or both, are not installed.
    """
    if backend is not None and backend not in BACKENDS:
        raise InputError(
            f'`backend={backend!r}`: expected "pandas" or "polars".',
            code="backend",
            option="backend",
        )
    for name in BACKENDS if backend is None else (backend,):
        try:
            package = import_module(name)
        except ImportError:
            continue
        return MAKERS[name](package, columns)
    if backend is not None:
        raise MissingDependency(f"this data frame needs {backend}: pip install {backend}")
    raise MissingDependency(
        "a data frame needs pandas or polars: pip install pandas, or pip install polars"
    )


def _pandas(pd: Any, columns: Mapping[str, Column]) -> Any:
    """The columns as a `pandas.DataFrame`."""
    return pd.DataFrame(
        {
            name: pd.array(_plain(column), dtype=PANDAS[column.kind])
            for name, column in columns.items()
        }
    )


def _polars(pl: Any, columns: Mapping[str, Column]) -> Any:
    """The columns as a `polars.DataFrame`."""
    return pl.DataFrame(
        [
            pl.Series(name, _plain(column), getattr(pl, POLARS[column.kind])).fill_nan(None)
            if column.kind == "number"
            else pl.Series(name, _plain(column), getattr(pl, POLARS[column.kind]))
            for name, column in columns.items()
        ]
    )


MAKERS: dict[Backend, Callable[[Any, Mapping[str, Column]], Any]] = {
    "pandas": _pandas,
    "polars": _polars,
}


def _plain(column: Column) -> Any:
    """The values, text as UTF-8 can hold it: half of a character becomes its escape."""
    if column.kind != "text":
        return column.values
    return [None if value is None else _encodable(value) for value in column.values]


def _encodable(text: str) -> str:
    """The text, or its escapes if it holds what is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return shown(text)
    return text


def ids_column(ids: Sequence[int | str | None]) -> Column:
    """A column of ids as a file writes them: whole numbers if all are, else text."""
    known = [each for each in ids if each is not None]
    numbers = [each for each in known if isinstance(each, int)]
    if len(numbers) == len(known):
        low, high = min(numbers, default=0), max(numbers, default=0)
        if low >= -BEYOND and high < BEYOND:
            return Column("whole", ids)
        if low >= 0 and high < 2 * BEYOND:
            return Column("unsigned", ids)
    return Column("text", [None if each is None else str(each) for each in ids])


def array_columns(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Column]:
    """Arrays by name as columns; arrays of objects hold ids."""
    return {
        name: ids_column(array.tolist())
        if array.dtype == object
        else Column(OF_DTYPE[array.dtype.kind], array)
        for name, array in arrays.items()
    }


def columns_by_name(
    found: Any,
    names: Sequence[str],
    orient: str,
    keys: Mapping[str, Keys | None],
) -> dict[str, NDArray[Any]]:
    """Some columns, ids as their file writes them, and the coordinates of the boxes one by one.

    Args:
        found: ground truth or predictions.
        names: names of the columns.
        orient: "columns", the only choice.
        keys: keys of the columns of ids, by name.
    """
    if orient != "columns":
        raise ValueError(f'orient is {orient!r}, expected "columns"')
    columns = {name: getattr(found, name) for name in names}
    for name, own in keys.items():
        if own is not None:
            columns[name] = np.array(written(columns[name], own), object)
    sides = {f"bbox_{side}": found.boxes[:, place] for place, side in enumerate("xywh")}
    return {**columns, **sides}
