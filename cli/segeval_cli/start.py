"""The start of the command `segeval`: Ctrl-C is heeded while Python still loads the program."""

from __future__ import annotations

import atexit
import gc
import sys

INTERRUPTED = 130

LOADED = 100_000
"""More objects than the program has once it is loaded, some 60,000."""


def main() -> None:
    """Run this process's command line and exit with its code."""
    _seek_no_circles_while_loading()
    try:
        from segeval_cli.main import main as run  # takes a third of a second

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)


def _seek_no_circles_while_loading() -> None:
    """Have Python look for garbage among objects only once there are more than loading makes.

    Nor at the end, when all memory goes back to the system at once.
    """
    usual = gc.get_threshold()

    def as_usual(phase: str, _: dict[str, int]) -> None:
        if phase == "stop":
            gc.set_threshold(*usual)
            gc.callbacks.remove(as_usual)

    gc.callbacks.append(as_usual)
    gc.set_threshold(LOADED)
    atexit.register(gc.freeze)
