"""A wheel that is asked for machine code has it, and a tag of its platform."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from segeval.kernels import wheel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="machine code is kept on Linux")

PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "small"
version = "1"
requires-python = ">=3.11"

[tool.hatch.build.targets.wheel]
packages = ["segeval"]

[tool.hatch.build.targets.wheel.hooks.custom]
path = "segeval/kernels/wheel.py"
enable-by-default = false
"""

BUILD = """
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
(folder / "built_index.py").write_text("FILES = {}")
(folder / "built_kernels").mkdir()
(folder / "built_kernels" / "f00d").write_text("code")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose build takes no time."""
    room = tmp_path / "segeval" / "kernels"
    room.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    shutil.copy(str(wheel.__file__), room)
    for path in (room.parent / "__init__.py", room / "__init__.py"):
        path.touch()
    (room / "build.py").write_text(BUILD)
    return tmp_path


def built(project: Path, **environment: str) -> tuple[str, set[str]]:
    """The name of the project's wheel, and the files in it."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"],
        cwd=project, env={**os.environ, **environment}, capture_output=True, check=True,
    )  # fmt: skip
    (made,) = (project / "dist").iterdir()
    with zipfile.ZipFile(made) as archive:
        return made.name, {name for name in archive.namelist() if "built_" in name}


def test_a_wheel_with_machine_code_is_for_one_platform(project: Path) -> None:
    name, files = built(project, HATCH_BUILD_HOOK_ENABLE_CUSTOM="true")
    assert name == f"small-1-py3-none-manylinux_2_17_{platform.machine()}.whl"
    assert files == {
        "segeval/kernels/built_index.py",
        "segeval/kernels/built_kernels/f00d",
    }


def test_a_plain_wheel_is_for_any(project: Path) -> None:
    assert built(project) == ("small-1-py3-none-any.whl", set())
