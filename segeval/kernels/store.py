"""Machine code on disk, for any number of processes that share a folder.

The name of a file identifies what its code was made from, so that another release, processor or
constant never finds it. A file appears whole or not at all, and a damaged one counts as missing.
Files unused for a month are removed when a new one is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
import uuid
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from segeval.kernels.image import Image, linked_by_llvm
from segeval.kernels.runtime import version_of

FORMAT = 1
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


@dataclass(frozen=True)
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


def folders() -> list[Path]:
    """Folders of machine code, best first: beside this file, or the user's cache."""
    asked = os.environ.get("NUMBA_CACHE_DIR")
    if asked:
        return [Path(asked)]
    beside = Path(__file__).parent / "__pycache__"
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user without a home, as in some containers
        return [beside]
    return [beside, Path(home) / "segeval"]


def find(name: str) -> Compiled | None:
    """The kernel stored under a name; None without one."""
    found = (_read(folder / (name + SUFFIX)) for folder in folders())
    return next((compiled for compiled in found if compiled is not None), None)


def keep(name: str, compiled: Compiled) -> None:
    """Store a kernel in the first writable folder, if there is one."""
    about: dict[str, Any] = {"symbol": compiled.symbol, "returns": compiled.returns}
    code = compiled.code
    if isinstance(code, Image):
        about["image"] = {**asdict(code), "content": None}
        code = code.content
    body = json.dumps(about).encode() + b"\n" + code
    content = _checksum(body) + b"\n" + body
    for folder in folders():
        if _write(folder / (name + SUFFIX), content):
            _remove_unused(folder)
            return


@cache
def circumstances() -> str:
    """Whatever machine code depends on besides its source: compiler, processor, settings."""
    versions = [np.__version__, *(version_of(name) for name in ("numba", "llvmlite"))]
    settings = sorted(
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.startswith("NUMBA_") and name not in _NO_MATTER
    )
    python = sys.implementation.cache_tag
    return repr((FORMAT, python, versions, settings, platform.machine(), _processor()))


def _read(path: Path) -> Compiled | None:
    """A stored kernel; None if it is missing, unreadable or damaged."""
    try:
        with path.open("rb") as file:
            content = file.read()
            age = time.time() - os.fstat(file.fileno()).st_mtime
        checksum, _, body = content.partition(b"\n")
        if checksum != _checksum(body):
            return None
        header, _, code = body.partition(b"\n")
        about = json.loads(header)
        image = about.get("image")
        kept: Image | bytes = code if image is None else Image(**{**image, "content": code})
        compiled = Compiled(about["symbol"], _tuples(about["returns"]), kept)
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return None
    if age > DAY:  # marks it as used
        with contextlib.suppress(OSError):
            os.utime(path)
    return compiled


def _write(path: Path, content: bytes) -> bool:
    """Write a file as a whole; False if that is not allowed."""
    # Not by tempfile: other users of a shared installation must be able to read the file.
    beside = path.with_name(f"{path.stem}.{uuid.uuid4().hex}{SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        return False
    return True


@cache
def _remove_unused(folder: Path) -> None:
    """Remove long unused files, once per process, as far as possible."""
    oldest = time.time() - KEPT_UNUSED
    with contextlib.suppress(OSError):
        for path in folder.glob(f"*{SUFFIX}"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).hexdigest().encode()


def _tuples(kind: Any) -> Any:
    """A type from JSON, with lists turned back into tuples."""
    return tuple(_tuples(element) for element in kind) if isinstance(kind, list) else kind


def _processor() -> str:
    """The processor's instruction set, in the system's words."""
    try:
        with Path("/proc/cpuinfo").open("rb", buffering=0) as file:
            first = file.read(1 << 14).partition(b"\n\n")[0].decode(errors="replace")
    except OSError:
        first = ""
    lines = (line.partition(":") for line in first.splitlines())
    said = {name.strip(): value.strip() for name, _, value in lines if name.strip() in _PROCESSOR}
    return repr(said or platform.processor())
