"""The start of the command `segeval`: Ctrl-C is heeded while Python still loads the program."""

from __future__ import annotations

import atexit
import gc
import sys

INTERRUPTED = 130

LOADED = 100_000
"""More objects than loading the program makes, which are some 60,000 and all stay."""


def main() -> None:
    """Run this process's command line and exit with its code."""
    _put_off_garbage_collection()
    try:
        from segeval_cli.main import main as run  # takes a third of a second

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)


def _put_off_garbage_collection() -> None:
    """Have Python look for garbage when there are more objects than loading makes, then as usual.

    At the end it does not look either: all memory goes back to the system at once.
    """
    usual = gc.get_threshold()

    def go_on_as_usual(phase: str, _: dict[str, int]) -> None:
        if phase == "stop":  # of the first search
            gc.set_threshold(*usual)
            gc.callbacks.remove(go_on_as_usual)

    gc.callbacks.append(go_on_as_usual)
    gc.set_threshold(LOADED)
    atexit.register(gc.freeze)  # what is frozen is not looked at
