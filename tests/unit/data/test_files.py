"""Opening what the user named, however it is stored."""

from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from segeval.data import load_ground_truth, load_predictions
from segeval.data.files import Content, files_below, open_content, sha256
from segeval.errors import FormatError, InputError

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
    with pytest.raises(FormatError) as raised:
        load_predictions(path)
    assert raised.value.message.startswith(f"{path}: not a complete gzip file (")
    assert raised.value.message.endswith(". Was the writing interrupted?")
    assert (raised.value.code, raised.value.path) == ("bad-gzip", str(path))


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
    wrong = {
        tmp_path / "none.json": "no such file.",
        tmp_path: (
            "is a folder, expected a JSON file. Folders go with `mean_iou`, and with "
            "`cityscapes_ap`."
        ),
        file / "inside.json": "cannot be read (Not a directory).",
        tmp_path / ("x" * 300): "cannot be read (File name too long).",
        tmp_path / "a\0b": "cannot be read (embedded null byte).",
    }
    for path, reason in wrong.items():
        with pytest.raises(InputError) as raised:
            load(path)
        assert raised.value.message == f"{path}: {reason}"
        assert (raised.value.code, raised.value.path) == ("no-file", str(path))


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
    content.release(0, len(LONG))
    assert content.data.tobytes() == LONG


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
