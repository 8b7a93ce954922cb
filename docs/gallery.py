"""Make the pictures of the gallery by running its page: `python docs/gallery.py`.

Its commands run as they stand there, in an empty folder, and so do the Python blocks that save
something; the pictures and pages that they write go beside the page.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from segeval_cli.failures import run
from segeval_cli.main import app

PAGE = Path(__file__).parent / "pages" / "how-to" / "plots.md"
FOLDER = PAGE.with_suffix("")
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(rf"\]\({FOLDER.name}/([\w.-]+)\)")
"""A file that the page shows or links."""


def main(folder: Path = FOLDER) -> None:
    """Run the page and keep what it shows.

    Args:
        folder: where the pictures go; what it held is gone.
    """
    os.environ.update(NO_COLOR="1", COLUMNS="80", MPLBACKEND="agg")
    text = PAGE.read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    with TemporaryDirectory() as made:
        with chdir(made):
            for language, code in BLOCK.findall(text):
                if language == "console":
                    for line in re.findall(r"^\$ segeval (.*)$", code, re.MULTILINE):
                        command(line)
                elif "save(" in code:
                    exec(compile(code, str(PAGE), "exec"), names)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in dict.fromkeys(SHOWN.findall(text)):
            shutil.copy(Path(made, name), folder / name)


def command(line: str) -> None:
    """Run one command of the page in this process; "> FILE" takes what it prints.

    Raises:
        SystemExit: if it fails, with what it said.
    """
    line, _, target = line.partition(" > ")
    printed, said = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(said):
        code = run(app, shlex.split(line))
    if code:
        raise SystemExit(f"{PAGE}: segeval {line}\n{said.getvalue()}")
    if target:
        Path(target).write_text(printed.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
