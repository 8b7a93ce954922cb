"""Columns as a data frame, for those who have pandas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
