"""Machine code in memory, wherever there is room.

An image is an object file laid out once (`object_file`), so that loading it is a copy: the code
goes into fresh memory, and wherever it holds the address of one of its own places or of a function
of the process, that is added to what stands there. LLVM's linker, which can do more, takes 45 MB
of memory and 30 ms of every run to be imported.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.runtime import address_of, runtime

CAN_RUN = sys.platform == "linux" and platform.machine() == "x86_64"
"""Whether images, which hold code for x86-64, run here."""


@dataclass(frozen=True)
class Image:
    """Machine code that runs wherever it is copied to.

    Attributes:
        content: code and constants.
        entry: offset of the kernel.
        own: offsets of the words that the address of the image is added to.
        foreign: offsets of the words that the address of a function is added to, by its name.
    """

    content: bytes
    entry: int
    own: list[int]
    foreign: dict[str, list[int]]

    def load(self) -> tuple[int, Any]:
        """Copy it into memory, which is then executable and read-only.

        Returns:
            The address of the kernel, and what has to live as long as it may be called.

        Raises:
            OSError: if this process may not make memory executable.
        """
        memory = mmap.mmap(-1, len(self.content), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.write(self.content)
        data = np.frombuffer(memory, np.uint8)
        base = data.ctypes.data
        _add(data, self.own, base)
        for name, offsets in self.foreign.items():
            _add(data, offsets, address_of(name))
        _make_executable(base, len(self.content))
        return base + self.entry, data


def linked_by_llvm(code: bytes, symbol: str) -> tuple[int, Any]:
    """Load an object file that has no image; returns what `Image.load` does."""
    llvm = _llvm()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine.get_function_address(symbol), engine


def _add(data: NDArray[np.uint8], offsets: list[int], address: int) -> None:
    """Add an address to the 8-byte words at some offsets, which need not be aligned."""
    places = np.array(offsets, np.int64)[:, None] + np.arange(8)
    words = data[places].view(np.uint64)
    words += np.uint64(address)
    data[places] = words.view(np.uint8)


def _make_executable(address: int, size: int) -> None:
    """Make some pages executable, and no longer writable."""
    library = ctypes.CDLL(None, use_errno=True)
    library.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if library.mprotect(address, size, mmap.PROT_READ | mmap.PROT_EXEC):
        code = ctypes.get_errno()
        raise OSError(code, f"kernels cannot be made executable: {os.strerror(code)}")


@cache
def _llvm() -> Any:
    """LLVM, ready to link code for this machine."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name, address in runtime().items():
        llvm.add_symbol(f"NRT_{name}", address)
    return llvm
