"""Keys that the object of a file has twice, of which parsers silently keep the last."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import msgspec
import numpy as np

from segeval.data.files import Content
from segeval.errors import FormatError

SECTIONS = ("images", "annotations", "categories")
"""The lists of COCO's files."""


def refuse_repeated_keys(content: Content, inside: Sequence[object] = ()) -> None:
    """Refuse a file of JSON whose object has one of COCO's lists twice.

    Args:
        content: the file, valid JSON.
        inside: two parts of it, such as `Raw` of msgspec, that lie in one list: what is between
            them is not searched.

    Raises:
        FormatError: names the key.
    """
    spans = _outside(content, inside)
    for key in SECTIONS:
        pattern = re.compile(b'"%b"' % key.encode())
        if sum(len(pattern.findall(content.data[span].data)) for span in spans) > 1:
            refuse_repeated_key(content)
            return


def refuse_repeated_key(content: Content) -> None:
    """Refuse a file of JSON whose outermost object has a key more than once.

    Raises:
        FormatError: names the key.
    """
    key = _repeated_key(content)
    if key is not None:
        raise FormatError(
            f'{content.name}: has the key "{key}" twice, of which only the last would be read. '
            "Join the two, or remove one.",
            code="repeated-key",
            path=content.name,
            field=key,
        )


def _outside(content: Content, inside: Sequence[object]) -> list[slice]:
    """What a file has before the first and after the last of some parts of it."""
    places = []
    for part in inside:
        held = np.frombuffer(part, np.uint8)  # type: ignore[call-overload]  # any buffer
        start = held.ctypes.data - content.data.ctypes.data
        if not 0 <= start <= len(content.data) - len(held):
            return [slice(0, None)]
        places += [start, start + len(held)]
    return [slice(0, min(places)), slice(max(places), None)] if places else [slice(0, None)]


def _repeated_key(content: Content) -> str | None:
    """The first key that the outermost object has more than once.

    The parser knows where the last value of each key lies: a repeated key is followed by another.
    """
    try:
        values = msgspec.json.decode(content.data.data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _repeated_for_python(content)
    own = content.data.ctypes.data
    ends = {}
    for value in values.values():
        held = np.frombuffer(memoryview(value), np.uint8)
        start = held.ctypes.data - own
        ends[start] = start + len(held)
    place = content.skip_blank(content.skip_blank(0) + 1)
    while content.data[place : place + 1].tobytes() == b'"':
        stop = place + 1
        while content.data[stop] != ord('"'):
            stop += 2 if content.data[stop] == ord("\\") else 1
        start = content.skip_blank(content.skip_blank(stop + 1) + 1)  # after the colon
        if start not in ends:
            return str(json.loads(content.data[place : stop + 1].tobytes()))
        place = content.skip_blank(ends[start])
        place = content.skip_blank(place + 1) if content.data[place] == ord(",") else place
    return None


def _repeated_for_python(content: Content) -> str | None:
    """The same for a file with NaN or Infinity, which only Python reads."""
    outermost: list[str] = []

    def keep_keys(pairs: list[tuple[str, object]]) -> None:
        outermost[:] = [key for key, _ in pairs]  # the outermost object comes last

    try:
        json.loads(content.data.tobytes(), object_pairs_hook=keep_keys)
    except (ValueError, RecursionError):
        return None
    return next((key for key in outermost if outermost.count(key) > 1), None)
