"""Machine code that came with the package: kernels of the list, compiled when its wheel was built.

The wheel holds an index, a module like any other, and a folder of files. The index tells the digest
of each file's content by what the kernel was made from. Only a file with that digest is run, and
only on a processor that has the level it was compiled for, with a runtime of numba that is the one
of the build. Anything else counts as missing. A clone has no index.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Any

from segeval.frozen import frozen
from segeval.kernels import store
from segeval.kernels.call import Signature
from segeval.kernels.digest import source_digest
from segeval.kernels.levels import level
from segeval.kernels.origin import ROOM
from segeval.kernels.runtime import package_folder
from segeval.kernels.store import Compiled

INDEX = "built_index"
"""The module of the index."""

FILES = "built_kernels"
"""The name of the folder of the files."""

FOLDER = Path(__file__).with_name(FILES)

_RUNTIME = ("nrt.cpp", "nrt.h", "nrt_external.h", "_nrt_pythonmod.c")
"""Sources of all that kernels know of the numba that is installed, as numba's packages hold them.
How a kernel is called is `call.py`'s to know, which the build had, too (`ROOM`)."""


@frozen
class Index:
    """What a wheel holds.

    Attributes:
        runtime: the digest of numba's runtime at the build.
        files: the digest of each file, by the name of its kernel.
    """

    runtime: str
    files: dict[str, str]


def _index() -> Index | None:
    """The index that this process has imported with the room; None without a sound one."""
    try:
        module: Any = import_module(f"segeval.kernels.{INDEX}")
        return Index(str(module.RUNTIME), dict(module.FILES))
    except (ImportError, OSError, EOFError, SyntaxError, AttributeError, TypeError, ValueError):
        return None


_found = _index()
"""Imported early: a process that outlives an upgrade must not meet the index of the new release."""


def find(function: Callable[..., Any], signature: Signature) -> Compiled | None:
    """A kernel that came with the package; None without one for this machine."""
    index, here = _found, level()
    if index is None or here is None or store.settings() or runtime_digest() != index.runtime:
        return None
    try:
        name = name_of(function, signature, here)
        if name not in index.files:
            return None
        content = FOLDER.joinpath(index.files[name]).read_bytes()
    except (OSError, TypeError):  # `digest` raises one for what this process has changed
        return None
    return store.from_bytes(name, content) if digest_of(content) == index.files[name] else None


def name_of(function: Callable[..., Any], signature: Signature, for_level: str) -> str:
    """A kernel's name in the index: from its sources, this room's, and what it is compiled for."""
    made_from = source_digest(function, signature, store.FORMAT, ROOM, for_level)
    return f"{function.__module__}.{function.__qualname__}-{made_from}"


def digest_of(content: bytes) -> str:
    """The digest of a file's content, which is the file's name, too."""
    return blake2b(content, digest_size=20).hexdigest()


@cache
def runtime_digest() -> str:
    """A digest of the sources of the installed runtime of numba; "" without them."""
    hashed = blake2b(digest_size=16)
    try:
        for name in _RUNTIME:
            path = package_folder("numba") / "core" / "runtime" / name
            hashed.update(path.read_bytes() + b"\0")
    except OSError:
        return ""
    return hashed.hexdigest()
