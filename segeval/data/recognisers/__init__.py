"""Well-known things that are given in place of our inputs: what each is, and the way to go.

Every reader asks here before it complains. A value per recogniser: the first bytes of a file, or a
question about the parsed value, which may also be an object in memory.
"""

from __future__ import annotations

from segeval.data.recognisers.contents import BY_VALUE, known_value
from segeval.data.recognisers.first_bytes import BY_BYTES, known_bytes
from segeval.errors import FormatError

__all__ = ["BY_BYTES", "BY_VALUE", "OTHER_FORMAT", "known_bytes", "known_value", "other_format"]


OTHER_FORMAT = "other-format"
"""Code of the error for a well-known thing in place of our input."""


def other_format(name: str, known: tuple[str, str], expected: str) -> FormatError:
    """The error for a well-known thing in place of our input.

    Args:
        name: name of the file or argument.
        known: what it is, and the way to go, from `known_bytes` or `known_value`.
        expected: what should be there, completing "expected ".
    """
    what, way = known
    return FormatError(
        f"{name}: {what}, expected {expected}. {way}".rstrip(),
        code=OTHER_FORMAT,
        path=name,
    )
