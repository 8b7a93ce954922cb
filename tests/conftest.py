"""What every test has: pictures without a screen, repeatable random cases, a folder to write in."""

from __future__ import annotations

import importlib.util
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from segeval.kernels import machine_code
from tests.needed import NEED
from tests.prepared import Prepared

os.environ["MPLBACKEND"] = "Agg"

# Small layers of PyTorch wait for threads longer than they work, the more so on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No deadline: the first call of a kernel compiles it. HYPOTHESIS_PROFILE=explore tries new cases.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


ROOT = Path(__file__).parent.parent
MISSING = [name for name in NEED if importlib.util.find_spec(name) is None]


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C, which a shell hides from what it starts in the background; choose the tests."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    left_out = [str(ROOT / path) for name in MISSING for path in NEED[name]]
    config.option.ignore = [*(config.option.ignore or []), *left_out]
    # pytest collects a file that is named even where it is to be ignored.
    config.args = [arg for arg in config.args if str(Path(arg).absolute()) not in left_out]


def pytest_report_header() -> str | None:
    """Say what is left out."""
    return f"not installed, what needs it is left out: {', '.join(MISSING)}" if MISSING else None


@pytest.fixture(autouse=True, scope="session")
def _every_kernel_is_kept() -> Iterator[None]:
    """Fail if a kernel of segeval has to be compiled anew by every process that calls it."""
    compile_again = machine_code._called_by_numba
    unkept: list[str] = []

    def recorded(function: Callable[..., Any]) -> Callable[..., Any]:
        if machine_code.SUPPORTED and function.__module__.startswith("segeval."):
            unkept.append(f"{function.__module__}.{function.__qualname__}")
        return compile_again(function)

    machine_code._called_by_numba = recorded
    yield
    machine_code._called_by_numba = compile_again
    assert unkept == []


@pytest.fixture(autouse=True)
def _doctests_write_elsewhere(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Let the examples of docstrings write files without leaving them in the repository."""
    if isinstance(request.node, pytest.DoctestItem):
        request.getfixturevalue("monkeypatch").chdir(tmp_path_factory.mktemp("doctest"))


@pytest.fixture(scope="session")
def prepared() -> Iterator[Prepared]:
    """What runs commands of segeval without the start of a process."""
    with Prepared() as found:
        yield found


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Let PyTorch work on one thread: those of tiny layers wait longer than they work."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def root() -> Path:
    """The top folder of the repository."""
    return Path(__file__).parent.parent
