"""Columns as a data frame, for those who have pandas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.keys import Keys, written
from segeval.errors import MissingDependency


def data_frame(columns: Mapping[str, Any]) -> Any:
    """A `pandas.DataFrame` of columns by name.

    Raises:
        MissingDependency: if pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise MissingDependency("a data frame needs pandas: pip install pandas") from None
    return pd.DataFrame(dict(columns))


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
