"""What the scripts of `examples` print, in a text file beside each.

    python -m tests.example_outputs

runs all of them and writes the files.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.prepared import SECONDS, environment

SCRIPTS = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))


def printed(script: Path, folder: Path) -> str:
    """What a script prints when it runs in a folder, and its exit code unless that is 0."""
    run = subprocess.run(
        [sys.executable, str(script)],
        cwd=folder,
        env={**environment(), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert "Traceback" not in run.stderr, run.stderr
    return run.stdout + (f"[exit code {run.returncode}]\n" if run.returncode else "")


def main() -> None:
    """Write the file of every script."""
    for script in SCRIPTS:
        with tempfile.TemporaryDirectory() as folder:
            text = printed(script, Path(folder))
        script.with_suffix(".txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
