"""Object files, as LLVM writes them for x86-64 Linux, laid out as images.

numba compiles for the large code model: code and constants refer to a place by its whole address
(R_X86_64_64), so that relocation only adds. Source: System V ABI, AMD64 supplement; sections and
symbols as in its chapter on object files.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.image import Image

_SECTION = np.dtype([
    ("name", "<u4"), ("kind", "<u4"), ("flags", "<u8"), ("address", "<u8"), ("place", "<u8"),
    ("size", "<u8"), ("link", "<u4"), ("info", "<u4"), ("align", "<u8"), ("entry", "<u8"),
])  # fmt: skip
_SYMBOL = np.dtype([
    ("name", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2"), ("value", "<u8"),
    ("size", "<u8"),
])  # fmt: skip
_RELOCATION = np.dtype([("place", "<u8"), ("kind", "<u4"), ("symbol", "<u4"), ("addend", "<i8")])

_CONTENT, _SYMBOLS, _RELOCATIONS, _UNWINDING = 1, 2, 4, 0x70000001  # kinds of sections
_WRITTEN_TO, _IN_MEMORY, _PER_THREAD = 0x1, 0x2, 0x400  # flags of sections
_WHOLE_ADDRESS = 1  # the kind of relocation
_PLAIN_SYMBOL = 3  # the last of the plain kinds: none, data, function, section


class UnknownObjectError(RuntimeError):
    """An object file holds something that an image cannot hold."""


class ObjectFile:
    """An ELF object file.

    Args:
        code: the bytes of the file.
    """

    def __init__(self, code: bytes | bytearray) -> None:
        self._code = code
        (place,) = struct.unpack_from("<Q", code, 40)
        _, number = struct.unpack_from("<HH", code, 58)
        self._sections = np.frombuffer(code, _SECTION, number, place)
        [table] = self._sections[self._sections["kind"] == _SYMBOLS]
        self._symbols = self._table(table, _SYMBOL)
        text = int(self._sections[table["link"]]["place"])
        starts = [text + int(name) for name in self._symbols["name"]]
        self._names = [code[start : code.index(b"\0", start)].decode() for start in starts]

    def _table(self, section: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
        """The entries of a section."""
        number = int(section["size"]) // dtype.itemsize
        return np.frombuffer(self._code, dtype, number, int(section["place"]))

    def undefined(self) -> set[str]:
        """Names that it expects from elsewhere."""
        is_undefined = (self._symbols["section"] == 0) & (self._symbols["name"] > 0)
        return {self._names[number] for number in np.flatnonzero(is_undefined)}

    def image(self, symbol: str) -> Image:
        """Its image.

        Args:
            symbol: name of the kernel.

        Raises:
            UnknownObjectError: if it holds something that an image cannot hold.
        """
        content, starts = self._layout()
        own: list[int] = []
        foreign: dict[str, list[int]] = {}
        for section in self._sections[self._sections["kind"] == _RELOCATIONS]:
            start = starts[section["info"]]
            if start < 0:
                continue
            for place, kind, number, addend in self._table(section, _RELOCATION).tolist():
                if kind != _WHOLE_ADDRESS:
                    raise UnknownObjectError(f"it holds a relocation of kind {kind}")
                if self._symbols["section"][number] == 0:
                    foreign.setdefault(self._names[number], []).append(start + place)
                    value = addend
                else:
                    own.append(start + place)
                    value = self._offset(number, starts) + addend
                struct.pack_into("<q", content, start + place, value)
        entry = self._offset(self._names.index(symbol), starts)
        return Image(bytes(content), entry, own, foreign)

    def _layout(self) -> tuple[bytearray, list[int]]:
        """The sections needed at run time, end to end, and the start of each, or -1."""
        content = bytearray()
        starts = []
        for section in self._sections:
            kind, flags, size = (int(section[name]) for name in ("kind", "flags", "size"))
            # Kernels raise nothing, so nothing unwinds their frames.
            if not flags & _IN_MEMORY or kind == _UNWINDING or size == 0:
                starts.append(-1)
                continue
            if kind != _CONTENT or flags & (_WRITTEN_TO | _PER_THREAD):
                raise UnknownObjectError(f"it holds a section of kind {kind} with flags {flags:#x}")
            content += bytes(-len(content) % max(int(section["align"]), 1))
            starts.append(len(content))
            content += self._code[section["place"] : section["place"] + section["size"]]
        return content, starts

    def _offset(self, number: int, starts: list[int]) -> int:
        """The offset of a symbol in the image."""
        symbol = self._symbols[number]
        section = int(symbol["section"])
        if symbol["info"] & 15 > _PLAIN_SYMBOL or section >= len(starts) or starts[section] < 0:
            raise UnknownObjectError(f"it holds a symbol of kind {symbol['info']} in {section}")
        return starts[section] + int(symbol["value"])
