"""A limit on the size of written files, in the place of a full disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def most_bytes(size: int) -> Iterator[None]:
    """A block in which no file of this process may grow beyond some bytes."""
    if sys.platform == "win32":
        pytest.skip("the system has no such limit")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
