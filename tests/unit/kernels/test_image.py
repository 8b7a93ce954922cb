"""Machine code in memory: laid out once, run anywhere, and refused where it is not understood."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.kernels import image
from segeval.kernels.call import MachineCode, signature_of
from segeval.kernels.compile import _whole
from segeval.kernels.object_file import ObjectFile, UnknownObjectError
from segeval.kernels.runtime import address_of, is_known

pytestmark = pytest.mark.skipif(not image.CAN_RUN, reason="images hold code for x86-64 Linux")

TABLE = np.array([2.5, 3.5, 4.5])


def chosen(array: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Reads constants, allocates memory, and clears it."""
    result = np.zeros(array.size + steps)
    for k in range(array.size):
        result[k] = array[k] * TABLE[k % 3]
    return result


@pytest.fixture(scope="module")
def compiled() -> tuple[bytes, str]:
    """An object file and the name of the kernel in it."""
    inner: Any = _whole(chosen)
    inner.compile((numba.float64[::1], numba.int64))
    [result] = inner.overloads.values()
    return result.library.serialize_using_object_code()[2][0], result.fndesc.llvm_func_name


def called(address: int, owner: Any) -> list[float]:
    arguments = (np.arange(4.0), 2)
    returns = ("<f8", 1, "C", True)
    code = MachineCode(address, owner, "chosen", returns, signature_of(arguments))
    result: list[float] = code(*arguments).tolist()
    return result


def test_an_image_runs_wherever_it_is_loaded(compiled: tuple[bytes, str]) -> None:
    code, symbol = compiled
    made = ObjectFile(code).image(symbol)
    assert made.own
    assert "NRT_MemInfo_alloc_aligned" in made.foreign
    places = [made.load() for _ in range(3)]
    assert len({address for address, _ in places}) == 3
    for place in places:
        assert called(*place) == [0, 3.5, 9, 7.5, 0, 0]
    assert called(*image.linked_by_llvm(code, symbol)) == [0, 3.5, 9, 7.5, 0, 0]


def test_loaded_code_can_no_longer_be_written_to(compiled: tuple[bytes, str]) -> None:
    code, symbol = compiled
    address, _ = ObjectFile(code).image(symbol).load()
    with Path("/proc/self/maps").open() as maps:
        rights = [
            line.split()[1]
            for line in maps
            if int(line.split("-")[0], 16) <= address < int(line.split()[0].split("-")[1], 16)
        ]
    assert rights == ["r-xp"]


def test_memory_that_may_not_be_run_is_an_error(
    compiled: tuple[bytes, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, symbol = compiled
    made = ObjectFile(code).image(symbol)

    class Refusing:
        @staticmethod
        def mprotect(*_: object) -> int:
            ctypes.set_errno(13)
            return -1

    monkeypatch.setattr(image, "address_of", lambda _: 0)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Refusing)
    with pytest.raises(PermissionError, match="kernels cannot be made executable: Permission"):
        made.load()


def with_section(code: bytes, kind: int, field: str, value: int) -> bytes:
    """The object file with a field of its sections of one kind changed."""
    changed = bytearray(code)
    file = ObjectFile(changed)
    file._sections[field][file._sections["kind"] == kind] |= value
    return bytes(changed)


@pytest.mark.parametrize(("field", "value"), [("flags", 1), ("flags", 0x400), ("kind", 8)])
def test_sections_that_an_image_cannot_hold_are_refused(
    compiled: tuple[bytes, str], field: str, value: int
) -> None:
    code, symbol = compiled
    with pytest.raises(UnknownObjectError, match="section of kind"):
        ObjectFile(with_section(code, 1, field, value)).image(symbol)


def test_relocations_that_an_image_cannot_hold_are_refused(compiled: tuple[bytes, str]) -> None:
    code, symbol = compiled
    changed = bytearray(code)
    file = ObjectFile(changed)
    for section in file._sections[file._sections["kind"] == 4]:
        entries = np.frombuffer(changed, "<u4", int(section["size"]) // 4, int(section["place"]))
        entries[2::6] = 2  # R_X86_64_PC32
    with pytest.raises(UnknownObjectError, match="relocation of kind 2"):
        ObjectFile(bytes(changed)).image(symbol)


def test_symbols_of_threads_are_refused(compiled: tuple[bytes, str]) -> None:
    code, symbol = compiled
    changed = bytearray(code)
    file = ObjectFile(changed)
    file._symbols["info"][file._names.index(symbol)] = 0x16  # a global STT_TLS
    with pytest.raises(UnknownObjectError, match="symbol of kind"):
        ObjectFile(bytes(changed)).image(symbol)


@pytest.mark.parametrize(
    ("symbol", "known"),
    [
        ("memset", True),
        ("NRT_MemInfo_call_dtor", True),
        ("MemInfo_call_dtor", False),
        ("NRT_none", False),
        ("exp", False),
    ],
)
def test_only_functions_that_are_there_are_known(symbol: str, *, known: bool) -> None:
    assert is_known(symbol) is known
    if known:
        assert address_of(symbol) > 0
