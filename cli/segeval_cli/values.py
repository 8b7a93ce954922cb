"""Option values as numbers, ids and names; the library checks their ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from segeval.errors import InputError
from segeval_cli.inputs import FROM_FILE
from segeval_cli.quick_values import PERCENT

OTHERS = "others"
"""In place of ids to ignore: every value that is not a class."""

MOST_DIGITS = 18
"""Digits of a whole number that fits into 64 bits, whatever they are."""

MOST_IDS = 1 << 20
"""Ids that one option may name: those of label maps have 16 bits."""

LONGEST_VALUE = 200
"""Characters of a value that a message repeats in full."""


def refused(
    option: str, value: object, problem: str, *, code: str = "", path: Path | None = None
) -> InputError:
    """The error that refuses a value of an option.

    Args:
        option: with its hyphens.
        value: as given.
        problem: what is wrong with it, and what was expected.
        code: of the error; by default the name of the option.
        path: the file that the value names, if any.
    """
    place = None if path is None else str(path)
    text = f"{option} {shortened(str(value))}: {problem}"
    return InputError(text, code=code or option.strip("-"), path=place)


def parse_numbers(text: str, option: str, *, unit: str = "") -> tuple[float, ...]:
    """Numbers, separated by commas.

    Args:
        text: such as "1,3,5".
        option: whose value it is.
        unit: of the numbers, such as "pixels"; "" for fractions and others without.

    Raises:
        InputError: if a part is not a number.

    Example:
        >>> parse_numbers("8, 2.5", "--trimap", unit="pixels")
        (8.0, 2.5)
    """
    return tuple(_number(part, text, option, unit) for part in text.split(","))


def parse_thresholds(text: str | None) -> tuple[float, ...] | None:
    """IoU thresholds from one number, several with commas, or start:stop:step.

    Args:
        text: such as "0.5", "0.5,0.75" or "0.50:0.95:0.05"; stop is included if a step hits it.

    Returns:
        The numbers; a range has those of numpy.linspace to the last bit, because that is what the
        official packages use. None for None.

    Raises:
        InputError: if the text cannot be read.
    """
    if text is None:
        return None
    option, ends = "--thresholds", text.split(":")
    if len(ends) == 1:
        return parse_numbers(text, option)
    if len(ends) != 3:
        raise refused(option, text, "expected start:stop:step, such as 0.50:0.95:0.05.")
    return _range(text, *(_number(end, text, option) for end in ends))


def _range(text: str, start: float, stop: float, step: float) -> tuple[float, ...]:
    """Evenly spaced numbers from start to at most stop, as numpy.linspace has them."""
    import numpy as np

    from segeval.metrics.coco.greedy import MOST_THRESHOLDS

    if not (step > 0 and start <= stop):
        expected = "expected start:stop:step with a positive step, such as 0.50:0.95:0.05."
        raise refused("--thresholds", text, expected)
    steps = min((stop - start) / step, 1e15)
    hits_stop = math.isclose(steps, round(steps), abs_tol=1e-9)
    whole = round(steps) if hits_stop else math.floor(steps)
    if whole >= MOST_THRESHOLDS:  # before they are made
        problem = f"{whole + 1} thresholds, at most {MOST_THRESHOLDS}."
        raise refused("--thresholds", text, problem)
    last = stop if hits_stop else start + whole * step
    return tuple(np.linspace(start, last, whole + 1).tolist())


def parse_max_dets(text: str | None) -> tuple[int, ...] | None:
    """Caps on the number of predictions.

    Args:
        text: such as "100" or "1,10,100"; 0 means no limit.

    Raises:
        InputError: if a cap is not a whole number.

    Example:
        >>> parse_max_dets("1,10,0")
        (1, 10, 0)
    """
    if text is None:
        return None
    return parse_whole_numbers(
        text, "--max-dets", "a whole number or several, such as 1,10,100; 0 means no limit"
    )


def parse_whole_numbers(text: str, option: str, expected: str) -> tuple[int, ...]:
    """Numbers of predictions, separated by commas.

    Args:
        text: such as "1,10,100".
        option: whose value it is.
        expected: completes the message.

    Raises:
        InputError: if a part is not a whole number.
    """
    found: list[int] = []
    for part in map(str.strip, text.split(",")):
        number = whole_number(part)
        if number is None:
            problem = f"{shortened(part)!r} is not a number of predictions, expected {expected}."
            raise refused(option, text, problem)
        found.append(number)
    return tuple(found)


def parse_ids(values: Sequence[str] | None, option: str) -> tuple[int, ...]:
    """Ids and ranges of them.

    Args:
        values: of the option: ids and ranges, separated by commas.
        option: whose values they are.

    Raises:
        InputError: for anything else.

    Example:
        >>> parse_ids(["0-3,9", "255"], "--ignore")
        (0, 1, 2, 3, 9, 255)
    """
    ids: list[int] = []
    for part in (part.strip() for value in values or () for part in value.split(",")):
        first, dash, last = part.partition("-")
        low, high = whole_number(first), whole_number(last if dash else first)
        if low is None or high is None or high < low:
            expected = "expected ids and ranges of them, such as 255 or 0-6,9."
            raise refused(option, part, expected)
        if len(ids) + high - low >= MOST_IDS:  # before they are made
            raise refused(option, part, f"expected at most {MOST_IDS:,} ids.")
        ids += range(low, high + 1)
    return tuple(ids)


def parse_ignored(values: Sequence[str] | None) -> tuple[int | str, ...]:
    """Ids to ignore, and perhaps "others", of the option `--ignore`.

    Args:
        values: of the option: ids, ranges of them and "others", separated by commas.

    Raises:
        InputError: for anything else.

    Example:
        >>> parse_ignored(["0-2", "others"])
        ('others', 0, 1, 2)
    """
    parts = [part.strip() for value in values or () for part in value.split(",")]
    words = [OTHERS] * (OTHERS in parts)
    return (*words, *parse_ids([part for part in parts if part != OTHERS], "--ignore"))


def whole_number(text: str) -> int | None:
    """A whole number of up to 18 digits, which fits into 64 bits; None for anything else.

    Example:
        >>> whole_number("255"), whole_number("-1"), whole_number("9" * 5000)
        (255, None, None)
    """
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


def shortened(text: str) -> str:
    """A value for a message, whose middle is left out if it is long.

    Example:
        >>> shortened("9" * 5000)
        '99999999...99999999 (5,000 characters)'
    """
    if len(text) <= LONGEST_VALUE:
        return text
    return f"{text[:8]}...{text[-8:]} ({len(text):,} characters)"


def parse_names(values: Sequence[str] | None, option: str) -> list[str] | None:
    """Names, separated by commas or from a file with one per line.

    Args:
        values: of the option; "@file" stands for the contents of a file.
        option: whose values they are.

    Returns:
        One or more names; None if the option is not given.

    Raises:
        InputError: if there is no such file, or nothing is named.

    Example:
        >>> parse_names(["chair, lamp", "~rug"], "--categories")
        ['chair', 'lamp', '~rug']
    """
    if not values:
        return None
    parts = [
        part
        for value in values
        for part in (_lines(value, option) if value.startswith(FROM_FILE) else value.split(","))
    ]
    names = [part.strip() for part in parts if part.strip()]
    if not names:
        raise refused(option, ",".join(values), "is empty.")
    return names


def _lines(value: str, option: str) -> list[str]:
    """Lines of a file."""
    from segeval.data.opening import named_bytes

    path = Path(value.removeprefix(FROM_FILE))
    try:
        return named_bytes(path).decode("utf-8").splitlines()
    except InputError:
        raise
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "not a text file"
        text = f"{reason}. Expected a file with a name or id per line."
        raise refused(option, value, text, code="file", path=path) from None


def check_fraction(value: float | None, option: str, name: str) -> None:
    """Refuse a value that is not a fraction, such as a percentage.

    Raises:
        InputError: if the value is not in [0, 1].
    """
    if value is not None and not 0 <= value <= 1:
        hint = f" Write {value / 100:g}." if 1 < value <= 100 else ""
        raise refused(option, f"{value:g}", f"{name} must be a fraction from 0 to 1.{hint}")


def check_margin(points: float) -> None:
    """Refuse an impossible margin, in the points in which it is given.

    Raises:
        InputError: below 0, or for 100 points and more.
    """
    if not 0 <= points < 100:
        raise refused(
            "--margin", f"{points:g}", "expected points from 0 to below 100, such as 0.3."
        )


def _number(part: str, text: str, option: str, unit: str = "") -> float:
    """A number from a part of an option's text; unit is that of `parse_numbers`."""
    try:
        number = float(part)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise refused(
            option, text, f"{part.strip()!r} is not a number.{_without_percent(part, unit)}"
        )
    return number


def _without_percent(part: str, unit: str) -> str:
    """What to write in place of a number with a percent sign; "" for anything else."""
    match = PERCENT.fullmatch(part)
    if match is None:
        return ""
    return f" Write a number of {unit}." if unit else f" Write {float(match[1]) / 100:.15g}."


def parse_tables(values: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The requested tables in order, without duplicates.

    Args:
        values: of `--per`; each holds one name, or several separated by commas.
        known: names of the tables that there are.

    Raises:
        InputError: for an unknown name.

    Example:
        >>> parse_tables(["category,image", "category"], ["category", "image"])
        ('category', 'image')
    """
    return parse_choices(values, "--per", known, "table")


def parse_choices(
    values: Sequence[str], option: str, known: Sequence[str], noun: str
) -> tuple[str, ...]:
    """Chosen names in order, without duplicates.

    Args:
        values: of the option, which may be repeated; each holds one name, or several separated by
            commas.
        option: whose values they are.
        known: the names to choose from.
        noun: what they name.

    Raises:
        InputError: for an unknown name.

    Example:
        >>> parse_choices(["segm,bbox", "segm"], "--iou", ["segm", "bbox"], "kind of IoU")
        ('segm', 'bbox')
    """
    names = [name.strip() for value in values for name in value.split(",")]
    for name in names:
        if name not in known:
            raise refused(option, name, f"no such {noun}, expected {', '.join(known)}.")
    return tuple(dict.fromkeys(names))
