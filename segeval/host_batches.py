"""The arrays of a batch that lie on a device, fetched together, without importing their library."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.host_arrays import UNTAKEN, fetched, host_array

__all__ = ["on_host"]

MOST = 1 << 28
"""Bytes that are fetched together; meanwhile the device holds them twice."""

DEPTH = 3
"""Levels at which arrays are looked for: images, their fields, and lists in these."""

METHODS = ("view", "reshape", "nbytes", "itemsize")
FUNCTIONS = ("concat", "uint8")
"""What arrays and their library need to be laid end to end as bytes."""


def on_host(*given: Any, most: int = MOST) -> list[Any]:
    """The arguments, of which what lies on one device has come by one copy.

    Arrays of one device are laid end to end there, as bytes, and fetched at once. A batch of more
    bytes than `most` leaves its largest arrays where they are: they are fetched alone when their
    image is due, since otherwise device and processor would hold all masks of the batch again.
    So is an array that is alone, and one of a library without `concat` (PyTorch, CuPy and others
    of the array API have it).

    Args:
        given: arrays, or lists and dictionaries of them, as a batch is written.
        most: bytes that are fetched together.

    Returns:
        The arguments; those with arrays that were fetched as new lists and dictionaries, with
        arrays of the same shapes and types in the memory of the processor.
    """
    alike: dict[Any, dict[int, Any]] = {}
    for values in _arrays(given, DEPTH + 1):
        library = _library(values)
        if library is not None:
            place = (library.__name__, str(values.device))
            alike.setdefault(place, {})[id(values)] = values
    found: dict[int, Any] = {}
    for arrays in alike.values():
        try:
            found |= _together(arrays, most)
        except UNTAKEN:
            continue  # each is fetched alone when its image is due, which says what is wrong
    return [_replaced(each, found, DEPTH) for each in given] if found else [*given]


def _arrays(given: Any, depth: int) -> Iterator[Any]:
    """The arrays on devices in lists and dictionaries."""
    if isinstance(given, Mapping):
        entries: Sequence[Any] = list(given.values())
    elif isinstance(given, list | tuple):
        # polygons and runs are long lists of numbers: the first entry says what a list holds
        entries = given if len(given) and not isinstance(given[0], int | float | str) else ()
    else:
        if _is_on_device(given):
            yield given
        return
    for entry in entries if depth else ():
        yield from _arrays(entry, depth - 1)


def _is_on_device(values: Any) -> bool:
    """Whether a value is a dense array out of the processor's memory."""
    device = getattr(values, "device", None)
    if device is None or isinstance(values, np.ndarray | np.generic):
        return False
    name = getattr(device, "type", None) or getattr(device, "platform", None) or str(device)
    is_dense = str(getattr(values, "layout", "strided")).endswith("strided")
    return is_dense and name not in ("cpu", "meta")


def _library(values: Any) -> Any:
    """The functions of an array's library; None if they cannot lay arrays end to end as bytes."""
    if not all(hasattr(values, name) for name in METHODS):
        return None
    if hasattr(values, "__array_namespace__"):
        modules = [values.__array_namespace__()]
    else:  # never imported here: whoever has such an array has imported its library
        names = (kind.__module__.partition(".")[0] for kind in type(values).__mro__)
        modules = [sys.modules.get(name) for name in names]
    return next((one for one in modules if all(hasattr(one, name) for name in FUNCTIONS)), None)


def _together(arrays: Mapping[int, Any], most: int) -> dict[int, Any]:
    """Arrays of one device in the memory of the processor, by the same keys, but for the largest.

    Args:
        arrays: of one library.
        most: bytes that are fetched together.
    """
    sizes = {key: values.nbytes for key, values in arrays.items()}
    ends = np.cumsum(sorted(sizes.values())).tolist()
    small = sorted(sizes, key=sizes.__getitem__)[: sum(end <= most for end in ends)]
    if len(small) < 2:
        return {}
    # wide types first: then every array begins at a multiple of its type's bytes
    keys = sorted(small, key=lambda key: -arrays[key].itemsize)
    library = _library(arrays[keys[0]])
    joined = fetched(library.concat([_as_bytes(arrays[key], library) for key in keys]))
    if _is_on_device(joined):
        joined = host_array(joined)
    found, start = {}, 0
    for key in keys:
        values, piece = arrays[key], joined[start : start + sizes[key]]
        found[key] = piece.view(values.dtype).reshape(tuple(values.shape))
        start += sizes[key]
    return found


def _as_bytes(values: Any, library: Any) -> Any:
    """The bytes of an array on its device, in the order of its values."""
    flat = (values.detach() if hasattr(values, "detach") else values).reshape(-1)
    if not _is_dense(flat):  # expanded from fewer values
        flat = library.concat([flat])
    return flat.view(library.uint8)


def _is_dense(flat: Any) -> bool:
    """Whether the values of a row lie one after the other."""
    if hasattr(flat, "stride"):  # PyTorch's, in values
        return bool(flat.stride() == (1,))
    return bool(getattr(flat, "strides", (flat.itemsize,)) == (flat.itemsize,))


def _replaced(given: Any, found: Mapping[int, Any], depth: int) -> Any:
    """The same with the arrays that were fetched."""
    if id(given) in found:
        return found[id(given)]
    if not depth:
        return given
    if isinstance(given, Mapping):
        return {key: _replaced(each, found, depth - 1) for key, each in given.items()}
    if isinstance(given, list | tuple):
        return [_replaced(each, found, depth - 1) for each in given]
    return given
