"""Options that each model has one of: MODEL=VALUE, or one for each model in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from segeval.words import counted
from segeval_cli import inputs
from segeval_cli.values import refused

NONE = "none"
"""In place of a value, for a model without."""


def declared(values: Any) -> Any:
    """Note the files that are named for models; the callback of such options."""
    several = values or []
    inputs.declared([part for each in several for part in (each, *_values(each)) if part])
    return values


def for_models(
    values: Sequence[str] | None, models: Sequence[str], option: str
) -> list[str | None] | None:
    """The value of each model.

    Args:
        values: of the option: all as MODEL=VALUE, where MODEL is a file of predictions as the
            command line names it, or one for each model, in their order; "none" for a model
            without.
        models: the files of predictions.
        option: whose values they are.

    Returns:
        M values; None if the option is not given.

    Raises:
        InputError: if models have no value, or several.

    Example:
        >>> for_models(["b.json=map.json"], ["a.json", "b.json"], "--map")
        [None, 'map.json']
        >>> for_models(["none,map.json"], ["a.json", "b.json"], "--map")
        [None, 'map.json']
    """
    if not values:
        return None
    named = [next((m for m in models if each.startswith(f"{m}=")), None) for each in values]
    if not any(named):
        if len(values) == 1 and values[0].count(",") == len(models) - 1:
            values = values[0].split(",")
        if len(values) != len(models):
            problem = (
                f"is {counted(len(values), 'value')} for {len(models)} models. Name the model, "
                f"such as {option} {models[-1]}={values[-1]}, or give one for each, {NONE} for a "
                "model without."
            )
            raise refused(option, ",".join(values), problem)
        return [None if each == NONE else each for each in values]
    found: dict[str, str] = {}
    for each, model in zip(values, named, strict=True):
        if model is None:
            problem = f"names no model, expected one of {', '.join(models)} before the sign =."
            raise refused(option, each, problem)
        if model in found:
            raise refused(option, each, f"is the second one for {model}, expected one.")
        found[model] = each[len(model) + 1 :]
    return [None if found.get(each, NONE) == NONE else found[each] for each in models]


def _values(text: str) -> list[str]:
    """The parts of a value that may be paths."""
    return [*text.split(","), text.rpartition("=")[2] if "=" in text else ""]
