"""Opening what the user named, however it is stored."""

from __future__ import annotations

import gzip
import io
import json
import mmap
import os
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import pytest

from segeval.data import load_ground_truth, load_predictions
from segeval.data.files import Content, open_content, sha256
from segeval.data.folder_files import files_below
from segeval.data.open_file import OpenFile
from segeval.errors import FormatError, InputError
from segeval.limits import raised

PREDS = b'[{"image_id": 1, "category_id": 2, "score": 0.5}]'
LONG = PREDS[:-1] + b"," + PREDS[1:-1] + b" " * 10_000 + b"]"

STORED = {
    "as it is": PREDS,
    "longer than a page": LONG,
    "byte order mark": b"\xef\xbb\xbf" + PREDS,
    "byte order mark, longer": b"\xef\xbb\xbf" + LONG,
    "gzip": gzip.compress(PREDS),
    "gzip, longer": gzip.compress(LONG + b" " * 10_000, 0),
    "gzip in two members": gzip.compress(PREDS[:9]) + gzip.compress(PREDS[9:]),
    "gzip of a byte order mark": gzip.compress(b"\xef\xbb\xbf" + PREDS),
    "UTF-16, as Windows writes it": PREDS.decode().encode("utf-16"),
    "UTF-16, longer": LONG.decode().encode("utf-16-be"),
    "UTF-32": PREDS.decode().encode("utf-32"),
    "blank around": b"\r\n \t" + PREDS + b"\n" * 70_000,
}


@pytest.mark.parametrize("name", STORED)
@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
def test_predictions_are_read_however_they_are_stored(
    name: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"preds{suffix}"
    path.write_bytes(STORED[name])
    assert set(load_predictions(path).score) == {0.5}


@pytest.mark.parametrize("name", STORED)
def test_standard_input_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(STORED[name])))
    preds = load_predictions("-")
    assert (set(preds.score), preds.source) == ({0.5}, "standard input")


def test_standard_input_may_hold_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    data = PREDS[1:-1] + b"\n" + PREDS[1:-1]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert len(load_predictions("-")) == 2


def test_a_pipe_is_read(tmp_path: Path) -> None:
    ends = os.pipe()
    os.write(ends[1], PREDS)
    os.close(ends[1])
    try:
        assert len(load_predictions(f"/dev/fd/{ends[0]}")) == 1
    finally:
        os.close(ends[0])


@pytest.mark.parametrize("cut", [2, 5, 12, 30, -8, -1])
def test_a_damaged_gzip_file_is_named(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "preds.json.gz"
    path.write_bytes(gzip.compress(LONG)[:cut])
    with pytest.raises(FormatError) as problem:
        load_predictions(path)
    assert problem.value.message.startswith(f"{path}: not a complete gzip file (")
    assert problem.value.message.endswith(". Was the writing interrupted?")
    assert (problem.value.code, problem.value.path) == ("bad-gzip", str(path))


@pytest.mark.parametrize("place", range(10, 60, 7))
def test_a_gzip_file_with_a_wrong_byte_is_refused(place: int, tmp_path: Path) -> None:
    path = tmp_path / "preds.json.gz"
    data = bytearray(gzip.compress(PREDS))
    data[place] ^= 0x55
    path.write_bytes(data)
    with pytest.raises(FormatError):
        load_predictions(path)


@pytest.mark.parametrize("load", [load_predictions, load_ground_truth])
def test_what_cannot_be_opened_is_named(load: object, tmp_path: Path) -> None:
    assert callable(load)
    file = tmp_path / "file.json"
    file.write_bytes(b"")
    folder = tmp_path / "empty"
    folder.mkdir()
    wrong = {
        tmp_path / "none.json": "no such file.",
        folder: (
            "is a folder without JSON files, expected a file, or a folder of .json files. Folders "
            "of label maps go with `mean_iou`, of id maps with `id_maps_ap`, lists of Cityscapes "
            "with `cityscapes_ap`."
        ),
        tmp_path / ("x" * 300 + "*"): "no file matches this pattern.",
        file / "inside.json": "cannot be read (Not a directory).",
        tmp_path / ("x" * 300): "cannot be read (File name too long).",
        tmp_path / "a\0b": "cannot be read (embedded null byte).",
    }
    for path, reason in wrong.items():
        with pytest.raises(InputError) as problem:
            load(path)
        assert problem.value.message == f"{path}: {reason}"
        assert (problem.value.code, problem.value.path) == ("no-file", str(path))


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    path.touch(0o000)
    with pytest.raises(InputError, match=r"may not be read \(permissions\)\.$"):
        load_predictions(path)


def test_half_a_character_of_utf16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    path.write_bytes(PREDS.decode().encode("utf-16")[:-1])
    with pytest.raises(FormatError, match=r"not valid UTF-16-LE at byte 98: truncated data$"):
        load_predictions(path)


def test_white_space_is_found_at_both_ends_of_any_length() -> None:
    content = Content(b"\n" * 200_000 + b"[ ]" + b" " * 200_000, "x")
    assert (content.skip_blank(0), content.begins, content.end) == (200_000, b"[", 200_003)
    blank = Content(b" " * 200_000, "x")
    assert (blank.skip_blank(5), blank.begins, blank.end) == (200_000, b"", 0)
    assert Content(b"\x0c[]", "x").begins == b"\x0c"


def test_the_digest_is_that_of_the_bytes_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.touch()
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (sha256(path), sha256("-")) == (digest, None)


def test_released_bytes_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    path.write_bytes(LONG)
    content = open_content(path)
    content.release(len(LONG))
    content.restore()
    assert content.data.tobytes() == LONG


def test_a_file_may_shrink_after_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    path.write_bytes(LONG)
    content = open_content(path)
    os.truncate(path, 0)
    assert content.data.tobytes() == LONG
    content.release(len(LONG))
    expected = rf"preds\.json: changed while it was read: it ends at byte 0, and had {len(LONG):,}"
    if hasattr(mmap, "MADV_DONTNEED"):
        with pytest.raises(FormatError, match=expected):
            content.restore()


@pytest.mark.parametrize("change", ["shorter", "longer", "rewritten"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "preds.json"
    path.write_bytes(LONG)

    read_into = OpenFile.read_into

    def read_and_change(file: OpenFile, target: memoryview, start: int) -> None:
        read_into(file, target, start)  # the beginning, before the rest
        if change == "shorter":
            os.truncate(path, 5000)
        elif change == "longer":
            path.write_bytes(LONG + b" ")
        elif change == "rewritten":
            path.write_bytes(LONG)
            os.utime(path, ns=(1, 1))

    monkeypatch.setattr(OpenFile, "read_into", read_and_change)
    with pytest.raises(FormatError, match=r"preds\.json: changed while it was read: it "):
        open_content(path)
    path.write_bytes(LONG)
    with pytest.raises(FormatError, match=r"preds\.json: changed while it was read: it "):
        load_predictions(path)


def test_a_process_survives_a_file_that_is_truncated_under_it(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    code = (
        "import os, sys\n"
        "from segeval.data.files import open_content\n"
        "content = open_content(sys.argv[1])\n"
        "os.truncate(sys.argv[1], 0)\n"
        "print(int(content.data.sum()))\n"
    )
    path.write_bytes(b" " * 1_000_000)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "32000000\n"


def test_gzip_is_unpacked_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b"[" + b" " * 30_000_000 + b"]"))
    size = path.stat().st_size
    expected = (
        f"{path}: has {size:,} bytes and unpacks to more than 20,000,000. If that is right, raise "
        "the limit: `limits.raised(unpacked_ratio=100)`."
    )
    with raised(unpacked_bytes=20_000_000, unpacked_ratio=10):
        with pytest.raises(FormatError) as problem:
            load_predictions(path)
        assert str(problem.value) == expected
        assert problem.value.option == "limit unpacked_ratio"
        with raised(unpacked_ratio=2000):
            assert len(load_predictions(path)) == 0


def test_a_bomb_stops_before_the_memory_is_full(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    packed = packer.compress(b"[")
    for _ in range(40):
        packed += packer.compress(bytes([32]) * (1 << 24))
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(packed + packer.flush())
    with pytest.raises(FormatError, match="unpacks to more than 268,435,456"):
        load_predictions(path)


def test_padding_behind_gzip_is_skipped_and_anything_else_named(tmp_path: Path) -> None:
    path = tmp_path / "preds.json.gz"
    path.write_bytes(gzip.compress(PREDS) + bytes(5_000_000))
    assert len(load_predictions(path)) == 1
    path.write_bytes(gzip.compress(PREDS) + b"abc")
    with pytest.raises(FormatError, match=r": 3 bytes follow the end of the gzip data \(b'abc'\)"):
        load_predictions(path)


def test_many_members_take_time_in_proportion(tmp_path: Path) -> None:
    path = tmp_path / "preds.json.gz"
    path.write_bytes(gzip.compress(b"") * 50_000 + gzip.compress(PREDS) + gzip.compress(b"\n" * 99))
    began = time.process_time()
    assert len(load_predictions(path)) == 1
    assert time.process_time() - began < 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_that_nothing_writes_to_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segeval.data.opening.PATIENCE", 0.1)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"pipe: is a pipe, and nothing writes to it\.$"):
        load_predictions(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_slow_writer_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)

    def write() -> None:
        with path.open("wb", buffering=0) as file:
            for byte in range(0, len(PREDS), 10):
                time.sleep(0.02)
                file.write(PREDS[byte : byte + 10])

    writer = threading.Thread(target=write)
    writer.start()
    assert len(load_predictions(path)) == 1
    writer.join()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no such device")
def test_a_device_without_end_is_refused() -> None:
    with pytest.raises(InputError, match=r"/dev/zero: is a device, expected an ordinary file\.$"):
        load_predictions("/dev/zero")


def below(folder: Path, *patterns: str) -> list[str]:
    """The files found, relative to the folder."""
    return [path.relative_to(folder).as_posix() for path in files_below(folder, *patterns)]


def test_files_below_a_folder_come_in_order_whatever_their_letters(tmp_path: Path) -> None:
    for name in ("b.png", "a.PNG", "x/c.npy", "x/y/d.png", "e.txt", ".hidden/f.png", ".g.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert below(tmp_path, "*.png", "*.npy") == ["a.PNG", "b.png", "x/c.npy", "x/y/d.png"]
    assert below(tmp_path, "*.jpg") == []


def test_brackets_in_the_name_of_a_folder_are_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "run[1]"
    folder.mkdir()
    (folder / "a.png").touch()
    assert below(folder, "*.png") == ["a.png"]


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.png").touch()
    gt = tmp_path / "gt"
    gt.mkdir()
    (gt / "one").symlink_to(tmp_path / "elsewhere")
    (gt / "two").symlink_to(tmp_path / "elsewhere")
    (gt / "again").symlink_to(gt)
    assert below(gt, "*.png") == ["one/a.png", "two/a.png"]


def test_gzip_within_gzip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "preds.json.gz"
    path.write_bytes(gzip.compress(gzip.compress(PREDS)))
    with pytest.raises(FormatError, match=r": is compressed with gzip twice, expected a list of"):
        load_predictions(path)


def test_an_empty_name_is_not_the_current_folder() -> None:
    for load in (load_predictions, load_ground_truth):
        with pytest.raises(InputError) as caught:
            load("")
        assert caught.value.message == "the name of a file is empty. Is a variable not set?"


def test_names_that_are_no_paths_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "preds.json").write_bytes(PREDS)
    for name, words in {
        "~/preds.json": rf"In place of ~ write the whole path: {tmp_path}/preds\.json\.$",
        "~/other.json": r"~/other\.json: no such file\.$",
        "https://x.org/p.json": r"Addresses are not opened: download the file first\.$",
        PREDS.decode(): r"is text of JSON, expected a path, or what `json\.loads` makes of it\.$",
    }.items():
        with pytest.raises(InputError, match=words):
            load_predictions(name)


def test_text_of_python_is_told_from_json(tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    path.write_text(str(json.loads(PREDS)))
    with pytest.raises(FormatError) as caught:
        load_predictions(path)
    assert caught.value.message == (
        f"{path}: is text that Python's print or str wrote (its quotes are single), expected JSON. "
        "Write it with `json.dump`."
    )
