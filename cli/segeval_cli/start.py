"""The start of the command `segeval`: Ctrl-C is heeded while Python still loads the program."""

from __future__ import annotations

import sys

INTERRUPTED = 130


def main() -> None:
    """Run this process's command line and exit with its code."""
    try:
        from segeval_cli.main import main as run  # takes a third of a second

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(INTERRUPTED)
