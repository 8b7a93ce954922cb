"""The digest of a kernel changes with all that is compiled into it, and with nothing else."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segeval
from segeval.kernels import machine_code
from segeval.kernels.digest import digest
from segeval.kernels.function import KernelFunction
from segeval.kernels.promise import kernel, merged, uninterruptible

NAMES = ("constants_module", "middle_module", "kernel_module")
CONSTANTS = "FIRST = 1000\nOTHER = 5\nTABLE = (1, 2.5)\n"
MIDDLE = """
from constants_module import FIRST
from segeval.kernels.promise import kernel, uninterruptible

@kernel
def deep(x):
    '''Deep.'''
    return x + FIRST

@kernel
def middle(x):
    return deep(x) * 2
"""
TOP = """
import numpy as np
import constants_module
from middle_module import middle
from segeval.kernels.promise import kernel, uninterruptible

@kernel
def top(x):
    '''What it returns.'''
    return middle(x) + np.int64(3)

@kernel
def through_the_module(x):
    return x + constants_module.FIRST
"""


@pytest.fixture
def digest_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Digests a kernel after some text in the modules above has been exchanged."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def digest_with(before: str = "", after: str = "", of: str = "top") -> str:
        assert before in CONSTANTS + MIDDLE + TOP
        for name, text in zip(NAMES, (CONSTANTS, MIDDLE, TOP), strict=True):
            (tmp_path / f"{name}.py").write_text(text.replace(before, after) if before else text)
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return digest(getattr(importlib.import_module(NAMES[-1]), of).function)

    yield digest_with
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FIRST = 1000", "FIRST = 1001"),
        ("FIRST = 1000", "FIRST = 1000.0"),
        ("FIRST = 1000", "import numpy\nFIRST = numpy.int32(1000)"),
        ("FIRST = 1000", "import numpy\nFIRST = numpy.array([1000])"),
        ("x + FIRST", "x - FIRST"),
        ("np.int64(3)", "np.int64(4)"),
        ("np.int64(3)", "np.int32(3)"),
        ("deep(x) * 2", "deep(deep(x))"),
    ],
)
def test_it_changes_with_what_the_kernel_does(
    digest_with: Callable[..., str], before: str, after: str
) -> None:
    assert digest_with(before, after) != digest_with()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("OTHER = 5", "OTHER = 6"),
        ("'''Deep.'''", "'''Deeper.'''"),
        ("'''What it returns.'''", "'''What it gives.\n\n    In other words.'''"),
        ("    return deep", "    # twice as much\n    return deep"),
        ("return x + constants_module.FIRST", "return x"),
        ("", ""),
    ],
)
def test_it_stays_with_everything_else(
    digest_with: Callable[..., str], before: str, after: str
) -> None:
    assert digest_with(before, after) == digest_with()


def test_it_sees_constants_that_are_read_through_their_module(
    digest_with: Callable[..., str],
) -> None:
    before, after = (
        digest_with(*change, of="through_the_module") for change in (("", ""), ("1000", "1001"))
    )
    assert before != after


def test_values_around_and_defaults_count() -> None:
    def made(step: float, least: int) -> Any:
        def add(x: float, least: int = least) -> float:
            return max(x + step, least)

        return digest(add)

    assert len({made(1, 0), made(1.0, 0), made(2, 0), made(1, 1), made(-0.0, 1)}) == 5
    assert made(1, 0) == made(1, 0)


def test_parts_without_looks_differ_from_those_with_them() -> None:
    def same(x: int) -> int:
        return x

    before = digest(same, anew=True)
    uninterruptible(same)
    assert digest(same, anew=True) != before


def test_parts_optimised_in_their_callers_alone_differ_from_others() -> None:
    def same(x: int) -> int:
        return x

    before = digest(same, anew=True)
    merged(same)
    assert digest(same, anew=True) != before


def test_arrays_count_with_type_and_shape() -> None:
    def made(array: Any) -> Any:
        def first(k: int) -> Any:
            return array[k]

        return digest(first)

    four = np.arange(4)
    different = [four, four[::-1], four.reshape(2, 2), four.astype(np.int32), four.view(np.uint64)]
    assert len({made(array) for array in different}) == len(different)


def test_functions_that_call_each_other_have_digests() -> None:
    names: dict[str, Any] = {"kernel": kernel}
    source = (
        "def even(n):\n    return n == 0 or odd(n - 1)\ndef odd(n):\n    return n > {} and even(n)"
    )
    made = []
    for least in (0, 1):
        exec(source.format(least), names)
        made.append(digest(names["even"]))
    assert made[0] != made[1]


@pytest.mark.parametrize(
    "value", [[1, 2], {1, 2}, object(), np.array([None]), KernelFunction, os.environ]
)
def test_values_that_may_change_are_refused(value: Any) -> None:
    def read() -> Any:
        return value

    with pytest.raises(TypeError, match="read reads a name of the function around it, a "):
        digest(read)


def test_modules_that_are_imported_inside_are_refused() -> None:
    def late() -> Any:
        from segeval.data.cityscapes.labels import FIRST_INSTANCE

        return FIRST_INSTANCE

    with pytest.raises(TypeError, match=r"late imports segeval\.data\.cityscapes\.labels inside"):
        digest(late)


def kernels() -> Iterator[KernelFunction]:
    """All kernels of the package."""
    for module in pkgutil.walk_packages(segeval.__path__, "segeval."):
        if module.name.startswith(("segeval.adapters", "segeval.models", "segeval.plots")):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, KernelFunction):
                yield value


def test_every_kernel_has_a_digest_of_its_own() -> None:
    functions = {one.function for one in kernels()}
    assert len(functions) > 80
    assert len({digest(function) for function in functions}) == len(functions)


def test_every_kernel_is_in_the_table_of_what_kernels_may_assume() -> None:
    table = Path(machine_code.__file__).with_name("README.md").read_text(encoding="utf-8")
    functions = {one.function for one in kernels() if not one.is_instruction}
    missing = [
        f"{function.__module__}.{function.__qualname__}"
        for function in functions
        if f"`{function.__name__}`" not in table
        and f"`{function.__module__.rpartition('.')[2]}.py`" not in table
    ]
    assert missing == []


@pytest.mark.parametrize("by_numba", [False, True])
def test_a_changed_constant_compiles_the_kernels_that_see_it(
    tmp_path: Path, *, by_numba: bool
) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    code = (
        "from segeval.kernels import machine_code\n"
        f"machine_code.SUPPORTED &= {not by_numba}\n"
        "import kernel_module as m\n"
        "print(m.top(1), m.through_the_module(1))"
    )
    said = []
    for first in (1000, 2000, 1000):
        texts = (CONSTANTS.replace("1000", str(first)), MIDDLE, TOP)
        for name, text in zip(NAMES, texts, strict=True):
            path = tmp_path / f"{name}.py"
            path.write_text(text)
            os.utime(path, (1, 1))  # numba looks at the times and sizes of files
        done = subprocess.run(
            [sys.executable, "-B", "-c", code],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        said.append([int(number) for number in done.stdout.split()])
    assert said == [[2005, 1001], [4005, 2001], [2005, 1001]]
    ending = "kernel" if machine_code.SUPPORTED and not by_numba else "nbi"
    assert len(list((tmp_path / "kept").rglob(f"*.{ending}"))) == 4
