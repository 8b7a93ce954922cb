"""Threads of BLAS: none for evaluations, the usual number for what multiplies matrices."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

REPORT = """
import os, sys
from segeval_cli import main, needs
main.failures.run = lambda *_: print(os.environ.get("OPENBLAS_NUM_THREADS"))
main.main.__globals__["sys"].exit = lambda _: None
main.main()
try:
    needs.need_torch()
except Exception as error:
    if type(error).__name__ != "MissingDependency":
        raise
print(os.environ.get("OPENBLAS_NUM_THREADS"))
"""


@pytest.mark.parametrize(("chosen", "expected"), [(None, ["1", "None"]), ("4", ["4", "4"])])
def test_threads_are_those_of_the_user_or_one_until_torch_comes(
    chosen: str | None, expected: list[str]
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    if chosen is not None:
        environment["OPENBLAS_NUM_THREADS"] = chosen
    done = subprocess.run(
        [sys.executable, "-c", REPORT], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == expected
