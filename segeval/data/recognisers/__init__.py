"""Well-known things that are given in place of our inputs: what each is, and the way to go.

Every reader asks here before it complains. A value per recogniser: the first bytes of a file, or a
question about the parsed value, which may also be an object in memory.
"""

from __future__ import annotations

from typing import Any

from segeval.errors import FormatError

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


def known_bytes(data: bytes) -> tuple[str, str] | None:
    """What a file is by its beginning, and the way to go; None if that is not known.

    Args:
        data: the first bytes of the file, some hundred or all.

    Example:
        >>> known_bytes(b"PAR1...")[0]
        'is a Parquet file'
    """
    from segeval.data.recognisers.first_bytes import known  # only now: sound files need no table

    return known(data)


def known_value(value: Any) -> tuple[str, str] | None:
    """What a parsed value or an object in memory is, and the way to go; None if not known.

    Example:
        >>> known_value({"shapes": [], "imagePath": "a.jpg"})[0]
        'holds one annotated image of LabelMe'
    """
    from segeval.data.recognisers.contents import known  # only now: sound files need no table

    return known(value)
