"""Options that are given more often than they are used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import typer


def refuse_repeated(ctx: typer.Context, name: str, command: Any, words: Sequence[str]) -> None:
    """Refuse an option of one value that is given twice; a parser would keep the last one.

    Args:
        ctx: of the group.
        name: of the command to run.
        command: that command.
        words: what follows its name.
    """
    own = typer.Context(command, info_name=name, parent=ctx)
    parser = command.make_parser(own)
    parser.ignore_unknown_options = True
    try:
        order = parser.parse_args(list(words))[2]
    except Exception as problem:
        if hasattr(problem, "exit_code"):  # a usage error, which the command reports itself
            return
        raise
    for param, times in Counter(order).items():
        is_plain_flag = getattr(param, "is_flag", False) and not param.secondary_opts
        takes_one = param.param_type_name == "option" and not param.multiple and not is_plain_flag
        if takes_one and times > 1:
            often = "twice" if times == 2 else f"{times} times"
            own.fail(f"{max(param.opts, key=len)} is given {often}, expected once.")
