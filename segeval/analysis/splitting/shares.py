"""How many images each part gets: fractions, numbers, or the rest."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from segeval.errors import InputError
from segeval.words import counted, joined

Share = float | int | None
"""A fraction between 0 and 1, a whole number of images, or None for the rest."""

NAME = re.compile(r"[\w-]+")
"""Names of parts, which become parts of names of files."""

CLOSE = 1e-6
"""How far from 1 fractions may sum to, which people round."""


def sizes_of_parts(parts: Mapping[str, Share], images: int) -> NDArray[np.int64]:
    """The number of images of each part.

    Fractions are rounded so that all images are in a part, the largest remainders up.

    Args:
        parts: shares by name of the part.
        images: number of all images.

    Raises:
        InputError: for fewer than two parts, for names that no file can have, and for shares that
            do not add up to all images or leave a part without any.

    Example:
        >>> sizes_of_parts({"train": 0.7, "val": 0.15, "test": 0.15}, 33).tolist()
        [23, 5, 5]
        >>> sizes_of_parts({"train": None, "val": 8}, 33).tolist()
        [25, 8]
    """
    _check_names(parts)
    given = {name: share for name, share in parts.items() if share is not None}
    if len(parts) - len(given) > 1:
        raise _wrong("only one part can have the rest")
    for name, share in given.items():
        _check_share(name, share, images)
    kinds = {isinstance(share, int) for share in given.values()}
    if len(kinds) > 1:
        raise _wrong("has fractions and numbers of images, expected one kind")
    whole = images if kinds == {True} else 1
    total = math.fsum(given.values())
    open_end = len(given) < len(parts)
    if kinds == {True}:
        has, of = counted(int(total), "image"), counted(images, "image")
        if total > images or (not open_end and total < images):
            raise _wrong(f"has numbers that sum to {has}, and there are {of}")
    elif total > 1 + CLOSE or (not open_end and total < 1 - CLOSE):
        raise _wrong(f"has fractions that sum to {total:.6g}, expected 1")
    shares = [whole - total if share is None else share for share in parts.values()]
    exact = np.maximum(np.array(shares, np.float64), 0.0) * (images / (math.fsum(shares) or 1.0))
    sizes = np.floor(exact + CLOSE).astype(np.int64)
    rest = np.argsort(-(exact - sizes), kind="stable")[: images - int(sizes.sum())]
    sizes[rest] += 1
    empty = [name for name, size in zip(parts, sizes.tolist(), strict=True) if not size]
    if empty:
        raise _wrong(f"leaves {joined(empty)} without images, of {counted(images, 'image')} in all")
    return sizes


def _check_names(parts: Mapping[str, Share]) -> None:
    """Refuse too few parts, and names that files cannot have."""
    if len(parts) < 2:
        raise _wrong(f"has {counted(len(parts), 'part')}, expected at least 2")
    folded: dict[str, str] = {}
    for name in parts:
        if not NAME.fullmatch(name):
            raise _wrong(
                f"has the name {name!r}, expected letters, digits, - and _, which stand in the "
                "names of the files"
            )
        other = folded.setdefault(name.casefold(), name)
        if other != name:
            raise _wrong(f"has {other} and {name}, whose files have one name on some systems")


def _check_share(name: str, share: float | int, images: int) -> None:
    """Refuse a share that is none, or that is of more images than there are."""
    if isinstance(share, bool) or not isinstance(share, int | float):
        raise _wrong(f"gives {name} {share!r}, expected a number")
    if isinstance(share, int) and share < 1:
        raise _wrong(f"gives {name} {share}, expected a fraction or at least 1 image")
    if isinstance(share, int) and share > images:
        raise _wrong(f"gives {name} more images than there are, {images:,} in all")
    if isinstance(share, float) and not 0.0 < share < 1.0:
        raise _wrong(f"gives {name} {share:g}, expected a fraction above 0 and below 1")


def _wrong(problem: str) -> InputError:
    """The error for parts that cannot be made."""
    return InputError(f"`parts` {problem}", code="split-parts", option="parts")
