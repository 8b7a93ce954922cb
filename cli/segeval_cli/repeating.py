"""The command line of a run, to be repeated: what decides its result, as a shell takes it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence

import typer

from segeval_cli.flags import flag_of
from segeval_cli.part_options import given_options


def same_command(
    context: typer.Context,
    files: Sequence[str],
    *,
    without: Collection[str] = (),
    name: str | None = None,
    instead: Mapping[str, object] | None = None,
) -> str:
    """The command, its files and the options that were given, in the order of the help.

    Args:
        context: of the command.
        files: its positional arguments.
        without: parameters that do not decide the result.
        name: of another command that has all other options too; None for the same.
        instead: values by parameter, for those that were given and may mean another thing later.
    """
    values = {**context.params, **(instead or {})}
    words = ["segeval", name or context.command.name or "", *map(shlex.quote, files)]
    for parameter in given_options(context):
        flag = flag_of(parameter)
        value = values[parameter]
        if flag is not None and parameter not in without and flag.name.startswith("-"):
            words.append(flag.with_value(value) or "")
    return " ".join(filter(None, words))
