"""Machine code on disk, for any number of processes that share a folder.

The name of a file identifies what its code was made from, so that another release, processor or
constant never finds it. A file appears whole or not at all. One that is damaged, or that somebody
else may have written (`trusted`), counts as missing. Files unused for a month are removed when a
new one is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
import uuid
from dataclasses import asdict
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from segeval.frozen import frozen
from segeval.kernels import trusted
from segeval.kernels.checked import CHECKED
from segeval.kernels.image import Image, linked_by_llvm
from segeval.kernels.levels import processor
from segeval.kernels.origin import ROOM
from segeval.kernels.runtime import version_of

FORMAT = 2
"""Raise it when kernels are compiled or stored in a new way."""

SUFFIX = ".kernel"

DAY = 24 * 3600
KEPT_UNUSED = 30 * DAY
"""Seconds after which an unused file is removed."""

_NO_MATTER = {"NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT", "NUMBA_NUM_THREADS"}
"""Settings of numba that surely leave the machine code unchanged."""

_PROCESSOR = (
    "vendor_id", "cpu family", "model", "model name", "stepping", "flags",
    "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features",
)  # fmt: skip
"""Lines of /proc/cpuinfo that identify the instruction set, on x86 and ARM."""


_tidied: set[Path] = set()
"""Folders from which this process has removed unused files."""


@frozen
class Compiled:
    """A compiled kernel in storage.

    Attributes:
        symbol: its name in the object file.
        returns: the type of its result, as in a `call.Signature`; None for nothing.
        code: an image, or an object file without one.
    """

    symbol: str
    returns: Any
    code: Image | bytes

    def load(self) -> tuple[int, Any]:
        """Load it; returns its address, and the object that keeps it alive."""
        if isinstance(self.code, Image):
            return self.code.load()
        return linked_by_llvm(self.code, self.symbol)


def folder() -> Path | None:
    """The folder of machine code in the user's cache; None for a user without a home.

    A relative path in the environment would mean another folder in each working directory, and is
    ignored, as the XDG standard wants it.
    """
    asked = _absolute("NUMBA_CACHE_DIR")
    if asked is not None:
        return asked
    cache_folder = _absolute("XDG_CACHE_HOME")
    try:
        return (cache_folder or Path.home() / ".cache") / "segeval"
    except RuntimeError:  # as in some containers
        return None


def find(name: str) -> Compiled | None:
    """The kernel stored under a name; None without one."""
    path = folder()
    if path is None:
        return None
    try:
        with trusted.opened(path) as place:
            content, about = trusted.read(place, name + SUFFIX)
            if time.time() - about.st_mtime > DAY:
                _mark_as_used(place, name)
    except OSError:  # also a folder or file that others may have written
        return None
    return from_bytes(name, content)


def keep(name: str, compiled: Compiled) -> bool:
    """Store a kernel; False if that is not possible."""
    path = folder()
    if path is None:
        return False
    try:
        with trusted.opened(path, make=True) as place:
            _write(place, name + SUFFIX, to_bytes(name, compiled))
            _remove_unused(place, path)
    except OSError:
        return False
    return True


def to_bytes(name: str, compiled: Compiled) -> bytes:
    """A kernel as the content of a file: checksum, description and code."""
    about: dict[str, Any] = {"name": name, "symbol": compiled.symbol, "returns": compiled.returns}
    code = compiled.code
    if isinstance(code, Image):
        about["image"] = {**asdict(code), "content": None}
        code = code.content
    body = json.dumps(about).encode() + b"\n" + code
    return _checksum(body) + b"\n" + body


def from_bytes(name: str, content: bytes) -> Compiled | None:
    """The kernel in a file; None if the file is damaged or holds another one."""
    checksum, _, body = content.partition(b"\n")
    if checksum != _checksum(body):
        return None
    header, _, code = body.partition(b"\n")
    try:
        about = json.loads(header)
        if about["name"] != name:
            return None
        image = about.get("image")
        kept: Image | bytes = code if image is None else Image(**{**image, "content": code})
        returns = as_tuples(about["returns"])
        if isinstance(kept, Image) and not kept.is_sound():
            return None
        return Compiled(about["symbol"], returns, kept)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None


def obstacle() -> str | None:
    """Why machine code cannot be kept, in words; None if it can."""
    path = folder()
    if path is None:
        return "this user has no home folder"
    try:
        with trusted.opened(path, make=True) as place:
            if os.access(".", os.W_OK | os.X_OK, dir_fd=place):
                return None
            return f"the folder {path} cannot be written to"
    except trusted.UntrustedError as problem:
        return f"the folder {path} is not used: {problem}"
    except OSError as problem:
        return f"the folder {path} cannot be used: {problem.strerror or problem}"


@cache
def circumstances() -> str:
    """Whatever machine code depends on besides its source: compiler, processor, settings."""
    versions = [np.__version__, *(version_of(name) for name in ("numba", "llvmlite"))]
    python = sys.implementation.cache_tag
    way = (FORMAT, ROOM, CHECKED)
    return repr((way, python, versions, settings(), platform.machine(), _processor()))


def settings() -> list[str]:
    """What the environment tells numba about machine code."""
    return sorted(
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.startswith("NUMBA_") and name not in _NO_MATTER
    )


def as_tuples(kind: Any) -> Any:
    """A type from JSON, with lists turned back into tuples."""
    return tuple(as_tuples(element) for element in kind) if isinstance(kind, list) else kind


def _absolute(name: str) -> Path | None:
    """A folder from the environment; None if it is not given, or relative."""
    path = Path(os.environ.get(name, ""))
    return path if path.is_absolute() else None


def _write(place: int, file: str, content: bytes) -> None:
    """Write a file as a whole."""
    beside = f"{file.removesuffix(SUFFIX)}.{uuid.uuid4().hex}{SUFFIX}"
    try:
        trusted.write(place, beside, content)
        os.replace(beside, file, src_dir_fd=place, dst_dir_fd=place)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(beside, dir_fd=place)
        raise


def _mark_as_used(place: int, name: str) -> None:
    """Keep a file for another month."""
    with contextlib.suppress(OSError):  # another user's, which this one may only read
        os.utime(name + SUFFIX, dir_fd=place, follow_symlinks=False)


def _remove_unused(place: int, path: Path) -> None:
    """Remove long unused files, once per process and folder, as far as possible."""
    if path in _tidied:
        return
    _tidied.add(path)
    oldest = time.time() - KEPT_UNUSED
    with contextlib.suppress(OSError):
        for name in os.listdir(place):
            if name.endswith(SUFFIX) and _last_used(place, name) < oldest:
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=place)


def _last_used(place: int, name: str) -> float:
    """When a file was made, or last marked as used; now, if another process has removed it."""
    try:
        return os.stat(name, dir_fd=place, follow_symlinks=False).st_mtime
    except OSError:
        return time.time()


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).hexdigest().encode()


def _processor() -> str:
    """The processor's instruction set, in the system's words."""
    said = {name: value for name, value in processor().items() if name in _PROCESSOR}
    return repr(said or platform.processor())
