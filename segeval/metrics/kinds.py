"""The kinds of IoU, as people call them."""

from __future__ import annotations

from collections.abc import Iterable

from segeval.words import joined

KINDS = {"segm": "mask", "boundary": "boundary", "bbox": "box"}
"""Names for people, by the names in settings and files."""


def kinds_title(kinds: Iterable[str], number: str) -> str:
    """The title of a number computed for one or several kinds of IoU.

    Example:
        >>> kinds_title(["segm", "bbox"], "AP")
        'Mask and box AP'
    """
    return f"{joined([KINDS[kind] for kind in kinds]).capitalize()} {number}"


def prefix(kind: str) -> str:
    """Prefix of a number's name, such as "boundary "; "" for masks."""
    return "" if kind == "segm" else f"{KINDS[kind]} "
