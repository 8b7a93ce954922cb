"""Numbers in the sentences of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval.analysis.comparison.intervals import Interval
from segeval.analysis.comparison.own_intervals import ResultIntervals
from segeval.metrics.kinds import prefix
from segeval.words import percent, signed

SHARES = {
    0.25: "A quarter",
    1 / 3: "A third",
    0.5: "Half",
    2 / 3: "Two thirds",
    0.75: "Three quarters",
}
"""Shares that have a word."""

NEAR = 0.015
"""How far a share may be from one that has a word."""

LEAST_SAID = 0.0005
"""Fractions of AP below this are not said: they are shown as 0.0 points."""

NUMBERS = {"ap": "AP", "ap50": "AP50", "ap75": "AP75", "ar": "AR"}
"""Names of the means."""


def share_words(share: float) -> str:
    """A share at the beginning of a sentence.

    Example:
        >>> share_words(0.49), share_words(0.62), share_words(1.0)
        ('Half', '62 %', 'All')
    """
    if round(100 * share) >= 100:
        return "All"
    for value, word in SHARES.items():
        if abs(share - value) <= NEAR:
            return word
    return f"{100 * share:.0f} %"


def is_several(share: float) -> bool:
    """Whether the words of a share take a plural: "All of the points are lost"."""
    words = share_words(share)
    return words == "All" or words.endswith(("%", "thirds", "quarters")) or words == "Half"


def interval_at(intervals: ResultIntervals, *path: object) -> Interval:
    """The interval of a number by its place in JSON; None without one."""
    by_path: Mapping[Any, Any] = intervals.by_path
    found = by_path.get(path)
    return None if found is None else (found[0], found[1])


def between(interval: Interval) -> str:
    """An interval of fractions in percent, "" without one.

    Example:
        >>> between((0.429, 0.453))
        '42.9 to 45.3'
    """
    return "" if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"


def between_signed(interval: Interval) -> str:
    """An interval of differences in points, "" without one.

    Example:
        >>> between_signed((-0.004, 0.015))
        '-0.4 to +1.5'
    """
    return "" if interval is None else f"{signed(interval[0])} to {signed(interval[1])}"


def in_brackets(interval: str) -> str:
    """An interval after its number in a sentence; "" without one.

    Example:
        >>> in_brackets("42.9 to 45.3"), in_brackets("")
        (' (95 % interval 42.9 to 45.3)', '')
    """
    return f" (95 % interval {interval})" if interval else ""


def of_models(texts: Sequence[str], letters: Sequence[str]) -> str:
    """What is said of every model, with its letter if there are two.

    Example:
        >>> of_models(["0.5"], [""]), of_models(["0.5", "0.7"], "AB")
        ('0.5', '0.5 (A) and 0.7 (B)')
    """
    pairs = zip(texts, letters, strict=True)
    return " and ".join(f"{text} ({letter})" if letter else text for text, letter in pairs)


def most_is_lost(letter: str) -> str:
    """How the sentence on the costliest kind of error of a model begins.

    Args:
        letter: of the model, "" of the only one.

    Example:
        >>> most_is_lost(""), most_is_lost("B")
        ('Most is lost', 'B loses most')
    """
    return f"{letter} loses most" if letter else "Most is lost"


def most_lost(name: str, total: float, shares: Mapping[str, float]) -> str:
    """To what most of a number is lost, as a sentence.

    Args:
        name: of the number.
        total: what it lacks, a fraction above 0.
        shares: what each kind of errors takes of that, by its name in sentences.

    Example:
        >>> most_lost("AP50", 0.5, {"duplicates": 0.1, "missed objects": 0.4})
        '80 % of the 50.0 points that AP50 lacks are lost to missed objects (40.0), then to \
duplicates (10.0).'
    """
    first, second, *_ = sorted(shares, key=lambda each: -shares[each])
    share = shares[first] / total
    text = (
        f"{share_words(share)} of the {percent(total)} points that {name} lacks "
        f"{'are' if is_several(share) else 'is'} lost to {first} ({percent(shares[first])})"
    )
    if shares[second] >= LEAST_SAID:
        text += f", then to {second} ({percent(shares[second])})"
    return f"{text}."


def ap_at(iou: float) -> str:
    """What AP at a single IoU threshold is called.

    Example:
        >>> ap_at(0.5), ap_at(0.6)
        ('AP50', 'AP at IoU 0.60')
    """
    if iou in (0.5, 0.75):
        return f"AP{100 * iou:.0f}"
    return f"AP at IoU {iou:.2f}"


def part_heading(kinds: Sequence[str], kind: str, number: str) -> str:
    """The heading of the part on one kind of IoU; "" where there is one kind alone.

    Args:
        kinds: of IoU, all.
        kind: the one.
        number: what is computed by each, such as "AP".

    Example:
        >>> part_heading(["segm", "boundary"], "segm", "AP"), part_heading(["segm"], "segm", "AP")
        ('mask AP', '')
    """
    return f"{prefix(kind) or 'mask '}{number}" if len(kinds) > 1 else ""


def first_upper(words: str) -> str:
    """A sentence that begins with a capital letter; a word with capitals within stays as it is.

    Example:
        >>> first_upper("small objects"), first_upper("mIoU is undefined")
        ('Small objects', 'mIoU is undefined')
    """
    first = words.partition(" ")[0]
    return words if first[1:] != first[1:].lower() else words[:1].upper() + words[1:]
