"""How a run ends: exit codes and error messages.

0 done. 1 done, the answer is no. 2 wrong usage or input. 3 a bug in segeval. 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from segeval.errors import InputError, SegevalError
from segeval_cli.flags import in_flags
from segeval_cli.output import discard_output, emit, json_text
from segeval_cli.progress import say, version_line

DONE = 0
ANSWER_IS_NO = 1
UNUSABLE_INPUT = 2
BUG = 3
INTERRUPTED = 130

SCHEMA = "segeval/error/1"
LAST_FRAMES = 4
COMPLETION = "_SEGEVAL_COMPLETE"
"""Environment variable of shells that ask for completions."""


def run(app: typer.Typer, argv: Sequence[str]) -> int:
    """Run a command line and report any error.

    Args:
        app: the commands.
        argv: the words after the program's name.

    Returns:
        The exit code.
    """
    as_json = "--json" in argv
    try:
        code = _invoke(app, argv)
    except SegevalError as problem:
        return _report(problem, as_json=as_json)
    except OSError as problem:
        return _report(_unusable(problem), as_json=as_json)
    except MemoryError:
        return _fail("not enough memory for these files.", "memory", as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as problem:
        if hasattr(problem, "format_message"):
            return _report_usage(problem, as_json=as_json)
        return _report_bug(problem, argv, as_json=as_json)
    if code == INTERRUPTED:
        say("interrupted")
    return code


def _invoke(app: typer.Typer, argv: Sequence[str]) -> int:
    """Run a command; a closed standard output is not an error."""
    try:
        code = app(args=list(argv), prog_name="segeval", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        code = DONE
        discard_output()
    except SystemExit:
        # Typer itself exits in two cases: after completing a word, and when a pipe was closed.
        if COMPLETION in os.environ:
            raise
        code = DONE
        discard_output()
    return code if isinstance(code, int) else DONE


def _unusable(problem: OSError) -> InputError:
    """An error of the operating system as an error about the input."""
    path = None if problem.filename is None else str(problem.filename)
    reason = problem.strerror or str(problem)
    return InputError(f"{path}: {reason}." if path else f"{reason}.", code="file", path=path)


def _report(problem: SegevalError, *, as_json: bool) -> int:
    """Report an error of the input."""
    if isinstance(problem, InputError):
        message = in_flags(problem.message)
        return _fail(message, problem.code, path=problem.path, index=problem.index, as_json=as_json)
    return _fail(str(problem), "missing-dependency", as_json=as_json)


def _report_usage(problem: Exception, *, as_json: bool) -> int:
    """Report an error of the command line.

    Typer carries its own copy of click, and its exceptions moved between versions; all have
    `format_message` and `ctx`.
    """
    message: str = problem.format_message()  # type: ignore[attr-defined]
    context = getattr(problem, "ctx", None)
    if not message:  # a command without arguments: its help was shown
        return UNUSABLE_INPUT
    code = _fail(message.replace("Value error, ", ""), "usage", as_json=as_json)
    if context is not None:
        say(f"see: {context.command_path} --help")
    return code


def _report_bug(problem: Exception, argv: Sequence[str], *, as_json: bool) -> int:
    """Report a bug of ours, with what is needed to find it."""
    import shlex
    import traceback

    # The frames of typer say nothing about the fault.
    frames = [
        frame
        for frame in traceback.extract_tb(problem.__traceback__)
        if "typer" not in Path(frame.filename).parts
    ]
    say("".join(traceback.format_list(frames[-LAST_FRAMES:])).rstrip())
    _fail(f"{type(problem).__name__}: {problem}", "bug", as_json=as_json)
    say(
        "This is a bug in segeval, not in your files. Please report the lines above and these:\n"
        f"  where    {_tracker()}\n"
        f"  command  {shlex.join(['segeval', *argv])}\n"
        f"  version  {version_line()}, Python {sys.version.split()[0]}, {sys.platform}"
    )
    return BUG


def _fail(
    message: str,
    code: str,
    *,
    path: str | None = None,
    index: int | None = None,
    as_json: bool,
) -> int:
    """Write an error to standard error for people, to standard output for programs."""
    if as_json:
        error = {"code": code, "message": message, "path": path, "index": index}
        emit(json_text({"schema": SCHEMA, "error": error}))
    say(f"error: {message}")
    return UNUSABLE_INPUT


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
