"""Names that fit."""

from __future__ import annotations

from collections.abc import Iterable
from string import ascii_uppercase

from segeval.characters import shown


def short_name(name: str, limit: int) -> str:
    """A name cut in the middle if longer than `limit`: both ends tell files apart.

    What is not plain text in it is shown as Python writes it. It is for text in the terminal; names
    in figures are `fitting`.

    Example:
        >>> short_name("instances_val2017_first_half.json", 21)
        'instances_…_half.json'
    """
    name = shown(name)
    if len(name) <= limit:
        return name
    tail = (limit - 1) // 2
    return f"{name[: limit - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{name[-tail:]}"


def ap_name(threshold: float) -> str:
    """What people call AP at one IoU threshold.

    Example:
        >>> ap_name(0.5), ap_name(0.55)
        ('AP50', 'AP55')
    """
    return f"AP{100 * threshold:g}"


def lettered(names: Iterable[str]) -> dict[str, str]:
    """A letter for each of several models, by name; "" for a single one.

    Example:
        >>> lettered(["old", "new"]), lettered([""])
        ({'old': 'A', 'new': 'B'}, {'': ''})
    """
    several = list(names)
    return dict(zip(several, ascii_uppercase if len(several) > 1 else ("",), strict=False))
