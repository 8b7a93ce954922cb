"""Small pieces of sentences that several messages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # NumPy is loaded where ids are compared: the command line counts without it
    import numpy as np
    from numpy.typing import NDArray

SHIFTS = (1, -1)
"""Constants that people add to ids by accident, likeliest first."""

SIDES = ("height", "width")
"""The sides of an image, in the order of sizes."""

FEW_IDS = 3
"""Most ids that are listed one by one; of more only the range is given."""


def thousands(n: int) -> str:
    """A count with commas.

    Example:
        >>> thousands(96412)
        '96,412'
    """
    return f"{n:,}"


def counted(n: int, singular: str, plural: str | None = None) -> str:
    """A count and its noun.

    Example:
        >>> counted(1, "prediction"), counted(3114, "mask is", "masks are")
        ('1 prediction', '3,114 masks are')
    """
    return f"{thousands(n)} {singular if n == 1 else plural or singular + 's'}"


def percent(fraction: float | None) -> str:
    """A fraction as papers print it, "-" where undefined.

    Example:
        >>> percent(0.4413), percent(-0.0001), percent(None)
        ('44.1', '0.0', '-')
    """
    return "-" if fraction is None else f"{round(100 * fraction, 1) + 0.0:.1f}"


def signed(fraction: float) -> str:
    """A difference of fractions in points, with its sign.

    Example:
        >>> signed(0.009), signed(-0.0001)
        ('+0.9', '0.0')
    """
    text = f"{100 * fraction:+.1f}"
    return "0.0" if text in ("-0.0", "+0.0") else text


def joined(names: Sequence[str]) -> str:
    """Names in a sentence.

    Example:
        >>> joined(["mask"]), joined(["mask", "box"]), joined(["mask", "boundary", "box"])
        ('mask', 'mask and box', 'mask, boundary and box')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def first_few(names: Sequence[str], most: int) -> str:
    """The first of several names, and dots for the others.

    Example:
        >>> first_few(["a", "b", "c"], 2), first_few(["a"], 2)
        ('a, b, ...', 'a')
    """
    return ", ".join([*names[:most], *(["..."] if len(names) > most else [])])


def beginning(text: str, most: int) -> str:
    """A text; of a long one the first characters, and dots.

    Example:
        >>> beginning("abc", 3), beginning("abcd", 3)
        ('abc', 'abc...')
    """
    return text if len(text) <= most else f"{text[:most]}..."


def stopped(message: str) -> str:
    """A message with a full stop, unless it ends otherwise.

    Example:
        >>> stopped("no such file"), stopped("Off by one?")
        ('no such file.', 'Off by one?')
    """
    return message if message.endswith((".", "?", "!")) else f"{message}."


def more_like_it(count: int) -> str:
    """What follows the description of the first of `count` equal mistakes.

    Example:
        >>> more_like_it(41), more_like_it(1)
        (' 40 more like it.', '')
    """
    return f" {thousands(count - 1)} more like it." if count > 1 else ""


def id_range(ids: Iterable[int] | NDArray[np.integer]) -> str:
    """Distinct ids in few words: a list of up to three, else the smallest and the largest.

    Example:
        >>> id_range(range(34)), id_range([91, 91]), id_range([7, 2]), id_range([])
        ('0..33', '91', '2, 7', 'none')
    """
    distinct = _distinct(ids)
    if not len(distinct):
        return "none"
    span = int(distinct[-1]) - int(distinct[0])
    is_run = len(distinct) > 1 and span == len(distinct) - 1
    if len(distinct) <= FEW_IDS and not is_run:
        return ", ".join(str(i) for i in distinct)
    return f"{distinct[0]}..{distinct[-1]}"


def size_text(size: Iterable[int]) -> str:
    """A mask's or image's (H, W) in pixels.

    Example:
        >>> size_text((480, 640))
        '480 x 640'
    """
    return " x ".join(str(int(side)) for side in size)


def size_problem(size: Sequence[int]) -> str:
    """What is wrong with a size (H, W), -1 where the file gives none, in words.

    Example:
        >>> size_problem((-1, -1)), size_problem((0, 640))
        ('has no height and no width', 'has size 0 x 640')
    """
    missing = [f"no {side}" for side, pixels in zip(SIDES, size, strict=True) if pixels == -1]
    return f"has {' and '.join(missing)}" if missing else f"has size {size_text(size)}"


def shifted_ids(
    found: Iterable[int] | NDArray[np.integer], known: Iterable[int] | NDArray[np.integer]
) -> int | None:
    """The constant that would turn the ids of one file into those of the other.

    Args:
        found: ids that records use, any order, repeated or not.
        known: ids that exist.

    Returns:
        1 or -1 if adding it makes every found id known; else None, also if all are known already.

    Example:
        >>> shifted_ids(range(34), range(1, 35)), shifted_ids([1, 91], range(1, 91))
        (1, None)
    """
    import numpy as np

    distinct, existing = _distinct(found), _distinct(known)
    if not len(distinct) or np.isin(distinct, existing).all():
        return None
    limits = np.iinfo(np.int64)
    for shift in SHIFTS:
        fits = limits.min <= int(distinct[0]) + shift and int(distinct[-1]) + shift <= limits.max
        if fits and np.isin(distinct + shift, existing).all():
            return shift
    return None


def off_by_one(shift: int) -> str:
    """The hint about ids that are known if 1 or -1 is added.

    Example:
        >>> off_by_one(1)
        'Off by one? Ids must be equal, not positions; add 1 when you export.'
    """
    action = "add 1" if shift > 0 else "subtract 1"
    return f"Off by one? Ids must be equal, not positions; {action} when you export."


def ids_hint(
    found: Iterable[int] | NDArray[np.integer], known: Iterable[int] | NDArray[np.integer]
) -> str:
    """The likely cause of unknown ids, and what to do; "" if not obvious.

    Args:
        found: ids that records use, at least one of them unknown.
        known: ids that exist.

    Example:
        >>> ids_hint([0, 1], [1, 2])
        'Off by one? Ids must be equal, not positions; add 1 when you export.'
        >>> ids_hint([0, 1], [1, 3, 9])
        'These may be positions in the list of ids. Write the ids themselves.'
    """
    distinct, existing = _distinct(found), _distinct(known)
    shift = shifted_ids(found, known)
    # one id alone fits too easily, unless it is the 0 of a list that is counted from 0
    if shift is not None and (len(distinct) > 1 or not distinct[0]):
        return off_by_one(shift)
    first = distinct[0] if len(distinct) else -1
    if first not in (0, 1) or len(distinct) < 2 or distinct[-1] - first >= len(existing):
        return ""
    if len(distinct) == len(existing):
        return (
            f"These are {id_range(distinct)}, as many as there are ids "
            f"({thousands(len(existing))}): positions in the list. Write the ids themselves."
        )
    return "These may be positions in the list of ids. Write the ids themselves."


def _distinct(ids: Iterable[int] | NDArray[np.integer]) -> NDArray[np.int64]:
    """Ascending ids, int64, each once."""
    import numpy as np

    return np.unique(np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), np.int64))
