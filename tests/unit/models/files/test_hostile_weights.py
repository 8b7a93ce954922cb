"""Files of weights that were made to run code, to crash, or to take memory and time."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import re
import struct
import sys
import time
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from segeval.errors import FormatError, InputError
from segeval.limits import raised
from segeval.models.files.model_file import load
from segeval.models.files.pickle_machine import Call, Damaged, Refused
from segeval.models.files.pickles import read_pickle
from segeval.models.files.stored_arrays import NAMES
from segeval.models.files.weights import read_weights, save_weights

if sys.platform != "win32":
    import resource


@contextmanager
def little(seconds: float = 20, megabytes: int = 400) -> Iterator[None]:
    """A block that takes little time and memory."""
    began = time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if sys.platform != "win32" else 0
    yield
    assert time.process_time() - began < seconds
    if sys.platform != "win32":
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < megabytes << 10


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def named(value: bytes) -> bytes:
    """A pickle of {"a": value}."""
    return b"\x80\x02}" + text("a") + value + b"s."


def zipped(path: Path, content: bytes, storage: bytes = bytes(16)) -> Path:
    """A file as of `torch.save`, with a pickle and one storage."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/data/0", storage)
        archive.writestr("archive/byteorder", sys.byteorder)
    return path


def tensor(count: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> bytes:
    """Instructions for a tensor of floats."""

    def whole(number: int) -> bytes:
        data = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(data)]) + data

    def listed(numbers: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(map(whole, numbers)) + b"t"

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("0") + text("cpu")
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + whole(count) + b"tQ" + whole(offset)
        + listed(shape) + listed(strides) + b"\x89}tR"
    )  # fmt: skip


STRUCT_WITH_OBJECTS = (
    b"cnumpy\ndtype\n" + text("V8") + b"\x89\x88\x87R(K\x03" + text("|")
    + b"N(" + text("f") + b"t}" + text("f") + b"(cnumpy\ndtype\n" + text("O8")
    + b"\x89\x88\x87RK\x00tsK\x08K\x01K\x01tb"
)  # fmt: skip
"""A type of 8 bytes that are a pointer to an object, which NumPy takes from the file."""

DANGLING = (
    b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01K\x01\x85"
    + STRUCT_WITH_OBJECTS + b"\x89C\x08AAAAAAAAtb"
)  # fmt: skip

BOMBS = {
    "a long table": named(b"Nr\xff\xff\xff\x7f"),
    "pointers": named(DANGLING),
    "an array without strides": named(
        b"cnumpy\nndarray\n(K\x01\x8a\x05\x00\x00\x00\x00\x10\x86cnumpy\ndtype\n" + text("f4")
        + b"\x89\x88\x87RC\x04AAAAK\x00K\x00K\x00\x86tR"
    ),
    "an array larger than its bytes": named(
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
        b"(K\x01J\xff\xff\xff\x7f\x85cnumpy\ndtype\n" + text("f8")
        + b"\x89\x88\x87R\x89C\x08AAAAAAAAtb"
    ),
    "a slow codec": named(
        b"c_codecs\nencode\n" + text("a" * 400_000) + text("punycode") + b"\x86R"
    ),
    "copies of copies": b"\x80\x02" + text("a" * 100_000) + b"q\x000}" + text("a") + b"]"
    + (b"c_codecs\nencode\nh\x00" + text("latin1") + b"\x86Ra") * 50_000 + b"s.",
    "many keys of one hash": b"\x80\x02}("
    + b"".join(
        b"\x8a\x40" + (number * ((1 << 61) - 1)).to_bytes(64, "little") + b"N"
        for number in range(1, 40_000)
    )
    + b"u.",
    "a deep key": b"\x80\x02}N" + b"\x85" * 500_000 + b"Ns.",
    "sets without end": b"\x80\x04]" + b"\x8f0" * 3_000_000 + b".",
    "a long number": b"I" + b"9" * 200_000 + b"\n.",
    "an attribute in place of a method": b"\x80\x02ccollections\nOrderedDict\n)R}" + text("get")
    + b"Nsb.",
    "a frame of any length": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "bytes of any length": named(b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".pkl", ".pth"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_takes_little_time_and_memory(name: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".pkl":
        path.write_bytes(BOMBS[name])
    else:
        zipped(path, BOMBS[name])
    with little(), pytest.raises(FormatError, match=rf"a{suffix}: "):
        read_weights(path)


def test_bytes_are_written_as_text_of_latin1_alone(tmp_path: Path) -> None:
    data = memoryview(BOMBS["a slow codec"])
    with pytest.raises(Refused, match=r"^_codecs.encode with another codec than latin1$"):
        read_pickle(data, NAMES)


def test_what_a_pickle_asks_for_is_described_and_not_done() -> None:
    found = read_pickle(memoryview(named(DANGLING)), NAMES).content["a"]
    assert isinstance(found, Call)
    assert found.name == "numpy.core.multiarray._reconstruct"
    assert found.state[1] == (1,)


@pytest.mark.parametrize("protocol", range(5))
@pytest.mark.parametrize("made", [Counter("aab"), OrderedDict([("b", 1), ("a", 2)]), {"b", "a"}])
def test_containers_that_a_pickle_makes_by_a_call_are_read(made: Any, protocol: int) -> None:
    content = read_pickle(memoryview(pickle.dumps(made, protocol)), NAMES).content
    assert content == made
    assert list(content) == list(made) or isinstance(made, set)


@pytest.mark.parametrize("call", [b"ccollections\nOrderedDict\n", b"ccollections\nCounter\n"])
def test_keys_of_pairs_that_a_container_is_made_of_are_checked(call: bytes) -> None:
    sound, nested = b"(((I1\nI3\ntltR.", b"((((I1\nI2\ntI3\ntltR."
    assert read_pickle(memoryview(call + sound), NAMES).content == {1: 3}
    with pytest.raises(Damaged, match=r"^a key is of the type tuple$"):
        read_pickle(memoryview(call + nested), NAMES)


@pytest.mark.parametrize(
    ("count", "offset", "shape", "strides", "message"),
    [
        (4, 0, (1 << 20, 1 << 20), (0, 0), "needs more than the 4 numbers of its storage"),
        (4, 2, (3,), (1,), "needs more than the 4 numbers of its storage"),
        (4, 1 << 70, (1,), (1,), "needs more than the 4 numbers of its storage"),
        (4, -1, (2,), (1,), "has no place in its storage"),
        (4, 0, (2,), (-1,), "is no shape of an array"),
        (4, 0, (1 << 62, 4), (1, 1), "is no shape of an array"),
        (1 << 40, 0, (4,), (1,), "storage 0 has 16 bytes, expected 4,398,046,511,104"),
    ],
)
def test_a_tensor_lies_within_its_storage(
    count: int,
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    message: str,
    tmp_path: Path,
) -> None:
    path = zipped(tmp_path / "a.pth", named(tensor(count, offset, shape, strides)))
    with little(), pytest.raises(FormatError, match=re.escape(message)):
        read_weights(path)


def test_a_part_of_a_storage_is_read_in_its_place(tmp_path: Path) -> None:
    storage = np.arange(4, dtype="<f4").tobytes()
    path = zipped(tmp_path / "a.pth", named(tensor(4, 1, (2, 2), (1, 1))), storage)
    assert read_weights(path)["a"].tolist() == [[1, 2], [2, 3]]


def test_a_compressed_archive_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", named(tensor(1 << 20, 0, (1 << 20,), (1,))))
        archive.writestr("archive/data/0", bytes(4 << 20))
    assert read_weights(path)["a"].shape == (1 << 20,)
    expected = r"unpacks to 4,194,\d+ bytes, expected at most 1,000,000\). If that is right, raise"
    with raised(unpacked_bytes=1_000_000), pytest.raises(FormatError, match=expected):
        read_weights(path)


def test_more_values_than_the_limit_name_it(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"a": list(range(100))}))
    expected = r"more than 50 values\). If that is right, raise the limit: `limits.raised\("
    with raised(pickled_values=50), pytest.raises(FormatError, match=expected):
        read_weights(path)


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_of_pickle_is_read(protocol: int) -> None:
    content: dict[str, Any] = OrderedDict(
        a=[1, -1, 300, 70_000, 1 << 40, 0.5, True, None],
        b={"x": ("é", "'\"\n", b"\x00\xff"), 7: {1, 2}},
    )
    found = read_pickle(memoryview(pickle.dumps(content, protocol)), NAMES).content
    assert found["a"] == content["a"]
    assert found["b"]["x"] == content["b"]["x"]
    assert found["b"][7] == {1, 2}


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("protocol", range(6))
def test_arrays_of_every_protocol_are_read(protocol: int, order: Any, tmp_path: Path) -> None:
    array = np.asarray(np.arange(6, dtype=np.int16).reshape(2, 3), order=order)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"a": array, "b": np.float32(2)}, protocol))
    found = read_weights(tmp_path / "a.pkl")
    assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["b"].item() == 2


def test_text_of_python_2_holds_the_bytes_of_its_arrays(tmp_path: Path) -> None:
    data = b"U\x04" + np.float32(1.5).tobytes()
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR(K\x01(K\x01t"
    dtype = b"cnumpy\ndtype\n(U\x02f4K\x00K\x01tR(K\x03U\x01<NNNK\x01K\x01K\x00tb"
    (tmp_path / "a.pkl").write_bytes(named(array + dtype + b"I00\n" + data + b"tb"))
    assert read_weights(tmp_path / "a.pkl")["a"].tolist() == [1.5]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"a": {"dtype": "F32", "shape": [1 << 30], "data_offsets": [0, 4]}}, "needs 4,294,967,29"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 9]}}, "lies outside of the 4 b"),
        ({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, "is no shape"),
        ({"a": {"dtype": "C64", "shape": [1], "data_offsets": [0, 4]}}, "is of the type C64"),
        ({"a": {"dtype": [], "shape": 1, "data_offsets": [0, 4]}}, "is of the type []"),
        ({"a": 1}, "a has no dtype, shape or data_offsets"),
        ([], "its header is not an object"),
        ({"__metadata__": {"config": 1}}, "its metadata are not texts by name"),
    ],
)
def test_a_header_claims_what_the_file_has(header: Any, message: str, tmp_path: Path) -> None:
    coded = json.dumps(header).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(coded)) + coded + bytes(4))
    with little(), pytest.raises(FormatError, match=re.escape(message)):
        read_weights(path)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"mask": {"coarse_layers": 10**9}}, "coarse_layers is 1000000000, expected 0 or more"),
        ({"classes": 10**6}, "Are these the weights of another model?"),
        ({"mask": {"coarse_width": 10**6}}, "Are these the weights of another model?"),
        (
            {"mask": {"grid": 1000, "coarse_channels": 10**6, "coarse_width": 10**6}},
            "Are these the weights of another model?",
        ),
    ],
)
def test_a_configuration_claims_no_more_than_the_weights(
    config: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.safetensors"
    save_weights(path, {"a": torch.zeros(1)}, {"config": json.dumps(config)})
    with little(), pytest.raises(FormatError, match=re.escape(message)):
        load(path)


@pytest.mark.parametrize("texts", ["9" * 5000, "[" * 100_000, "[[1e999, 1]]"])
def test_odd_metadata_cannot_be_read(texts: str, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_weights(path, {"a": torch.zeros(1)}, {"config": texts})
    with pytest.raises(FormatError, match="its config cannot be read"):
        load(path)


def test_a_pipe_is_no_file_of_weights(tmp_path: Path) -> None:
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes")
    os.mkfifo(tmp_path / "a.pth")
    with little(), pytest.raises(InputError, match=r"a\.pth: "):
        read_weights(tmp_path / "a.pth")


def seeds() -> dict[str, bytes]:
    """Small sound files of every kind."""
    weights = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([1, 2])}
    arrays = {name: each.numpy() for name, each in weights.items()}
    new, old = io.BytesIO(), io.BytesIO()
    torch.save({"model": weights, "x": np.float64(1)}, new)
    torch.save({"model": weights, "x": [1]}, old, _use_new_zipfile_serialization=False)
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    return {
        "new.pth": new.getvalue(),
        "old.pth": old.getvalue(),
        "2.pkl": pickle.dumps({"model": arrays, "x": np.float64(1)}, 2),
        "5.pkl": pickletools.optimize(pickle.dumps(OrderedDict(arrays), 5)),
        "a.safetensors": struct.pack("<Q", len(header)) + header + bytes(8),
    }


@pytest.mark.parametrize("name", sorted(seeds()))
def test_a_damaged_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    sound, random = seeds()[name], np.random.default_rng(7)
    path = tmp_path / name
    path.write_bytes(sound)
    assert read_weights(path)
    refusals = []
    with little(60):
        for _ in range(400):
            data = bytearray(sound)
            for _ in range(random.integers(1, 4)):
                place = int(random.integers(len(data)))
                data[place] = int(random.integers(256))
                if random.random() < 0.1:
                    del data[place : place + int(random.integers(1, 20))]
            path.write_bytes(data)
            try:
                read_weights(path)
            except InputError as error:
                refusals.append(str(error))
    assert len(refusals) > 20
    assert all(each.startswith(str(path)) for each in refusals)


def test_a_reader_of_pickles_raises_its_own_errors_alone() -> None:
    random = np.random.default_rng(1)
    codes = [ord(each.code) for each in pickletools.opcodes]
    refused = 0
    for _ in range(3000):
        length = int(random.integers(1, 60))
        data = bytes(
            int(random.choice(codes)) if random.random() < 0.7 else int(random.integers(256))
            for _ in range(length)
        )
        try:
            read_pickle(memoryview(data), NAMES)
        except (Damaged, Refused):
            refused += 1
    assert 0 < refused < 3000


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html><html>Sign in", r"is a web page, expected weights\. Was the page saved"),
        (b"version https://git-lfs.github.com/spec/v1\n", r"is the pointer of a file in Git LFS"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), r"is an HDF5 file, expected weights\."),
    ],
)
@pytest.mark.parametrize("suffix", [".pth", ".pkl", ".safetensors"])
def test_well_known_other_files_are_named(
    content: bytes, what: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=rf"a{suffix}: {what}"):
        read_weights(path)
