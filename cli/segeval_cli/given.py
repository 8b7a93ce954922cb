"""Which options a run has been given: on the command line, or by a file of settings."""

from __future__ import annotations

import typer


def is_typed(context: typer.Context, name: str) -> bool:
    """Whether an option stands on the command line.

    Args:
        context: of the command.
        name: of the option's parameter.
    """
    return _source(context, name) == "COMMANDLINE"


def is_set_by_file(context: typer.Context, name: str) -> bool:
    """Whether an option has its value from a file of settings; arguments as in `is_typed`."""
    return _source(context, name) == "DEFAULT_MAP"


def is_given(context: typer.Context, name: str) -> bool:
    """Whether an option has a value of its own, from either; arguments as in `is_typed`."""
    return is_typed(context, name) or is_set_by_file(context, name)


def _source(context: typer.Context, name: str) -> str:
    """Where the value of an option comes from, in the words of Typer."""
    source = context.get_parameter_source(name)
    return "" if source is None else source.name
