"""Options of commands in a file: segeval.toml, or [tool.segeval] of pyproject.toml.

What stands at the top is for every command that has the option, what stands in a table, such as
[ap] or [rescore.calibrate], for that command. The command line beats the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval_cli.flags import flag_of
from segeval_cli.given import is_set_by_file, is_typed
from segeval_cli.streams import say

FILE = Path("segeval.toml")
PROJECT = Path("pyproject.toml")
"""Files in the working directory that are read without being named."""

SECTION = "tool.segeval"
"""Where the settings stand in PROJECT."""

_KEY = "segeval.settings"
"""Under which the contexts of a run share the file."""

LARGEST = 1 << 20
"""Bytes of a file of settings."""

NOT_UNASKED = frozenset(["overwrite", "scheduler"])
"""Options that a file has to be named for: whoever unpacks a data set and looks at it must not
find a file replaced, or a program on another machine at work. Neither must it name outputs."""


@frozen
class SettingsFile:
    """A file of settings.

    Attributes:
        name: as messages show it.
        values: of options, by name; tables of commands.
        is_named: on the command line.
    """

    name: str
    values: Mapping[str, Any]
    is_named: bool

    def refused(self, what: str) -> InputError:
        """An error that names the file."""
        return InputError(f"{self.name}: {what}", code="settings", path=self.name)


def use(context: typer.Context, name: str, command: Any, asked: Path | None) -> None:
    """Give a command the values of the file of settings as its defaults.

    Args:
        context: of the group that the command is in.
        name: of the command.
        command: of Typer.
        asked: the file; None for the one in the working directory, if there is one.

    Raises:
        InputError: if the file cannot be read, names an option that is not there, or has a value
            that no option can have.
    """
    file = found() if asked is None else _read(asked, is_named=True)
    if file is not None:
        context.meta[_KEY] = file
        context.default_map = {name: dict(_values(file, context, name, command))}


def found() -> SettingsFile | None:
    """The file of settings in the working directory; None without one.

    Raises:
        InputError: as in `use`.
    """
    if FILE.is_file():  # a pipe would be waited for
        return _read(FILE, is_named=False)
    try:
        is_ours = PROJECT.is_file() and SECTION.encode() in PROJECT.read_bytes()
    except OSError:  # it is for others, who will say so
        return None
    return _read(PROJECT, is_named=False) if is_ours else None


def tell(context: typer.Context) -> None:
    """Say which options a command has from the file, and with `--verbose` all that it has.

    Args:
        context: of the command.
    """
    file = context.meta.get(_KEY)
    by_file = list(_flags(context, is_set_by_file))
    if file is None or not by_file or context.params.get("quiet"):
        return
    say(f"settings of {file.name}: {' '.join(by_file)}")
    if context.params.get("verbose"):
        typed = " ".join(_flags(context, is_typed)) or "nothing"
        say(f"settings of the command line: {typed}")


def blamed(context: Any, parameter: Any, message: str) -> str:
    """A message about a value, with the name of the file if the value is from there.

    Args:
        context: of the command.
        parameter: that has the value; None if it is unknown.
        message: what is wrong.
    """
    file = context.meta.get(_KEY)
    is_from_file = parameter is not None and is_set_by_file(context, str(parameter.name))
    return f"{file.name}: {message}" if file is not None and is_from_file else message


def _flags(context: typer.Context, has: Any) -> Iterator[str]:
    """Options with their values, of those for which something holds."""
    for name, value in context.params.items():
        flag = flag_of(name)
        if flag is not None and has(context, name) and name in _options_by_parameter(context):
            yield flag.with_value(value) or flag.name


def _options_by_parameter(context: typer.Context) -> set[str]:
    """Names of parameters that are options."""
    return {str(each.name) for each in context.command.params if each.param_type_name == "option"}


def _read(path: Path, *, is_named: bool) -> SettingsFile:
    """A file of settings; errors as in `use`."""
    import tomllib

    empty = SettingsFile(str(path), {}, is_named)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise empty.refused("no such file.") from None
    except OSError as problem:
        raise empty.refused(f"{problem.strerror or problem}.") from None
    if len(content) > LARGEST:
        raise empty.refused(f"more than {LARGEST:,} bytes, which are no settings.")
    try:
        values: Any = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as problem:
        raise empty.refused(f"not valid TOML: {problem}.") from None
    if path.name == PROJECT.name:
        for key in SECTION.split("."):
            values = values.get(key, {}) if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            raise empty.refused(f"[{SECTION}] is no table.")
    return SettingsFile(str(path), values, is_named)


def _values(
    file: SettingsFile, context: typer.Context, name: str, command: Any
) -> Iterator[tuple[str, Any]]:
    """Values by parameter of a command; those of an inner table come last.

    Args:
        file: of settings.
        context: of the group that the command is in.
        name: of the command.
        command: of Typer.
    """
    options = _options_of(command)
    groups = [*_groups(context)]
    table: Any = file.values
    place = ""
    for group, word in zip(groups, [*(each.info_name for each in groups[1:]), name], strict=True):
        yield from _of_table(file, table, place, options, group.command)
        table = table.get(word, {})
        place = f"{place}.{word}".strip(".")
        if not isinstance(table, dict):
            raise file.refused(f'"{place}" is a command, whose settings are a table: [{place}].')
    yield from _of_table(file, table, place, options, command)


def _groups(context: typer.Context) -> list[typer.Context]:
    """The contexts of the groups that a context is in, the outermost first, and itself."""
    outer = [] if context.parent is None else _groups(context.parent)  # type: ignore[arg-type]
    return [*outer, context]


def _of_table(
    file: SettingsFile, table: Mapping[str, Any], place: str, options: Mapping[str, Any], owner: Any
) -> Iterator[tuple[str, Any]]:
    """Values by parameter from one table.

    Args:
        file: the table is in.
        table: keys and values.
        place: its name; "" for the top.
        options: of the command to run, by name.
        owner: the group or command that the table is for.
    """
    inner = getattr(owner, "commands", {})
    for key, value in table.items():
        option = options.get(key.replace("_", "-"))
        if isinstance(value, dict):
            if key not in inner:
                raise file.refused(_unknown(f'no command "{key}"', key, inner))
        elif option is not None:
            if not file.is_named and _needs_a_name(option):
                raise file.refused(
                    f'"{key}" counts only on the command line, or in a file that --config names.'
                )
            yield str(option.name), _words(file, key, option, value)
        elif not _is_of_another(owner, key):
            where = f"{place} has" if place else "there is"
            raise file.refused(_unknown(f'{where} no option "{key}"', key, options))


def _unknown(what: str, key: str, known: Mapping[str, Any]) -> str:
    """What to say of a key that stands for nothing."""
    from difflib import get_close_matches

    close = get_close_matches(key.replace("_", "-"), known, n=1)
    return f'{what}, did you mean "{close[0]}"?' if close else f"{what}."


def _needs_a_name(option: Any) -> bool:
    """Whether an option counts only in a file that the user has named."""
    info = option.type_descriptor.parameter_info
    is_path = option.type_descriptor.annotation is Path
    reads = getattr(info.callback, "names_an_input", False)
    return option.name in NOT_UNASKED or (is_path and not reads)


def _is_of_another(owner: Any, key: str) -> bool:
    """Whether a command of a group has an option, so that it may stand above them all."""
    inner = getattr(owner, "commands", {}).values()
    commands = [each.load() if hasattr(each, "load") else each for each in inner]
    return any(
        key.replace("_", "-") in _options_of(each) or _is_of_another(each, key) for each in commands
    )


def _options_of(command: Any) -> dict[str, Any]:
    """The options of a command by their long names without hyphens in front."""
    return {
        max(each.opts, key=len).lstrip("-"): each
        for each in command.params
        if each.param_type_name == "option"
    }


def _words(file: SettingsFile, key: str, option: Any, value: Any) -> Any:
    """A value as the command line has it: true or false of a flag, else words."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise file.refused(f'"{key}" is {value!r}, expected true or false.')
        return value
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    for each in values:
        if isinstance(each, bool) or not isinstance(each, str | int | float):
            expected = "expected text, a number, or a list of these"
            shown = str(each).lower() if isinstance(each, bool) else str(each)
            raise file.refused(f'"{key}" is {shown}, {expected}.')
    words = [str(each) for each in values]
    return words if option.multiple else ",".join(words)
