"""Records in memory as the JSON of a file, so that they are read and refused like files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from segeval.data.id_values import check_ids_in_memory
from segeval.errors import FormatError
from segeval.host_arrays import host_array
from segeval.masks import compress, encode

SECTIONS = {
    "images": ("image", ("id",)),
    "categories": ("category", ("id",)),
    "annotations": ("annotation", ("id", "image_id", "category_id")),
}
"""Records with ids in the lists of a file: their noun, and the fields."""


def json_bytes(data: Any, source: str) -> bytes:
    """Nested lists and dicts as JSON, with arrays, foreign scalars and bytes inside.

    NaN and infinities are written as by Python's json, so that the reader can say where they are.

    Args:
        data: a list of records, or a dict.
        source: name for messages.

    Raises:
        FormatError: for a value of a type that JSON lacks, or an id that JSON would change.
    """
    _check_ids(data, source)
    try:
        return json.dumps(data, default=_plain, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise FormatError(f"{source}: {_where(data)}: {error}.", code="type", path=source) from None


def _check_ids(data: Any, source: str) -> None:
    """Refuse ids that would become others on their way: bytes, and floats too narrow for them."""
    if not isinstance(data, Mapping):
        check_ids_in_memory(data, ("image_id", "category_id"), "prediction", source)
        return
    for section, (noun, fields) in SECTIONS.items():
        if isinstance(data.get(section), list | tuple):
            check_ids_in_memory(data[section], fields, noun, source)


def _plain(value: Any) -> Any:
    """A JSON value in place of one that JSON lacks; json calls this for each."""
    if isinstance(value, bytes | bytearray):
        return value.decode("ascii")
    if isinstance(value, Mapping):
        return dict(value)
    if not (hasattr(value, "__array__") or hasattr(value, "__dlpack__")):
        raise TypeError(f"{type(value).__name__} is neither number, text, list nor array")
    array = host_array(value)
    if array.ndim == 2 and array.dtype == bool:
        mask = compress(encode(array[np.newaxis]))
        return {"size": list(array.shape), "counts": mask.strings()[0]}
    if array.ndim == 2 and array.size and np.isin(array, (0, 1)).all():
        raise TypeError(
            f"an array of shape {array.shape} that holds only 0 and 1 is a mask, not polygons. "
            "Write mask.astype(bool)"
        )
    return array.tolist()


def _where(data: Any) -> str:
    """Path of the first member that cannot be written as JSON, such as "record #3: score"."""
    if isinstance(data, Mapping):
        members = [(str(key), member) for key, member in data.items()]
    elif not isinstance(data, list | tuple):
        return "record"
    else:
        members = [(f"record #{place}", member) for place, member in enumerate(data)]
    for name, member in members:
        try:
            json.dumps(member, default=_plain)
        except (TypeError, ValueError):
            inside = isinstance(member, Mapping) or (isinstance(member, list) and "#" not in name)
            return f"{name}: {_where(member)}" if inside else name
    return "record"
