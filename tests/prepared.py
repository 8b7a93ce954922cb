"""Commands of segeval in copies of a process that has loaded the command line.

    python -m tests.prepared

reads requests from standard input, lines of JSON with the words of a command and the folder to run
it in, and answers each with its exit code and what it printed on both streams.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path

LOADED = (
    "segeval_cli.main", "segeval.analysis", "segeval.ensemble", "segeval.plots", "segeval.reports",
    "matplotlib.figure", "matplotlib.backends.backend_svg", "PIL.Image", "rich.table",
)  # fmt: skip
"""Modules that most commands use."""

MEANT_FOR_A_SHELL = frozenset("|&;<>()$`\\*?[]#~{}\n")

SECONDS = 120
"""Longest time that a command may take."""


def environment() -> dict[str, str]:
    """What a reader's terminal has: the commands of this environment, and no colours."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "80"}


def words_of(command: str) -> list[str] | None:
    """The words of a command of segeval; None if a shell is needed for it, or it is another's.

    Example:
        >>> words_of("segeval ap preds.json gt.json"), words_of("segeval demo > demo.txt")
        (['ap', 'preds.json', 'gt.json'], None)
    """
    if not hasattr(os, "fork") or MEANT_FOR_A_SHELL & set(command):
        return None
    program, *words = shlex.split(command)
    return words if program == "segeval" else None


class Prepared:
    """The process; it ends with the block."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.prepared"],
            cwd=Path(__file__).parent.parent,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Prepared:
        """The process itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let it end."""
        self._process.communicate()

    def run(self, words: list[str], folder: Path) -> tuple[int, str]:
        """Run a command; its exit code and what it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([words, str(folder)]) + "\n")
        self._process.stdin.flush()
        code, text = json.loads(self._process.stdout.readline())
        return code, text


def _serve() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for name in LOADED:
        import_module(name)
    for line in sys.stdin:
        words, folder = json.loads(line)
        with tempfile.TemporaryFile() as printed:
            child = os.fork()
            if not child:
                _command(words, folder, printed.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            printed.seek(0)
            text = printed.read().decode()
        answers.write(json.dumps([code, text]) + "\n")
        answers.flush()


def _command(words: list[str], folder: str, printed: int) -> None:
    """Be the command, and end."""
    from segeval_cli.start import main

    signal.alarm(SECONDS)
    os.chdir(folder)
    for stream in (1, 2):
        os.dup2(printed, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["segeval", *words]
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _serve()
