"""Machine code is never kept under the name of something else than it was made from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.kernels import checked, machine_code, origin, runtime, store
from segeval.kernels.promise import kernel

BEFORE = """
from segeval.kernels.promise import kernel

FACTOR = 3

@kernel
def deep(x):
    return x * FACTOR

@kernel
def stale(x):
    return deep(x) * FACTOR
"""
AFTER = BEFORE.replace("FACTOR = 3", "FACTOR = 2").replace("return x *", "return 9 * x *")


def run(folder: Path, code: str, *, by_numba: bool = False) -> str:
    """What a new process prints that works in a folder."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "kept")}
    start = f"from segeval.kernels import machine_code\nmachine_code.SUPPORTED &= {not by_numba}\n"
    done = subprocess.run(
        [sys.executable, "-B", "-c", start + code],
        cwd=folder, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("by_numba", [False, True])
def test_a_process_that_outlives_an_upgrade_keeps_nothing_wrong(
    tmp_path: Path, *, by_numba: bool
) -> None:
    module = tmp_path / "upgraded.py"
    module.write_text(BEFORE)
    os.utime(module, (1, 1))  # numba looks at the times and sizes of files
    upgrade = (
        "import os, pathlib, upgraded\n"
        f"pathlib.Path('upgraded.py').write_text({AFTER!r})\n"
        "os.utime('upgraded.py', (1, 1))\n"
        "print(upgraded.stale(1))"
    )
    assert run(tmp_path, upgrade, by_numba=by_numba) == "9\n"
    use = "import upgraded; print(upgraded.stale(1))"
    assert run(tmp_path, use, by_numba=by_numba) == "36\n"
    module.write_text(BEFORE)
    assert run(tmp_path, use, by_numba=by_numba) == "9\n"


def test_constants_that_were_changed_meanwhile_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / "upgraded.py").write_text(BEFORE)
    change = (
        "import numpy as np, upgraded\n"
        "print(upgraded.stale(1))\n"
        "upgraded.FACTOR = 2\n"
        "print(upgraded.stale(1.0), upgraded.stale(np.uint64(1)))\n"
        "upgraded.FACTOR = 3\n"
        "print(upgraded.stale(True))"
    )
    assert run(tmp_path, change) == "9\n4.0 4\n9\n"
    use = "import numpy as np, upgraded\nprint(upgraded.stale(1.0), upgraded.stale(np.uint64(1)))"
    assert run(tmp_path, use) == "9.0 9\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to keep machine code in."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


@kernel
def one_more(number: int) -> int:
    """Any kernel."""
    return number + 1


needs_own_code = pytest.mark.skipif(
    not machine_code.SUPPORTED, reason="numba calls its kernels itself on this platform"
)


@needs_own_code
@pytest.mark.parametrize("package", origin.COMPILER)
def test_a_compiler_that_was_upgraded_on_the_disk_keeps_nothing(
    package: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert origin.is_unchanged()
    told = runtime.version_of
    monkeypatch.setattr(
        origin, "version_of", lambda name: "99.0" if name == package else told(name)
    )
    assert kernel(one_more.__wrapped__)(1) == 2  # type: ignore[attr-defined]
    assert list(folder.iterdir()) == []


@needs_own_code
def test_a_room_that_was_upgraded_on_the_disk_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin, "ROOM", "other")
    assert kernel(one_more.__wrapped__)(1) == 2  # type: ignore[attr-defined]
    assert list(folder.iterdir()) == []


def test_the_way_of_compiling_is_in_every_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def described() -> Any:
        store.circumstances.cache_clear()
        return store.circumstances()

    before = described()
    assert np.__version__ in before
    for name, value in (("ROOM", "other"), ("CHECKED", not checked.CHECKED), ("FORMAT", 99)):
        with monkeypatch.context() as changed:
            changed.setattr(store, name, value)
            assert described() != before
    assert described() == before
