"""The hook by which hatchling puts machine code into a wheel; off unless it is asked for.

    HATCH_BUILD_HOOK_ENABLE_CUSTOM=true python -m build --wheel

Hatchling loads this file by its path, so it imports nothing of the package.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TAG = "py3-none-manylinux_2_17_{machine}"
"""Images call memcpy, memmove and memset alone, which any Linux of Python has."""


class KernelsHook(BuildHookInterface[Any]):
    """Adds an index and files of machine code to the package."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs: kernels are compiled by what will run beside them."""
        return list(self.metadata.core.dependencies)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and tell hatchling what to take."""
        if version == "editable":
            return
        if sys.platform != "linux":
            raise RuntimeError("machine code is kept on Linux alone: build without this hook")
        self._made = tempfile.TemporaryDirectory()
        self._compile()
        for path in Path(self._made.name).iterdir():
            build_data["force_include"][str(path)] = f"segeval/kernels/{path.name}"
        build_data["pure_python"] = False
        build_data["tag"] = TAG.format(machine=platform.machine())

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what the wheel has."""
        if version != "editable":
            self._made.cleanup()

    def _compile(self) -> None:
        """Write the index and the files into the folder."""
        subprocess.run(
            [sys.executable, "-m", "segeval.kernels.build", self._made.name],
            env={**os.environ, "PYTHONPATH": self.root}, check=True,
        )  # fmt: skip
