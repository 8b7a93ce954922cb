"""Another project's package segeval is recognised where it stands in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import segeval
from segeval_cli.other_package import ITS_FOLDERS, found_in_place_of_ours

OURS = Path(segeval.__file__).parent.parent
CLI = OURS / "cli" if (OURS / "cli").is_dir() else OURS


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A folder to import from, with a package laid out as the other one."""
    package = tmp_path / "segeval"
    for name in ITS_FOLDERS:
        (package / name).mkdir(parents=True)
    (package / "__init__.py").write_text("raise SyntaxError('never run')\n")
    return tmp_path


def run(*paths: Path, code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=paths[0],
    )


def test_our_own_package_is_not_taken_for_it() -> None:
    assert found_in_place_of_ours() is None


def test_the_command_names_the_package_that_is_imported_in_its_place(other: Path) -> None:
    done = run(other, CLI, code="from segeval_cli.main import main; main()")
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {other / 'segeval'}: holds another project's package segeval, which is for text "
        "segmentation. Both cannot be in one environment. Remove both and install this one again: "
        "pip uninstall segeval segeval-cv, then pip install segeval-cv.\n"
    )


def test_importing_a_folder_that_holds_both_names_it(other: Path) -> None:
    (other / "segeval" / "__init__.py").write_text((OURS / "segeval/__init__.py").read_text())
    for name in ("errors.py", "first_use.py", "frozen.py", "version.py"):
        (other / "segeval" / name).write_text((OURS / "segeval" / name).read_text())
    done = run(other, code="import segeval")
    assert "also holds another project's package segeval" in done.stderr
