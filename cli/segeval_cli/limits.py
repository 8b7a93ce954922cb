"""Limits of what one input may claim, as `segeval --limit NAME=VALUE` gives them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager

from segeval import limits
from segeval_cli.groups import LIMIT
from segeval_cli.values import refused

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
"""What follows a number, as sizes of files are given."""

LARGEST = (1 << 63) - 1

VALUE = re.compile(r"(\d{1,18}|\d{1,18}\.\d{1,18}|\d{1,9}(?:\.\d{1,18})?[eE]\d{1,2})([KMGT]?)")


def raised(texts: Sequence[str]) -> AbstractContextManager[None]:
    """A context with other limits.

    Args:
        texts: each a limit and its value, such as "side=2e7" or "unpacked_bytes=8G".

    Raises:
        InputError: if there is no such limit, or its value is not a whole number above 0.
    """
    return limits.raised(**dict(map(_parsed, texts)))


def _parsed(text: str) -> tuple[str, int]:
    """The name of a limit, and its value.

    Example:
        >>> _parsed("unpacked_bytes=8G"), _parsed("side=2e7")
        (('unpacked_bytes', 8589934592), ('side', 20000000))
    """
    name, _, value = text.partition("=")
    found = VALUE.fullmatch(value.strip())
    number: float = 0
    if found is not None:
        digits, unit = found.groups()
        number = (int(digits) if digits.isdecimal() else float(digits)) * UNITS[unit]
    if not 1 <= number <= LARGEST:
        expected = "expected NAME=VALUE with a number above 0, such as side=2e7 or file_bytes=8G."
        raise refused(LIMIT, text, expected, code="bad-limit")
    return name.strip().replace("-", "_"), math.ceil(number)
