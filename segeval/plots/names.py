"""Names that fit."""

from __future__ import annotations


def short_name(name: str, limit: int) -> str:
    """A name cut in the middle if longer than `limit`: both ends tell files apart.

    Example:
        >>> short_name("instances_val2017_first_half.json", 21)
        'instances_…_half.json'
    """
    if len(name) <= limit:
        return name
    tail = (limit - 1) // 2
    return f"{name[: limit - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{name[-tail:]}"
