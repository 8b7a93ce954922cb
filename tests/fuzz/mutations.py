"""Files that are nearly right: bytes, numbers and JSON values changed at random places."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")

NUMBERS = (
    b"0", b"-1", b"-0", b"1", b"2", b"3.5", b"-7", b"255", b"256", b"65536", b"2147483647",
    b"2147483648", b"4294967295", b"4294967296", b"9007199254740993", b"9223372036854775807",
    b"9223372036854775808", b"18446744073709551615", b"18446744073709551616", b"1e308", b"1e400",
    b"-1e400", b"1e-400", b"NaN", b"Infinity", b"-Infinity", b"9" * 50, b"9" * 5000, b"0x10",
    b"[" * 3000 + b"]" * 3000,
)  # fmt: skip
"""What a number may become in a text."""

TEXTS = (
    "", "x", "0", "1", "-1", "0001", "é", "\x00", "\n", "a/b", "../x", "[red]", "=1+1", "\ud800",
    "\x1b[2J", "0" * 300, "PNG", "r", "nan", "1e5",
)  # fmt: skip

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, -0.5, 1.5, 1e18, 1e300, -1e300, 2**31, 2**32, 2**53 + 1,
    2**63, 2**64, -(2**63), 10**30, [], {}, [[]], [0], [1, 2, 3], [None], {"size": [1, 1]},
    {"size": [4, 4], "counts": "04L4"}, {"size": [-1, 4], "counts": [16]}, float("nan"),
    float("inf"), [[0.0, 0.0, 1e9, 0.0, 1e9, 1e9]], [[-1e308, 1e308] * 5], [4, 5], "PQn", *TEXTS,
)  # fmt: skip
"""What a JSON value may become."""

NESTED = 60
"""Lists in lists that a value may become; Python's own json is recursive."""


def mutated(data: bytes, rng: random.Random, *, is_json: bool = False) -> bytes:
    """A file with a few changes.

    Args:
        data: a sound file.
        rng: decides on the changes.
        is_json: whether values of JSON may be changed as well as bytes.
    """
    if is_json and rng.random() < 0.7:
        value = json.loads(data)
        for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
            value = _changed_value(value, rng)
        return json.dumps(value, ensure_ascii=rng.random() < 0.9).encode("utf-8", "surrogatepass")
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        data = rng.choice(CHANGES)(data, rng)
    return data


def _flip(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]


def _remove(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.choice((1, 1, 2, 8, 64)) :]


def _insert(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.randbytes(rng.choice((1, 1, 2, 8))) + data[place:]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.choice((1, 4, 32, 256))]
    place = rng.randrange(len(data) + 1)
    return data[:place] + piece + data[place:]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _renumber(data: bytes, rng: random.Random) -> bytes:
    found = list(NUMBER.finditer(data))
    if not found:
        return _flip(data, rng)
    match = rng.choice(found)
    return data[: match.start()] + rng.choice(NUMBERS) + data[match.end() :]


def _count(data: bytes, rng: random.Random) -> bytes:
    """Another number in the bytes, as the headers of binary files hold sizes."""
    width = rng.choice((1, 2, 4, 8))
    place = rng.randrange(len(data) + 1)
    number = rng.choice((0, 1, 127, 128, 255, 1 << 15, 1 << 31, (1 << 31) - 1, (1 << 63) - 1))
    order: Any = rng.choice(("little", "big"))
    changed = (number % (1 << 8 * width)).to_bytes(width, order)
    return data[:place] + changed + data[place + width :]


CHANGES = (_flip, _flip, _remove, _insert, _repeat, _cut, _renumber, _renumber, _renumber, _count)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside of a value."""
    found = [at]
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inside:
        way = (*at, key)
        found += _places(each, way) if isinstance(each, dict | list) else [way]
    return found


def _changed_value(value: Any, rng: random.Random) -> Any:
    """JSON with one value changed, removed, added, repeated or renamed."""
    if not isinstance(value, dict | list):
        return rng.choice(VALUES)
    value = copy.deepcopy(value)
    way = rng.choice(_places(value))
    if not way:
        return rng.choice((*VALUES, [value], {"x": value})) if rng.random() < 0.2 else value
    holder = value
    for key in way[:-1]:
        holder = holder[key]
    last = way[-1]
    choice = rng.random()
    if choice < 0.6:
        holder[last] = copy.deepcopy(rng.choice(VALUES))
    elif choice < 0.75:
        del holder[last]
    elif choice < 0.85 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[last]))
    elif choice < 0.9 and isinstance(holder, dict):
        holder[rng.choice(TEXTS)] = holder.pop(last)
    elif choice < 0.92:
        holder[last] = _nested()
    else:
        other = rng.choice([way for way in _places(value) if way])
        source = value
        for key in other:
            source = source[key]
        holder[last] = copy.deepcopy(source)
    return value


def _nested() -> Any:
    value: Any = 0
    for _ in range(NESTED):
        value = [value]
    return value
