"""Groups of commands that load lazily, so that help is fast; messages name the command's flags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import islice
from typing import Any

import typer
from typer.core import TyperGroup

from segeval_cli.help_page import Commands, HelpfulCommand, page
from segeval_cli.quick_values import convert_quickly

LIMIT, CONFIG = "--limit", "--config"
"""The options of all commands, which may follow the command's name too."""

WITH_CONFIG = ("train", "predict", "models")
"""Commands with a `--config` of their own, of a model; `segeval --config FILE train` is ours."""


class QuickGroup(TyperGroup):
    """A group whose help needs no slow import."""

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write the help."""
        formatter.write(page(self, ctx))

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """The options of the group itself."""
        return convert_quickly(super().get_params(ctx))

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """The command to run; messages name its flags from now on."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            names = ", ".join(self.commands)
            ctx.fail(f"No such command {args[0]!r}, expected one of: {names}.")
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            from segeval_cli.flags import use_flags  # only now: help needs none of it
            from segeval_cli.repeated_options import refuse_repeated

            use_flags(command.params, name or "")
            refuse_repeated(ctx, name or "", command, rest)
            if not hasattr(command, "commands") and not {"-h", "--help"} & set(rest):
                from segeval_cli import settings_file

                settings_file.use(ctx, name or "", command, ctx.find_root().params.get("config"))
        return name, command, rest


def group(name: str, help_text: str) -> typer.Typer:
    """A command with subcommands, even if only one.

    Args:
        name: of the command.
        help_text: what its help says.
    """
    app = Commands(name=name, cls=QuickGroup, no_args_is_help=True, help=help_text)
    app.callback()(lambda: None)
    return app


class LaterCommand(HelpfulCommand):
    """A command that is imported when it runs; before that, only its name and help are known.

    It is the function NAME of `segeval_cli.commands.NAME.command`, or `app` for a group; there, a
    hyphen is an underscore.
    """

    def load(self) -> Any:
        """The command itself."""
        name = self.name or ""
        own = name.replace("-", "_")
        module = import_module(f"segeval_cli.commands.{own}.command")
        app: typer.Typer = Commands(name=name)
        if hasattr(module, "app"):
            app = module.app
        else:
            app.command(name)(getattr(module, own))
        return typer.main.get_command(app)


def later(commands: Mapping[str, str]) -> type[QuickGroup]:
    """A group whose commands are imported when they run.

    Args:
        commands: summary by name.
    """

    class LaterGroup(QuickGroup):
        def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
            return super().parse_args(ctx, _options_of_all_first(args))

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            for name, help_text in commands.items():
                self.add_command(LaterCommand(name, help=help_text))

        def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
            command = self.commands.get(args[0]) if args else None
            if args and command is None and not args[0].startswith("-"):
                from segeval_cli.suggestions import proposal  # only now: help needs none of it

                meant = proposal(args, self.commands)
                question = f" Did you mean {meant}?" if meant else ""
                ctx.fail(f"No such command {args[0]!r}.{question}")
            if isinstance(command, LaterCommand):
                self.commands[args[0]] = command.load()
            return super().resolve_command(ctx, args)

    return LaterGroup


def _options_of_all_first(words: Sequence[str]) -> list[str]:
    """The words of a command line with the options of all commands first, wherever they are given.

    Example:
        >>> _options_of_all_first(["ap", "p.json", "--limit", "side=2e7", "gt.json"])
        ['--limit', 'side=2e7', 'ap', 'p.json', 'gt.json']
        >>> _options_of_all_first(["train", "--config", "pointrend-r50"])
        ['train', '--config', 'pointrend-r50']
    """
    first: list[str] = []
    others: list[str] = []
    rest = iter(words)
    for word in rest:
        is_own = bool(others) and others[0] in WITH_CONFIG
        moved = (LIMIT,) if is_own else (LIMIT, CONFIG)
        if word == "--":
            others += [word, *rest]
        elif word in moved:
            value = [*islice(rest, 1)]
            if not value:
                return [word]  # or it would take the command for its value
            first += [word, *value]
        elif word.startswith(tuple(f"{each}=" for each in moved)):
            first.append(word)
        else:
            others.append(word)
    return first + others
