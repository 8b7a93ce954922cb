"""Small questions about columns of records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.ids import index_of

__all__ = ["has_area", "index_of"]


def has_area(area: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether LVIS counts a record at all: 0 < area < infinity, bool, shape of area."""
    return (area > 0) & (area < np.inf)
