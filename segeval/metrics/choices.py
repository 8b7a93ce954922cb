"""Checks of arguments: a few choices, which the message lists, or a share from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.errors import InputError


def check_choice(name: str, value: str | None, choices: Sequence[str], where: str = "") -> None:
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
    if value is None or value in choices:
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
    kinds = tuple(dict.fromkeys([iou] if isinstance(iou, str) else iou))
    unknown = [kind for kind in kinds if kind not in choices]
    if kinds and not unknown:
        return kinds
    found = f"`iou` is {unknown[0]!r}" if unknown else "`iou` names no kind"
    expected = " ".join(filter(None, [f"expected {' or '.join(choices)}", where]))
    raise InputError(f"{found}, {expected}.", code="iou", option="iou")


def check_share(name: str, value: float) -> None:
    """Refuse what is not from 0 to 1.

    Raises:
        InputError: names the argument.
    """
    if not 0 <= value <= 1:
        raise InputError(
            f"`{name}` is {value:g}, expected a number from 0 to 1", code="share", option=name
        )
