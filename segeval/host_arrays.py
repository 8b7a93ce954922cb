"""Arrays of any library as numpy arrays, without importing that library."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError
from segeval.words import beginning, counted

__all__ = ["fetched", "holds_several", "host_array"]

SMALL_FLOATS = ("bfloat16", "float8_", "float6_", "float4_")
"""How names of floats begin that numpy's functions do not know; they are exact in 32 bits."""

STEPS = ("detach", "resolve_conj", "resolve_neg", "cpu")
"""Methods of PyTorch's tensors that leave their values in the memory of the processor."""

UNTAKEN = (AttributeError, BufferError, RuntimeError, TypeError, ValueError)
"""What libraries raise where an array cannot become one of numpy."""

LONGEST_REASON = 120
"""Characters of their words that a message repeats."""


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
        FormatError: for values that numpy cannot take from their library, and for an array of which
            some values are masked.

    Example:
        >>> host_array([[1, 2]]).shape
        (1, 2)
    """
    if isinstance(values, np.ndarray):
        return _plain(values)
    try:
        return _plain(_taken(values))
    except UNTAKEN as problem:
        if isinstance(problem, FormatError):
            raise
        raise _untaken(values, problem) from None


def holds_several(values: Any) -> bool:
    """Whether something holds values one after the other: no text, and no array of a single one.

    Example:
        >>> holds_several([1]), holds_several("ab"), holds_several(np.array(1))
        (True, False, False)
    """
    has_axis = getattr(values, "shape", True) != ()
    return isinstance(values, Iterable) and has_axis and not isinstance(values, str | bytes)


def fetched(values: Any) -> Any:
    """An array in the memory of the processor: of PyTorch's library, or of numpy for CuPy's.

    Those of other libraries are returned as they are.
    """
    for step in STEPS:
        if hasattr(values, step):
            values = getattr(values, step)()
    if hasattr(values, "__cuda_array_interface__") and hasattr(values, "get"):
        values = values.get()
    return values


def _taken(values: Any) -> NDArray[Any]:
    """What numpy makes of values."""
    if isinstance(values, list | tuple):
        return _listed(values)
    values = fetched(values)
    if _dtype_of(values).startswith(SMALL_FLOATS) and hasattr(values, "float"):
        values = values.float()  # PyTorch's, in whose type numpy has nothing
    if hasattr(values, "__dlpack__") and not hasattr(values, "__array__"):
        return np.from_dlpack(values)
    return np.asarray(values)


def _listed(values: Any) -> NDArray[Any]:
    """An array of a list, whose entries may be tensors that numpy alone cannot take."""
    try:
        return np.asarray(values)
    except UNTAKEN:
        if not any(hasattr(each, "detach") for each in values):
            raise
    return np.asarray([host_array(each) for each in values])


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself as one of numpy's own class, in a type that numpy's functions know."""
    if type(array) is not np.ndarray:
        if np.any(getattr(array, "mask", False)):
            raise FormatError(
                f"an array has {counted(int(np.sum(array.mask)), 'masked value')}, which "  # type: ignore[attr-defined]
                "stand for nothing: give a value for each, as by `filled(0)`.",
                code="array-type",
            )
        array = np.asarray(array)
    return array.astype(np.float32) if array.dtype.name.startswith(SMALL_FLOATS) else array


def _untaken(values: Any, problem: Exception) -> FormatError:
    """The error for values that cannot become an array."""
    reason = beginning(str(problem).strip().partition("\n")[0].removesuffix("."), LONGEST_REASON)
    if isinstance(values, list | tuple):
        return FormatError(
            f"a list cannot become a numpy array ({reason}). Give numbers, and lists of one length "
            "each.",
            code="array-type",
        )
    name = _dtype_of(values)
    return FormatError(
        f"an array of {type(values).__module__}.{type(values).__name__}"
        f"{f' that holds {name}' if name else ''} cannot become a numpy array ({reason}). "
        "Give it in the memory of the processor, as bool, whole numbers, float16, float32 or "
        "float64.",
        code="array-type",
    )


def _dtype_of(values: Any) -> str:
    """Name of the type of the values of an array; "" if it has none."""
    return str(getattr(values, "dtype", "")).rpartition(".")[2]
