"""The help of a command as plain text, in sections of two columns.

Typer draws its own with rich, whose panels, Markdown and tracebacks take longer to import than
all of this program up to there.
"""

from __future__ import annotations

import inspect
import os
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, TypeVar, get_origin

import typer
from typer.core import TyperCommand

from segeval_cli.quick_values import convert_quickly

WIDEST = 100
"""Characters of a line, however wide the terminal is."""

NAMES = 26
"""Characters of the first column; where a name is longer, its text begins on the next line."""

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
"""Before and after a heading."""

TYPED = re.compile(r"(?P<name>.*) <(?P<values>[^>]*)>(?P<more>(\.\.\.)?)")
"""How Typer shows a parameter without a name for its value: `--area-from <mask|bbox>`."""

Function = TypeVar("Function", bound=Callable[..., Any])

Row = tuple[str, str]
"""What one can write, and what it means."""


def page(command: Any, context: typer.Context) -> str:
    """The help of a command or of a group of commands.

    Args:
        command: of Typer.
        context: it is called in.
    """
    width = min(WIDEST, shutil.get_terminal_size().columns)
    parts = [textwrap.fill(_usage(command, context), width, subsequent_indent=" " * 7)]
    described = inspect.cleandoc(command.help or "").split("\n\n")
    parts += [textwrap.fill(each, width, break_on_hyphens=False) for each in described]
    sections = [(name, rows) for name, rows in _sections(command, context) if rows]
    column = 4 + min(NAMES, max(len(name) for _, rows in sections for name, _ in rows))
    parts += ["\n".join([_bold(name), *_lines(rows, column, width)]) for name, rows in sections]
    return "\n\n".join(parts) + "\n"


def _usage(command: Any, context: typer.Context) -> str:
    """The line that says what words to give, those that may be left out in brackets."""
    words = [f"Usage: {context.command_path} [OPTIONS]"]
    for param in command.get_params(context):
        if param.param_type_name == "argument":
            name = param.metavar or param.name.upper()
            is_plain = param.required or " " in name or name.startswith("[")
            words.append(name if is_plain else f"[{name}]")
    return " ".join([*words, *(["COMMAND [ARGS]..."] if hasattr(command, "commands") else [])])


def _sections(command: Any, context: typer.Context) -> Iterator[tuple[str, list[Row]]]:
    """Arguments, commands, the panels of options, and the options that are in none."""
    arguments: list[Row] = []
    options: list[Row] = []
    panels: dict[str, list[Row]] = {}
    for param in command.get_params(context):
        record = param.get_help_record(context)
        if record is None:
            continue
        if param.param_type_name == "argument":
            arguments.append(_row(*record))
        else:
            panel = getattr(param, "rich_help_panel", None)
            row = _row(*record, is_choice=_is_choice(param))
            (panels.setdefault(panel, []) if panel else options).append(row)
    yield "Arguments", arguments
    commands = getattr(command, "commands", {}).items()
    yield "Commands", [(name, _summary(each)) for name, each in commands if not each.hidden]
    yield from panels.items()
    yield "Options", options


def _summary(command: Any) -> str:
    """The first paragraph of a command's help."""
    return " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())


def _is_choice(param: Any) -> bool:
    """Whether the values of a parameter are listed in its type."""
    descriptor = getattr(param, "type_descriptor", None)  # None for --help
    return get_origin(getattr(descriptor, "annotation", None)) is Literal


def _row(name: str, text: str, *, is_choice: bool = False) -> Row:
    """What Typer says of a parameter, without names of types; many values follow the text.

    Args:
        name: the parameter and, between < and >, the name of its type or its values.
        text: its help.
        is_choice: whether a single word there is a value, not a type.

    Example:
        >>> _row("--from <mask|bbox>", "Area that decides.")
        ('--from mask|bbox', 'Area that decides.')
        >>> _row("--protocol <coco|lvis|lvis-fixed>", "Whose rules to follow.  [default: coco]")
        ('--protocol NAME', 'Whose rules to follow. One of coco, lvis, lvis-fixed. [default: coco]')
        >>> _row("--require <not-worse>", "Exit with 1.", is_choice=True)
        ('--require not-worse', 'Exit with 1.')
    """
    text = " ".join(text.split())
    typed = TYPED.fullmatch(name)
    if typed is None:
        return name, text
    name, values, more = typed["name"], typed["values"], typed["more"]
    if "|" not in values and not is_choice:
        return f"{name}{more}", text
    if len(name) + 1 + len(values) <= NAMES:
        return f"{name} {values}{more}", text
    said, bracket, rest = text.partition(" [")
    listed = ", ".join(values.split("|"))
    return f"{name} NAME{more}", f"{said} One of {listed}.{bracket}{rest}"


def _bold(heading: str) -> str:
    """A heading; where it is not shown on a terminal, Typer takes the boldness away."""
    is_plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return heading if is_plain else f"{BOLD}{heading}{PLAIN}"


def _lines(rows: Iterable[Row], column: int, width: int) -> Iterator[str]:
    """The lines of all rows, whose texts begin at a column; behind a longer name, on the next line.

    Example:
        >>> for line in _lines([("--all", "Every row."), ("--rows", "Some of them.")], 9, 20):
        ...     print(line)
          --all  Every row.
          --rows
                 Some of
                 them.
    """
    for name, text in rows:
        begin = f"  {name}"
        if len(begin) > column - 2:
            yield begin
            begin = ""
        yield textwrap.fill(
            text,
            width,
            initial_indent=begin.ljust(column),
            subsequent_indent=" " * column,
            break_long_words=False,
            break_on_hyphens=False,
        )


class HelpfulCommand(TyperCommand):
    """A command whose help is `page`, and that converts plain values itself."""

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]
        """The arguments and options of the command."""
        return convert_quickly(super().get_params(ctx))

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write the help."""
        formatter.write(page(self, ctx))

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """Run the command; what a file sets is said."""
        if ctx.default_map:
            from segeval_cli import settings_file  # only now: most runs have none

            settings_file.tell(ctx)
        return super().invoke(ctx)


class Commands(typer.Typer):
    """Commands whose help is `page`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"rich_markup_mode": None, "add_completion": False} | settings)

    def command(self, *names: str | None, **settings: Any) -> Callable[[Function], Function]:
        """A decorator for the function of a command."""
        return super().command(*names, **{"cls": HelpfulCommand} | settings)
