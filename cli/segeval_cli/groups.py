"""Groups of commands: their help shows at once, and messages speak in the flags of what runs."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from segeval_cli import flags


class QuickGroup(TyperGroup):
    """Commands whose help shows at once."""

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """The options of the group itself."""
        params: list[Any] = super().get_params(ctx)
        for param in params:
            # The default of Typer's own flags is None. Only to coerce that, it would import
            # pydantic, and the help of every command would take half as long again.
            if getattr(param, "is_flag", False) and param.default is None:
                param.default = False
        return params

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """The command that runs, in whose flags messages speak from now on."""
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            flags.speak(command.params)
        return name, command, rest
