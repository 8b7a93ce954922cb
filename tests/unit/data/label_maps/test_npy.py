"""Label maps as files of NumPy: any layout of whole numbers, and what is refused."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.data.label_maps.read import read_labels
from segeval.errors import FormatError, InputError, ShapeError

LABELS = np.array([[1, 2, 3], [4, 5, 300]])


def saved(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path


def with_header(header: str, data: bytes = b"", version: bytes = b"\1\0") -> bytes:
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize("kind", ["<i8", ">i8", "<u2", ">u2", "<i4", ">u4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_of_any_layout_are_read(kind: str, order: Any, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npy", np.asarray(LABELS, kind, order=order))
    labels = read_labels(path, "a.npy").labels
    assert labels.tolist() == LABELS.tolist()
    assert labels.dtype == np.uint16
    assert labels.flags.c_contiguous


def test_whole_numbers_of_python_2_are_read(tmp_path: Path) -> None:
    header = "{'descr': '<i8', 'fortran_order': False, 'shape': (2L, 3L), }"
    (tmp_path / "a.npy").write_bytes(with_header(header, LABELS.astype("<i8").tobytes()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_labels(tmp_path / "a.npy", "a.npy").labels.tolist() == LABELS.tolist()


def test_bools_are_labels_0_and_1(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npy", np.asfortranarray(LABELS > 2))
    assert read_labels(path, "a.npy").labels.tolist() == [[0, 0, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (with_header("("), "not a .npy file of numbers ("),
        (with_header("(" * 100), "not a .npy file of numbers ("),
        (with_header("{'descr':'<i8','fortran_order':False,'shape':(True,4)}", bytes(32)), "shape"),
        (
            with_header("{'descr':'<i8','fortran_order':False,'shape':(4,-4)}", bytes(99)),
            "shape",
        ),
        (
            with_header("{'descr':'<i8','fortran_order':False,'shape':(1000000,1000000)}", b"ab"),
            "the shape (1000000, 1000000) needs 8,000,000,000,000 bytes, it has 2",
        ),
        (with_header("{'descr':'<i8','fortran_order':False,'shape':(4,4)}", b"ab"), "it has 2"),
        (with_header("{'descr':'|S0','fortran_order':False,'shape':(9999999999,)}"), "needs 0 b"),
        (with_header("{'descr':'|O','fortran_order':False,'shape':(1,1)}", bytes(8)), "objects of"),
        (
            with_header("{'descr':'<m8[s]','fortran_order':False,'shape':(1,1)}", bytes(8)),
            "the dtype is <m8[s]",
        ),
        (with_header("{'descr':'<f4','fortran_order':False,'shape':(1,1)}", bytes(4)), "float32"),
        (
            with_header("{'descr':[('a','<i4')],'fortran_order':0,'shape':(1,1)}", bytes(4)),
            "a.npy: ",
        ),
        (
            with_header("{'descr':'(2,)<i4','fortran_order':False,'shape':(1,1)}", bytes(8)),
            "a.npy: ",
        ),
        (with_header("{'descr':'<q','fortran_order':False,'shape':" + "9" * 5000 + "}"), "a.npy"),
        (with_header("{}", version=b"\3\0"), "another version of the format"),
        (b"\x93NUMPY\1\0\xff\xff", "not a .npy file of numbers ("),
        (b"\x93NUMPY", "not a .npy file of numbers ("),
        (b"PK\3\4", "not a .npy file of numbers ("),
        (b"", "not a .npy file of numbers ("),
    ],
)
def test_odd_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(FormatError, match=re.escape(message)):
        read_labels(tmp_path / "a.npy", "a.npy")


def test_times_in_memory_are_refused_too() -> None:
    with pytest.raises(FormatError, match=r"^x: holds timedelta64\[s\], expected whole numbers"):
        read_labels(LABELS.astype("m8[s]"), "x")


def test_an_empty_array_has_no_labels(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npy", np.zeros((0, 7), np.uint8))
    with pytest.raises(ShapeError, match=r"has the shape \(0, 7\)"):
        read_labels(path, "a.npy")


def test_mutated_files_are_read_or_refused(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, LABELS)
    random, refused = np.random.default_rng(5), 0
    for _ in range(2000):
        data = bytearray(file.getvalue())
        for _ in range(random.integers(1, 4)):
            data[random.integers(len(data))] = random.integers(32, 127)
        (tmp_path / "a.npy").write_bytes(data)
        try:
            read_labels(tmp_path / "a.npy", "a.npy")
        except InputError:
            refused += 1
    assert refused > 500
