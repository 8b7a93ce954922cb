"""A part as bytes: arrays and a header.

The bytes are a zip archive of NumPy arrays, as `numpy.savez` writes it: every array is a member
`NAME.npy`, uncompressed, with a checksum. The member `header.npy` holds uint8: UTF-8 JSON, an
object with the key `schema`. `numpy.load(path, allow_pickle=False)` reads a part anywhere and
executes nothing in it. Equal content gives equal bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.errors import FormatError
from segeval.metrics.parts.beginning import HEADER
from segeval.metrics.parts.members import DAMAGE, array_of, members_of


def pack(schema: str, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays and a header as bytes.

    Args:
        schema: name and version of the content, such as "segeval/matches/1".
        header: plain values.
        arrays: by name; numbers and bools only.
    """
    text = json.dumps({"schema": schema, **header}, allow_nan=False, sort_keys=True)
    file = io.BytesIO()
    coded = np.frombuffer(text.encode(), np.uint8)
    rows = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    np.savez(file, allow_pickle=False, **{HEADER: coded, **rows})
    return file.getvalue()


def unpack(data: bytes, schema: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and the arrays that `pack` was given.

    No member is larger than the bytes themselves, since none is compressed.

    Raises:
        FormatError: if the bytes are something else, damaged, or of another schema.
    """
    name = schema.split("/")[1]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = members_of(archive)
            arrays = {name: array_of(archive.read(info)) for name, info in members.items()}
        header = json.loads(arrays.pop(HEADER).tobytes())
    except DAMAGE:
        raise FormatError(f"these bytes are not {name}, or are damaged.", code="bad-part") from None
    if not isinstance(header, dict) or header.get("schema") != schema:
        found = header.get("schema") if isinstance(header, dict) else None
        raise FormatError(f"schema is {found!r}, expected {schema!r}", code="bad-part")
    return header, arrays
