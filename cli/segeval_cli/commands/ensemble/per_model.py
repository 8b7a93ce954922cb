"""Options that each model has one of: MODEL=VALUE, or one for each model in their order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segeval.errors import InputError
from segeval.words import counted
from segeval_cli import inputs
from segeval_cli.values import refused
from segeval_cli.visible import shown

NONE = "none"
"""In place of a value, for a model without."""

FOUND = "found"
"""In place of a file of `--covers`: the categories in the model's predictions."""

TAKES = {
    "--map": "a JSON file with an object from ids or names to ids",
    "--covers": "a file with ids or names of categories, one in each line, or the word found for "
    "those in its predictions",
}
"""What a model's value may be, by option."""


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
        InputError: if models have no value, or several, or one that is no file.

    Example:
        >>> for_models(["b.json=found"], ["a.json", "b.json"], "--covers")
        [None, 'found']
        >>> for_models(["none,found"], ["a.json", "b.json"], "--covers")
        [None, 'found']
    """
    if not values:
        return None
    named = [next((m for m in models if each.startswith(f"{m}=")), None) for each in values]
    if not any(named):
        if len(values) == 1 and values[0].count(",") == len(models) - 1:
            values = values[0].split(",")
        if len(values) != len(models):
            if "=" in values[-1] and not Path(values[-1]).exists():
                raise _no_model(values[-1], models, option)
            problem = (
                f"is {counted(len(values), 'value')} for {len(models)} models. Name the model, "
                f"such as {option} {models[-1]}={_example(values[-1], option)}, or give one for "
                f"each, {NONE} for a model without. {_takes(option)}"
            )
            raise refused(option, ",".join(values), problem)
        return _checked([None if each == NONE else each for each in values], models, option)
    found: dict[str, str] = {}
    for each, model in zip(values, named, strict=True):
        if model is None:
            raise _no_model(each, models, option)
        if model in found:
            raise refused(option, each, f"is the second one for {model}, expected one.")
        found[model] = each[len(model) + 1 :]
    stated = [None if found.get(each, NONE) == NONE else found[each] for each in models]
    return _checked(stated, models, option)


def _no_model(text: str, models: Sequence[str], option: str) -> InputError:
    """The error for a value that begins with the name of another file than a model's."""
    value = _example(text.rpartition("=")[2], option)
    problem = (
        f"names no model, expected one of {', '.join(models)} before the sign =, such as "
        f"{option} {models[-1]}={value}. {_takes(option)}"
    )
    return refused(option, text, problem)


def _checked(stated: list[str | None], models: Sequence[str], option: str) -> list[str | None]:
    """The values of the models, each a file that is there or a word that the option knows."""
    for model, value in zip(models, stated, strict=True):
        if value is None or (value == FOUND and option == "--covers") or Path(value).exists():
            continue
        problem = f"there is no file {shown(value)}. {_takes(option)}"
        raise refused(option, f"{model}={value}", problem, code="no-file", path=Path(value))
    return stated


def _takes(option: str) -> str:
    """What a model's value may be, as a sentence."""
    return f"A value is {TAKES[option]}."


def _example(value: str, option: str) -> str:
    """A value as given if it can be used, else one that can."""
    can_be_used = value == FOUND or option != "--covers" or Path(value).exists()
    return value if can_be_used else FOUND


def _values(text: str) -> list[str]:
    """The parts of a value that may be paths."""
    return [*text.split(","), text.rpartition("=")[2] if "=" in text else ""]
