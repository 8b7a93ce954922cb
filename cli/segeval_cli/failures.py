"""How a run ends: exit codes, and what stops a command.

0 done. 1 done, the answer is no. 2 wrong usage or input. 3 a bug in segeval. 130 interrupted, 143
terminated, 129 hung up.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from segeval_cli import compiling, inputs, streams

DONE = 0
ANSWER_IS_NO = 1
UNUSABLE_INPUT = 2
BUG = 3
INTERRUPTED = 130

BY_SIGNAL = 128
"""Added to the number of a signal: the code of a run that it ended."""

COMPLETION = "_SEGEVAL_COMPLETE"
"""Environment variable of shells that ask for completions."""


class Terminated(BaseException):
    """A signal asks the process to end; what the run had begun is cleared away on its way out.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def heed_signals() -> None:
    """Have SIGTERM and SIGHUP end the run in an orderly way; a second one ends it at once."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # not under nohup
            signal.signal(number, _Terminate())


class _Terminate:
    """The handler of a signal that ends the run."""

    stops_kernels = True  # for `segeval.kernels.stop`: do not wait until one is done

    def __call__(self, number: int, frame: object) -> NoReturn:
        """End the run."""
        signal.signal(number, signal.SIG_DFL)
        raise Terminated(number)


def run(app: typer.Typer, argv: Sequence[str]) -> int:
    """Run a command line and report any error.

    Args:
        app: the commands.
        argv: the words after the program's name.

    Returns:
        The exit code.
    """
    inputs.forget()
    try:
        with compiling.counted():
            code = _invoke(app, argv)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Terminated as ending:
        code = BY_SIGNAL + ending.number
    except Exception as problem:
        code = _reported(problem, argv)
    if code == INTERRUPTED:
        streams.say("interrupted")
    streams.finish()
    return code


def _reported(problem: Exception, argv: Sequence[str]) -> int:
    """The code of an error, which is reported; a report that fails is not another one."""
    from segeval_cli.reports import can_be_mended, report  # only now: help needs none of it

    try:
        report(problem, argv)
    except Exception as another:
        kinds = f"{type(problem).__name__}, and {type(another).__name__} while it was reported"
        streams.say(f"error: {kinds}")
    return UNUSABLE_INPUT if can_be_mended(problem) else BUG


def _invoke(app: typer.Typer, argv: Sequence[str]) -> int:
    """Run a command; a closed standard output is not an error."""
    try:
        code = app(args=list(argv), prog_name="segeval", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as problem:
        # Typer itself exits in two cases: after completing a word, and when a pipe was closed.
        if isinstance(problem, SystemExit) and COMPLETION in os.environ:
            raise
        streams.discard(sys.stdout)
        return DONE
    return code if isinstance(code, int) else DONE
