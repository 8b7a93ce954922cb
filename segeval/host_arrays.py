"""Arrays of any library as numpy arrays, without importing that library."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError

__all__ = ["fetched", "host_array"]

SMALL_FLOATS = ("bfloat16", "float8_e4m3fn", "float8_e5m2")
"""Names of floats that numpy's functions do not know; they are exact in 32 bits."""


def host_array(values: Any) -> NDArray[Any]:
    """A numpy array of anything that holds numbers; what lies on a device is copied once.

    Args:
        values: numbers in lists, or an array of any library: with `__array__`, as PyTorch's, JAX's
            and TensorFlow's have, or with `__dlpack__`. PyTorch's are detached and fetched by
            `.cpu()`, CuPy's by `.get()`. Other arrays in the memory of the processor are not
            copied.

    Returns:
        The array, in the type that the values have; bfloat16 and floats of 8 bits become float32.

    Raises:
        FormatError: for values that numpy cannot take from their library.

    Example:
        >>> host_array([[1, 2]]).shape
        (1, 2)
    """
    if isinstance(values, np.ndarray):
        return _in_known_type(values)
    values = fetched(values)
    name = str(getattr(values, "dtype", "")).rpartition(".")[2]
    if name in SMALL_FLOATS and hasattr(values, "float"):
        values = values.float()  # PyTorch's, in whose type numpy has nothing
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        return _from_dlpack(values, name)
    return _in_known_type(np.asarray(values))


def fetched(values: Any) -> Any:
    """An array in the memory of the processor: of PyTorch's library, or of numpy for CuPy's.

    Those of other libraries are returned as they are.
    """
    for step in ("detach", "cpu"):
        if hasattr(values, step):
            values = getattr(values, step)()
    if hasattr(values, "__cuda_array_interface__") and hasattr(values, "get"):
        values = values.get()
    return values


def _from_dlpack(values: Any, name: str) -> NDArray[Any]:
    """A numpy array on the memory of another library's array, or a copy from its device."""
    try:
        return np.from_dlpack(values)
    except (BufferError, RuntimeError, TypeError, ValueError) as problem:
        raise FormatError(
            f"an array of {type(values).__module__}.{type(values).__name__}"
            f"{f' that holds {name}' if name else ''} cannot become a numpy array ({problem}). "
            "Give it in the memory of the processor, as bool, whole numbers, float16, float32 or "
            "float64.",
            code="array-type",
        ) from None


def _in_known_type(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself, or its float32 if its type is one that another package adds to numpy."""
    return array.astype(np.float32) if array.dtype.name in SMALL_FLOATS else array
