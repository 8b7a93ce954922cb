"""The script of the page on gates, run as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segeval_cli import failures
from segeval_cli.main import app

PAGE = Path(__file__).parent.parent / "docs/pages/how-to/gate.md"

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="the script is one of sh")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the demo by the names of the script, the script and its settings."""
    monkeypatch.chdir(tmp_path)
    assert failures.run(app, ["demo"]) == failures.DONE
    for old, new in (("model_a", "last"), ("model_b", "new"), ("gt", "gt")):
        shutil.copy(f"segeval-demo/{old}.json", f"{new}.json")
    text = PAGE.read_text(encoding="utf-8").partition("## All of it")[2]
    for name, language in (("gate.sh", "text"), ("gate.toml", "toml")):
        found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
        assert found is not None
        Path(name).write_text(found[1])
    command = tmp_path / "bin" / "segeval"  # where the environment's own is on no path
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m segeval_cli "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def gate() -> int:
    return subprocess.run(["sh", "gate.sh"], capture_output=True, check=False).returncode


def test_a_worse_model_gives_1_and_all_files_are_kept(folder: Path) -> None:
    assert gate() == 1
    kept = {path.name for path in (folder / "gate").iterdir()}
    assert kept == {"check.json", "ap.json", "compare.json", "report.html"}


def test_broken_files_give_2(folder: Path) -> None:
    (folder / "new.json").write_text('[{"image_id": 1, "category_id": 1, "score": 0.5}]')
    assert gate() == 2
    assert [path.name for path in (folder / "gate").iterdir()] == ["check.json"]
