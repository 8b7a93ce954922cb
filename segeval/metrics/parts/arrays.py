"""Arrays that were read from a part, before anyone uses them: types, shapes and indices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError


def check_layout(
    arrays: Mapping[str, NDArray[Any]], layout: Mapping[str, tuple[str, tuple[int | None, ...]]]
) -> None:
    """Refuse arrays that are missing, or have the wrong type or shape.

    Args:
        arrays: by name.
        layout: kind (as in `numpy.dtype.str`, without the byte order; "u" for any unsigned) and
            shape of every array; None for any length.

    Raises:
        FormatError: names the first wrong array.
    """
    for name, (kind, shape) in layout.items():
        array = arrays.get(name)
        fits = (
            array is not None
            and (array.dtype.kind == kind if len(kind) == 1 else array.dtype.str[1:] == kind)
            and array.ndim == len(shape)
            and all(want in (None, have) for want, have in zip(shape, array.shape, strict=True))
        )
        if not fits:
            found = "missing" if array is None else f"{array.dtype} of shape {array.shape}"
            raise FormatError(
                f"{name} is {found}, expected {kind} of shape {shape}", code="bad-part"
            )


def check_indices(name: str, values: NDArray[np.integer[Any]], end: int) -> None:
    """Refuse indices outside 0..end - 1.

    Raises:
        FormatError: names the array.
    """
    if not are_inside(values, end):
        raise FormatError(f"{name} has an index outside 0..{end - 1}", code="bad-part")


def are_inside(values: NDArray[np.integer[Any]], end: int) -> bool:
    """Whether whole numbers are from 0 to `end` - 1."""
    return not values.size or (int(values.min()) >= 0 and int(values.max()) < end)


def are_places(column: NDArray[Any], size: int, end: int) -> bool:
    """Whether a column holds `size` unsigned numbers from 0 to `end` - 1."""
    is_of_size = column.dtype.kind == "u" and column.shape == (size,)
    return is_of_size and (not size or int(column.max()) < end)
