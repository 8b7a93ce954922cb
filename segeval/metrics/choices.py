"""Checks of arguments: a few choices, which the message lists, or a share from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

from segeval.errors import InputError
from segeval.host_arrays import holds_several
from segeval.words import beginning


def check_choice(name: str, value: object, choices: Sequence[str], where: str = "") -> None:
    """Refuse a value outside the choices; None passes.

    Args:
        name: name of the argument.
        value: the value given.
        choices: the values allowed.
        where: what the choices hold for, such as "for Cityscapes".

    Raises:
        InputError: for any other value.

    Example:
        >>> check_choice("absent", "zero", ("cityscapes", "zero"))
    """
    if value is None or (isinstance(value, str) and value in choices):
        return
    either = f"one of {', '.join(choices)}" if len(choices) > 1 else choices[0]
    raise InputError(
        f"{' '.join(filter(None, [f'`{name}` is {value!r}, expected {either}', where]))}.",
        code=name.replace("_", "-"),
        option=name,
    )


def kinds_of_iou(
    iou: str | Sequence[str], choices: Sequence[str], where: str = ""
) -> tuple[str, ...]:
    """The kinds of IoU asked for, each once.

    Args:
        iou: one kind or several.
        choices: the kinds allowed.
        where: see `check_choice`.

    Raises:
        InputError: for an unknown kind, or if there is none.

    Example:
        >>> kinds_of_iou(["segm", "segm"], ("segm", "boundary"))
        ('segm',)
    """
    several: list[Any] = list(iou) if holds_several(iou) else [iou]
    unknown = [kind for kind in several if not isinstance(kind, str) or kind not in choices]
    if several and not unknown:
        return tuple(dict.fromkeys(several))
    found = f"`iou` is {beginning(repr(unknown[0]), 40)}" if unknown else "`iou` names no kind"
    expected = " ".join(filter(None, [f"expected {' or '.join(choices)}", where]))
    raise InputError(f"{found}, {expected}.", code="iou", option="iou")


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither True nor False, such as the text "no", which counts as True.

    Raises:
        InputError: names the argument.
    """
    if not isinstance(value, bool):
        raise InputError(
            f"`{name}` is {beginning(repr(value), 40)}, expected True or False.",
            code=name.replace("_", "-"),
            option=name,
        )


def is_number(value: Any) -> bool:
    """Whether a value is a finite number that fits a float.

    Example:
        >>> is_number(0.5), is_number("0.5"), is_number(float("nan")), is_number(10**400)
        (True, False, False, False)
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def check_share(name: str, value: float) -> None:
    """Refuse what is not from 0 to 1.

    Raises:
        InputError: names the argument.
    """
    if not 0 <= value <= 1:
        raise InputError(
            f"`{name}` is {value:g}, expected a number from 0 to 1", code="share", option=name
        )
