"""Small files that are read whole: of a known size, and never waited for."""

from __future__ import annotations

import io
import os
import socket
import tempfile
from functools import partial
from pathlib import Path

import pytest

from segeval.data.cityscapes.prediction_lists import read_list
from segeval.data.files import open_content
from segeval.data.label_maps.classes import label_classes
from segeval.data.opening import is_pipe, named_bytes, read_bytes
from segeval.errors import FormatError, InputError
from segeval.limits import raised

pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc" * 100)
    assert read_bytes(path, limit="file_bytes") == b"abc" * 100
    expected = r"a\.txt: has 300 bytes, expected at most 299\. If that is right, raise the limit"
    with raised(file_bytes=299), pytest.raises(FormatError, match=expected) as problem:
        read_bytes(path, limit="file_bytes")
    assert problem.value.option == "limit file_bytes"


@pipes
def test_pipes_in_the_place_of_files_are_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    os.mkfifo(path)
    assert is_pipe(path)
    with pytest.raises(InputError, match=r"a\.txt: is a pipe, expected an ordinary file\.$"):
        read_bytes(path)
    with pytest.raises(InputError, match=r"a\.txt: is a pipe, expected an ordinary file\.$"):
        read_list(path, tmp_path, None)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="pipes have no names here")
def test_pipes_that_the_user_names_are_read() -> None:
    ends = os.pipe()
    os.write(ends[1], b"0 road\n1 car\n")
    os.close(ends[1])
    try:
        assert label_classes(f"/dev/fd/{ends[0]}").names == ("road", "car")
    finally:
        os.close(ends[0])


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="pipes have no names here")
def test_a_pipe_that_does_not_end_is_left_at_its_limit() -> None:
    small = partial(named_bytes, limit="file_bytes")
    for limit, read in (("file_bytes", small), ("piped_bytes", open_content)):
        ends = os.pipe()
        os.write(ends[1], b"[" * 101)
        expected = rf"/dev/fd/{ends[0]}: has not ended after 100 bytes\. .*\({limit}=1000\)`\.$"
        try:  # its other end stays open
            with raised(**{limit: 100}), pytest.raises(FormatError, match=expected):
                read(f"/dev/fd/{ends[0]}")
        finally:
            os.close(ends[0])
            os.close(ends[1])


def test_standard_input_that_does_not_end_is_left_at_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"[" * 101)))
    with raised(piped_bytes=100), pytest.raises(FormatError, match=r"^standard input: has not "):
        open_content("-")


def test_folders_sockets_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder, expected a file\.$"):
        read_bytes(tmp_path)
    with pytest.raises(IsADirectoryError, match="Is a directory"):
        named_bytes(tmp_path)
    with pytest.raises(InputError, match=r"none: no such file\.$"):
        read_bytes(tmp_path / "none")
    if hasattr(socket, "AF_UNIX"):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
            server.bind(f"{folder}/s")
            with pytest.raises(InputError, match="/s: "):
                read_bytes(f"{folder}/s")
