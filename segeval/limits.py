"""How much one input may claim or unpack: far above real use, and each limit can be raised.

A file of a few bytes can claim pixels without end. A reader compares what a file claims with the
limit before it allocates or computes anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace

from segeval.errors import FormatError, InputError
from segeval.frozen import frozen


@frozen
class Limits:
    """Limits of one process.

    Attributes:
        side: pixels of one side of an image.
        pixels: pixels of the image of one run-length mask or polygon, which is never made dense.
        picture_pixels: pixels of one decoded label map or mask.
        photo_pixels: pixels of one photograph, of about eight bytes each.
        unpacked_bytes: bytes that one compressed file may always unpack to.
        unpacked_ratio: times its own size that a larger compressed file may unpack to.
        categories: categories or classes of one data set.
        category_pairs: pairs of categories in a table of what each says about another.
        levels: labels above a label in a tree of classes.
        pairs: pairs of boxes and masks that are joined each with each, or of predictions and
            objects that overlap, where these are more than 100 per prediction.
        mask_runs: runs that the polygons of one mask may be drawn as.
        drawn_runs: runs that all polygons of one file may always be drawn as.
        drawn_ratio: runs that longer polygons may be drawn as, per byte of their text.
        outline_corners: corners that the outlines of masks may have, which are traced together.
        file_bytes: bytes of one small text file: a configuration, a list of classes, a hierarchy,
            the labels of one image in YOLO's form; characters of the text in one XML tag.
        piped_bytes: bytes of one input that comes through a pipe, which may never end.
        pickled_values: values in one pickle of weights, where an array is about twenty.
    """

    side: int = 10_000_000
    pixels: int = 1 << 44
    picture_pixels: int = 1 << 30
    photo_pixels: int = 1 << 28
    unpacked_bytes: int = 1 << 28
    unpacked_ratio: int = 100
    categories: int = 1 << 16
    category_pairs: int = 1 << 25
    levels: int = 32
    pairs: int = 10_000_000
    mask_runs: int = 1 << 24
    drawn_runs: int = 1 << 25
    drawn_ratio: int = 200
    outline_corners: int = 1 << 25
    file_bytes: int = 1 << 22
    piped_bytes: int = 3 << 29
    pickled_values: int = 2_000_000


_current = Limits()


def limits() -> Limits:
    """The limits that hold now."""
    return _current


@contextmanager
def raised(**changes: int) -> Iterator[None]:
    """Other limits for the calls inside, in every thread of the process.

    Args:
        changes: limits by name, such as `picture_pixels=10**10`.

    Raises:
        InputError: if there is no such limit, or its value is not above 0.

    Example:
        >>> with raised(side=20_000_000):
        ...     limits().side
        20000000
    """
    global _current
    before = _current
    _current = replace(before, **_checked(changes))
    try:
        yield
    finally:
        _current = before


def check_limit(name: str, found: int, what: str, *, source: str) -> None:
    """Refuse what is beyond a limit.

    Args:
        name: the limit, an attribute of `Limits`.
        found: what the file claims, a Python integer, so that it cannot wrap.
        what: the claim in words, such as "image 7 has a side of 20,000,000 pixels".
        source: name of the file.

    Raises:
        FormatError: if `found` is above the limit.

    Example:
        >>> check_limit("side", 640, "image 7 has a side of 640 pixels", source="gt.json")
    """
    limit = getattr(_current, name)
    if found > limit:
        raise FormatError(
            f"{source}: {what}, expected at most {limit:,}. {way_to_raise(name, found)}",
            code="limit",
            path=source,
            option=f"limit {name}",
        )


def check_categories(number: int, source: str) -> None:
    """Refuse more categories in one file than the limit, each of which may have its own curves.

    Raises:
        FormatError: if there are too many.
    """
    check_limit("categories", number, f"lists {number:,} categories", source=source)


def way_to_raise(name: str, found: int) -> str:
    """What to do about a file that is sound, but beyond a limit.

    Example:
        >>> way_to_raise("side", 20_000_000)
        'If that is right, raise the limit: `limits.raised(side=20000000)`.'
    """
    return f"If that is right, raise the limit: `limits.raised({name}={found})`."


def _checked(changes: dict[str, int]) -> dict[str, int]:
    names = [field.name for field in fields(Limits)]
    for name, value in changes.items():
        if name not in names:
            raise InputError(
                f"there is no limit {name!r}, expected one of: {', '.join(names)}.",
                code="unknown-limit",
                option="limit",
            )
        if type(value) is not int or value < 1:
            raise InputError(
                f"limit {name} is {value!r}, expected a whole number above 0.",
                code="bad-limit",
                option="limit",
            )
    return changes
