"""Limits on the objects that a model keeps."""

from __future__ import annotations

from torch import nn

from segeval.errors import InputError

LIMITS = ("score", "max_dets")
"""Attributes of an instance model: least score, and most objects per image."""


def limits_of(model: nn.Module) -> dict[str, float]:
    """The limits of a model by name, if it has any.

    Example:
        >>> limits_of(nn.Identity())
        {}
    """
    values = {name: getattr(model, name, None) for name in LIMITS}
    return {name: value for name, value in values.items() if isinstance(value, int | float)}


def set_limits(model: nn.Module, *, score: float | None, max_dets: int | None) -> None:
    """Change the limits of a model; None keeps one.

    Raises:
        InputError: if the model lacks the limit.
    """
    known = limits_of(model)
    for name, value in (("score", score), ("max_dets", max_dets)):
        if value is None:
            continue
        if name not in known:
            raise InputError(
                f"`{name}` does not apply: this model has no such limit on its objects.",
                code="option",
                option=name,
            )
        setattr(model, name, value)
