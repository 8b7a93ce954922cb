"""Whether this process still is what the key of its machine code says.

A process may outlive an upgrade: it has imported the old kernels and meets new files when it
imports the compiler. Keys are made from what was imported. What was compiled with anything else is
used, but not kept.
"""

from __future__ import annotations

import sys
from hashlib import blake2b
from pathlib import Path

from segeval.kernels.runtime import version_of

COMPILER = ("numba", "llvmlite", "numpy")
"""Packages that shape machine code."""

_ROOM = (
    "call",
    "checked",
    "compile",
    "image",
    "instructions",
    "loops",
    "object_file",
    "parts",
    "pointers",
    "stop",
)
"""Modules of this room that shape it. `compile` is imported late."""


def _digest_of_room() -> str:
    """A digest of the sources of this room as they are on the disk now."""
    hashed = blake2b(digest_size=16)
    for name in _ROOM:
        try:
            hashed.update(Path(__file__).with_name(f"{name}.py").read_bytes() + b"\0")
        except OSError:  # installed without sources
            hashed.update(b"\1")
    return hashed.hexdigest()


ROOM = _digest_of_room()
"""A digest of the sources of this room as they were when this process imported it."""


def is_unchanged() -> bool:
    """Whether the room's sources, and the compiler in memory, are those that keys are made of."""
    loaded = ((name, sys.modules.get(name)) for name in COMPILER)
    return _digest_of_room() == ROOM and all(
        module is None or module.__version__ == version_of(name) for name, module in loaded
    )
