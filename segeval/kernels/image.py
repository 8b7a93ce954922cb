"""Images: relocatable machine code that loads without a linker.

An image is an object file laid out once (`object_file`). Loading copies it into fresh memory and
adds the image's address, or that of a function of the process, to the words that need it. Importing
LLVM's linker, which can do more, costs every run 45 MB of memory and 30 ms.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import sys
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.frozen import frozen
from segeval.kernels.runtime import address_of, is_known, runtime
from segeval.kernels.stop import SYMBOL

CAN_RUN = sys.platform == "linux" and platform.machine() == "x86_64"
"""Whether images, which hold x86-64 code for Linux, run here."""


@frozen
class Image:
    """Relocatable machine code.

    Attributes:
        content: code and constants.
        entry: offset of the kernel.
        own: offsets of words to which the image's address is added.
        foreign: offsets of words to which a function's address is added, by name.
    """

    content: bytes
    entry: int
    own: list[int]
    foreign: dict[str, list[int]]

    def is_sound(self) -> bool:
        """Whether all places lie inside, and all functions are known."""
        size = len(self.content)
        places = [*self.own, *(place for each in self.foreign.values() for place in each)]
        inside = all(0 <= place <= size - 8 for place in places) and 0 <= self.entry < size
        return inside and all(is_known(name) for name in self.foreign)

    def load(self) -> tuple[int, Any]:
        """Copy it into memory, which becomes executable and read-only.

        Returns:
            The address of the kernel, and the object that keeps the memory alive.

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
    """Load an object file without an image; returns the same as `Image.load`."""
    llvm = _llvm()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine.get_function_address(symbol), engine


def _add(data: NDArray[np.uint8], offsets: list[int], address: int) -> None:
    """Add an address to the 8-byte words at some offsets, aligned or not."""
    places = np.array(offsets, np.int64)[:, None] + np.arange(8)
    words = data[places].view(np.uint64)
    words += np.uint64(address)
    data[places] = words.view(np.uint8)


def _make_executable(address: int, size: int) -> None:
    """Make pages executable and read-only."""
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
    llvm.add_symbol(SYMBOL, address_of(SYMBOL))
    return llvm
