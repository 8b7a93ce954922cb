"""Kernels are compiled once, kept as machine code, and called without numba."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.kernels import compile as compiler
from segeval.kernels import image, machine_code, store
from segeval.kernels.call import signature_of
from segeval.kernels.instructions import load_word
from segeval.kernels.promise import kernel

pytestmark = pytest.mark.skipif(
    not machine_code.SUPPORTED, reason="numba calls its kernels itself on this platform"
)


@kernel
def double(value: int) -> int:
    """A kernel that another one calls."""
    return 2 * value


@kernel
def every_kind(
    array: NDArray[np.int32], pair: tuple[NDArray[np.float64], int], yes: bool, big: np.uint64
) -> tuple[NDArray[np.int64], float, bool, np.uint64]:
    """Takes and gives every type that there is."""
    doubled = np.empty(array.size, np.int64)
    for i in range(array.size):
        doubled[i] = double(array[i])
    return doubled, pair[0][1, 2] + pair[1], not yes, big + np.uint64(1)


@kernel
def nothing(array: NDArray[np.uint8]) -> None:
    """Gives nothing back."""
    array[0] = 7


@kernel
def first_word(array: NDArray[np.uint8]) -> np.uint64:
    """The first 8 bytes as a number."""
    return np.uint64(load_word(array, 0))


@kernel
def a_view(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gives back every other element, without copying."""
    return array.copy()[::2]


@kernel
def its_argument(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gives back what it got."""
    return array


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to keep machine code in."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


FUNCTION = every_kind.__wrapped__  # type: ignore[attr-defined]
ARGUMENTS = (
    np.arange(3, dtype=np.int32),
    (np.arange(6.0).reshape(2, 3), 10),
    True,
    np.uint64(2**64 - 2),
)


def check_every_kind(result: Any) -> None:
    doubled, total, no, big = result
    assert doubled.tolist() == [0, 2, 4]
    assert (total, no, big) == (15.0, False, 2**64 - 1)


def test_every_type_goes_in_and_comes_out() -> None:
    check_every_kind(every_kind(*ARGUMENTS))


def test_a_kernel_writes_into_the_array_that_it_gets() -> None:
    array = np.zeros(2, np.uint8)
    assert nothing(array) is None
    assert array.tolist() == [7, 0]


def test_a_word_is_little_endian() -> None:
    assert first_word(np.arange(8, dtype=np.uint8)) == 0x0706050403020100


def test_strided_arrays_are_read_right() -> None:
    wide = np.repeat(np.arange(3, dtype=np.int32), 2)
    check_every_kind(every_kind(wide[::2], *ARGUMENTS[1:]))


def test_machine_code_is_kept_and_found_again(folder: Path) -> None:
    signature = signature_of(ARGUMENTS)
    check_every_kind(machine_code.load(FUNCTION, signature)(*ARGUMENTS))
    (kept,) = folder.glob("*.kernel")
    before = kept.stat().st_mtime_ns
    check_every_kind(machine_code.load(FUNCTION, signature)(*ARGUMENTS))
    assert kept.stat().st_mtime_ns == before


def test_a_damaged_file_is_compiled_again(folder: Path) -> None:
    signature = signature_of(ARGUMENTS)
    machine_code.load(FUNCTION, signature)
    (kept,) = folder.glob("*.kernel")
    sound = kept.read_bytes()
    flipped = sound[:-100] + bytes([sound[-100] ^ 1]) + sound[-99:]
    for damaged in (sound[:-100], flipped, b"", b"\xff\n", b"[]\n"):
        kept.write_bytes(damaged)
        check_every_kind(machine_code.load(FUNCTION, signature)(*ARGUMENTS))
        assert kept.read_bytes() != damaged


def test_a_user_without_home_keeps_no_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert store.obstacle() == "this user has no home folder"
    check_every_kind(machine_code.load(FUNCTION, signature_of(ARGUMENTS))(*ARGUMENTS))


def test_a_kernel_must_return_a_new_array(folder: Path) -> None:
    with pytest.raises(TypeError, match="expected a new array"):
        a_view(np.zeros(4))
    with pytest.raises(TypeError, match="returned one of its arguments"):
        its_argument(np.zeros(4))


def test_a_folder_that_cannot_be_written_to_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "folder"))
    signature = signature_of(ARGUMENTS)
    check_every_kind(machine_code.load(FUNCTION, signature)(*ARGUMENTS))


def test_a_second_process_does_not_import_numba(folder: Path) -> None:
    code = (
        "import os, sys, numpy as np\n"
        "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"  # alone, no crew compiles
        "from segeval.masks import area, encode\n"
        "print(area(encode(np.ones((1, 2, 3))))[0], 'numba' in sys.modules)"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder)}
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=environment, capture_output=True, text=True, check=True,
        ).stdout.split()
        for _ in range(2)
    ]  # fmt: skip
    assert said == [["6", "True"], ["6", "False"]]


def test_every_kernel_of_an_evaluation_is_kept() -> None:
    """One that could raise an error would be left to numba, and compiled in every run."""
    code = (
        "import sys\n"
        "from segeval import average_precision\n"
        "square = [1.0, 1, 9, 1, 9, 9, 1, 9]\n"
        "for parts in ([square], [square] * 40):\n"
        "    one = dict(image_id=1, category_id=1, segmentation=parts)\n"
        "    gt = dict(images=[dict(id=1, width=40, height=40)],\n"
        "        categories=[dict(id=1, name='a')],\n"
        "        annotations=[dict(one, id=1, area=64, bbox=[1, 1, 8, 8], iscrowd=0)])\n"
        "    for kind in ('segm', 'boundary', 'bbox'):\n"
        "        average_precision([dict(one, score=0.5)], gt, iou=kind)\n"
        "print('numba' in sys.modules)"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    assert said[-1] == "False\n"


def test_machine_code_that_needs_more_is_left_to_numba(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiler, "is_known", lambda _: False)
    check_every_kind(machine_code.load(FUNCTION, signature_of(ARGUMENTS))(*ARGUMENTS))
    assert not list(folder.glob("*.kernel"))


def test_what_images_do_not_know_is_linked_by_llvm(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "CAN_RUN", False)
    for _ in range(2):  # compiled, and kept
        check_every_kind(machine_code.load(FUNCTION, signature_of(ARGUMENTS))(*ARGUMENTS))
    (kept,) = folder.glob("*.kernel")
    found = store.find(kept.stem)
    assert found is not None
    assert isinstance(found.code, bytes)


def test_numba_calls_kernels_where_machine_code_is_not_supported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine_code, "SUPPORTED", False)
    signature = signature_of(ARGUMENTS)
    check_every_kind(machine_code.load(FUNCTION, signature)(*ARGUMENTS))


def test_an_argument_of_another_type_is_an_error() -> None:
    with pytest.raises(TypeError, match="a kernel got a str"):
        nothing("text")  # type: ignore[arg-type]
