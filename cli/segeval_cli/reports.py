"""Messages for the user when a command fails."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from segeval.errors import InputError, SegevalError
from segeval_cli import settings_file
from segeval_cli.flags import in_flags
from segeval_cli.output import json_text
from segeval_cli.progress import version_line
from segeval_cli.streams import say, say_lines, write_out
from segeval_cli.visible import encodable_json, shown

SCHEMA = "segeval/error/1"
EXTRA = "Got unexpected extra argument"
"""How the parser's message about too many words begins."""

KNOWN = (SegevalError, OSError, MemoryError, RecursionError, UnicodeError)
"""Errors that files, memory and the system give; the parser's have a method `format_message`."""

INSTALLED_AS = {"PIL": "pillow"}
"""Packages that are imported by another name than they are installed by."""

LAST_FRAMES = 4


def can_be_mended(problem: Exception) -> bool:
    """Whether the user can do something about an error; otherwise it is a bug of ours."""
    is_known = isinstance(problem, KNOWN) or hasattr(problem, "format_message")
    return is_known or _absent_package(problem) is not None


def report(problem: Exception, argv: Sequence[str]) -> None:
    """Report an error.

    Args:
        problem: what stopped the command.
        argv: the words after the program's name.
    """
    as_json = "--json" in argv
    match problem:
        case InputError():
            message = in_flags(problem.message, names=[problem.path])
            _say(message, problem.code, problem.path, problem.index, as_json=as_json)
        case SegevalError():
            _say(str(problem), "missing-dependency", as_json=as_json)
        case ImportError() if package := _absent_package(problem):
            message = f"this needs the package {package}, which is not installed: pip install "
            _say(message + package, "missing-dependency", as_json=as_json)
        case OSError():
            path = None if problem.filename is None else os.fsdecode(problem.filename)
            place = f"{path}: " if path else ""
            reason = problem.strerror or str(problem)
            if path is None and not _has_folder():
                reason = "the current folder does not exist any more, change to another"
            _say(f"{place}{reason}.", "file", path, as_json=as_json)
        case MemoryError():
            _say("not enough memory for these files.", "memory", as_json=as_json)
        case RecursionError():
            _say("lists or objects in a file are nested too deep.", "nested", as_json=as_json)
        case UnicodeError():
            _say(f"a name or a file is not valid text: {problem}.", "text", as_json=as_json)
        case _ if hasattr(problem, "format_message"):
            _say_usage(problem, as_json=as_json)
        case _:
            _say_bug(problem, argv, as_json=as_json)


def _absent_package(problem: Exception) -> str | None:
    """The package that an import did not find, by the name to install; None for other errors."""
    if not isinstance(problem, ModuleNotFoundError) or not problem.name:
        return None
    package = problem.name.partition(".")[0]
    if package.startswith("segeval") or package in sys.modules or find_spec(package) is not None:
        return None  # the package is there, and what it lacks is a fault in it
    return INSTALLED_AS.get(package, package)


def _has_folder() -> bool:
    """Whether the current folder exists."""
    try:
        os.getcwd()  # noqa: PTH109 - asks for nothing else
    except OSError:
        return False
    return True


def _say_usage(problem: Exception, *, as_json: bool) -> None:
    """Report an error of the command line.

    Typer carries its own copy of click, and its exceptions moved between versions; all have
    `format_message` and `ctx`.
    """
    message: str = problem.format_message()  # type: ignore[attr-defined]
    context = getattr(problem, "ctx", None)
    if context is not None and message == context.get_help():  # a group without a command
        typer.echo(message)
        return
    if context is not None and message.startswith(EXTRA):
        message = _too_many(message.removeprefix(EXTRA), context)
    elif context is not None:
        message = _with_files_instead(message, getattr(problem, "option_name", ""), context)
        message = settings_file.blamed(context, getattr(problem, "param", None), message)
    _say(message.replace("Value error, ", ""), "usage", as_json=as_json)
    if context is not None:
        say(f"see: {context.command_path} --help")


def _with_files_instead(message: str, option: str, context: Any) -> str:
    """The message for an unknown option; where it would name a second model, how that is named."""
    from segeval_cli.suggestions import OF_A_SECOND_MODEL, WITH_A_SECOND_MODEL

    takes_two = any(each.metavar == WITH_A_SECOND_MODEL for each in context.command.params)
    if option not in OF_A_SECOND_MODEL or not takes_two:
        return message
    return (
        f"No such option: {option}. Files of two models stand before the ground truth: "
        f"{context.command_path} A B GT"
    )


def _too_many(words: str, context: Any) -> str:
    """The message for more words than a command takes, from the parser's list of them."""
    from segeval_cli.suggestions import too_many

    extra = re.sub(r"^\w*(\(s\))?\s*\(|\)\.?$", "", words).split()
    arguments = [each for each in context.command.params if each.param_type_name == "argument"]
    positional = [each.metavar or each.name.upper() for each in arguments]
    return too_many(context.command_path, positional, extra)


def _say_bug(problem: Exception, argv: Sequence[str], *, as_json: bool) -> None:
    """Report a bug of ours, with what is needed to find it."""
    import shlex
    import traceback

    # The frames of typer say nothing about the fault.
    frames = [
        frame
        for frame in traceback.extract_tb(problem.__traceback__)
        if "typer" not in Path(frame.filename).parts
    ]
    say_lines("".join(traceback.format_list(frames[-LAST_FRAMES:])).rstrip())
    _say(f"{type(problem).__name__}: {problem}", "bug", as_json=as_json)
    say_lines(
        "This is a bug in segeval, not in your files. Please report the lines above and these:\n"
        f"  where    {_tracker()}\n"
        f"  command  {shown(shlex.join(['segeval', *argv]))}\n"
        f"  version  {version_line()}, Python {sys.version.split()[0]}, {sys.platform}"
    )


def _say(
    message: str, code: str, path: str | None = None, index: int | None = None, *, as_json: bool
) -> None:
    """Write an error to standard error for people, to standard output for programs."""
    if as_json:
        error = {"code": code, "message": message, "path": path, "index": index}
        text = json_text({"schema": SCHEMA, "error": error})
        # A closed or full output cannot stop the report: the next line says the same.
        write_out(encodable_json(text, sys.stdout.encoding))
    say(f"error: {message}")


def _tracker() -> str:
    """Address of the issue tracker, from the package's metadata."""
    from importlib import metadata

    try:
        addresses = metadata.metadata("segeval").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        addresses = []
    named = dict(address.split(", ", 1) for address in addresses)
    address: str = named.get("Issues", "the issue tracker of segeval")
    return address
