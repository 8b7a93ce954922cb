"""What machine code knows by name: numba's runtime (NRT), C functions, and the word of `stop`."""

from __future__ import annotations

import ctypes
import importlib.util
import os
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from segeval.kernels.stop import SYMBOL, WORD

C_FUNCTIONS = frozenset({"memcpy", "memmove", "memset"})

PREFIX = "NRT_"


def is_known(symbol: str) -> bool:
    """Whether `address_of` knows a symbol."""
    if symbol in C_FUNCTIONS or symbol == SYMBOL:
        return True
    return symbol.startswith(PREFIX) and symbol.removeprefix(PREFIX) in runtime()


def address_of(symbol: str) -> int:
    """The address of a function that machine code calls, or of the word that it looks at."""
    if symbol == SYMBOL:
        return WORD.address
    if symbol in C_FUNCTIONS:
        found = ctypes.cast(ctypes.CDLL(None)[symbol], ctypes.c_void_p).value
        return found or 0
    return runtime()[symbol.removeprefix(PREFIX)]


@cache
def package_folder(name: str) -> Path:
    """The folder of a package, without importing it.

    Raises:
        ImportError: if it is not installed.
    """
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"segeval needs {name}: pip install {name}")
    return Path(spec.origin).parent


@cache
def version_of(package: str) -> str:
    """The version of a package, without importing it or importlib.metadata, which takes 20 ms."""
    folder = package_folder(package).parent
    start, end = f"{package}-", ".dist-info"
    with os.scandir(folder) as entries:  # a pattern of pathlib takes 3 ms
        names = [each.name for each in entries]
    found = [name for name in names if name.startswith(start) and name.endswith(end)]
    if len(found) == 1:
        return found[0].removeprefix(start).removesuffix(end)
    from importlib import metadata

    return metadata.version(package)


@cache
def runtime() -> dict[str, int]:
    """Addresses of the functions in numba's runtime, from its extension module alone."""
    folder = package_folder("numba") / "core" / "runtime"
    spec = PathFinder.find_spec("_nrt_python", [str(folder)])
    if spec is None or spec.loader is None:
        raise ImportError(f"numba's runtime is not in {folder}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.c_helpers)


def free(owner: int) -> None:
    """Free the block of a returned array, which must have no other owner."""
    _destructor()(owner)


@cache
def _destructor() -> Any:
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(runtime()["MemInfo_call_dtor"])
