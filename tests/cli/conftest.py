"""What the tests of commands share."""

from __future__ import annotations

import pytest

from segeval_cli import progress


@pytest.fixture(autouse=True, scope="session")
def _compiling_is_not_announced_again() -> None:
    """Whether kernels are compiled already must not show in what commands say."""
    progress._said.append("")
