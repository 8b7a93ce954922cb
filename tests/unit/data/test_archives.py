"""Text in archives is read as if it were unpacked, and never without a limit."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from segeval import average_precision
from segeval.data.files import open_content
from segeval.errors import FormatError
from segeval.limits import raised
from tests.check_cases import clean_gt, clean_preds


def zipped(*files: tuple[str, bytes]) -> bytes:
    """A zip archive of files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return stream.getvalue()


def text_of(path: Path, data: bytes) -> bytes:
    """What is read from a file with these bytes."""
    path.write_bytes(data)
    return open_content(path).data.tobytes()


def refusal(path: Path, data: bytes) -> FormatError:
    with pytest.raises(FormatError) as caught:
        text_of(path, data)
    return caught.value


TEXT = json.dumps(clean_preds()).encode()


@pytest.mark.parametrize(
    "data",
    [
        lzma.compress(TEXT),
        lzma.compress(TEXT[:9]) + lzma.compress(TEXT[9:]),
        bz2.compress(TEXT),
        zipped(("preds.json", TEXT)),
        zipped(("../../preds.json", TEXT)),
        zipped(("results/preds.json", TEXT), ("__MACOSX/._preds.json", b"x"), ("notes.txt", b"y")),
    ],
)
def test_packed_text_is_read(data: bytes, tmp_path: Path) -> None:
    assert text_of(tmp_path / "preds.json", data) == TEXT
    assert average_precision(tmp_path / "preds.json", clean_gt()).ap == (
        average_precision(clean_preds(), clean_gt()).ap
    )


def test_large_packed_text_is_read(tmp_path: Path) -> None:
    text = TEXT + b" " * 100_000
    assert text_of(tmp_path / "a", lzma.compress(text)) == text
    assert text_of(tmp_path / "b", zipped(("b.json", text))) == text


def test_an_archive_of_several_files_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path / "a.zip", zipped(*((f"{i}.json", TEXT) for i in range(4))))
    assert error.message == (
        f"{tmp_path / 'a.zip'}: is a zip archive, expected exactly one file .json or .jsonl in it, "
        "found 4 of them (0.json, 1.json, 2.json, ...). Unpack it, and give the file or the folder."
    )
    assert "found a.png. Unpack it" in refusal(tmp_path / "b.zip", zipped(("a.png", b"x"))).message
    assert "found nothing. Unpack" in refusal(tmp_path / "c.zip", zipped((".a.json", b"x"))).message


def test_a_file_of_pytorch_is_called_so(tmp_path: Path) -> None:
    data = zipped(("archive/data.pkl", b"x"), ("archive/data/0", b"y"))
    assert "is a PyTorch file" in refusal(tmp_path / "preds.pth", data).message


def test_a_tar_archive_is_called_so(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        info = tarfile.TarInfo("preds.json")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT))
    path = tmp_path / "preds.tar.gz"
    path.write_bytes(stream.getvalue())
    with pytest.raises(FormatError) as caught:
        average_precision(path, clean_gt())
    assert caught.value.message == (
        f"{path}: is a tar archive, expected a list of {{image_id, category_id, segmentation, "
        "score}. Unpack it."
    )


@pytest.mark.parametrize(
    "data",
    [lzma.compress(TEXT)[:-20], bz2.compress(TEXT)[:-5], zipped(("a.json", TEXT))[:-30]],
)
def test_damaged_archives_are_refused(data: bytes, tmp_path: Path) -> None:
    assert refusal(tmp_path / "a", data).code == "bad-archive"


def test_archives_unpack_up_to_the_limit(tmp_path: Path) -> None:
    blank = b" " * (1 << 25)
    with raised(unpacked_bytes=1 << 20, unpacked_ratio=10):
        for data in (lzma.compress(blank), bz2.compress(blank), zipped(("a.json", blank))):
            assert refusal(tmp_path / "a", data).code == "limit"
        text_of(tmp_path / "b", gzip.compress(TEXT))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_of_zip_that_know_no_limit_are_refused(method: int, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("preds.json", TEXT)
    assert refusal(path, path.read_bytes()).message == (
        f"{path}: cannot be unpacked (compressed by another method than deflate)."
    )


def test_an_archive_of_arrays_is_named(tmp_path: Path) -> None:
    path = tmp_path / "masks.npz"
    np.savez(path, masks=np.zeros((2, 3), bool))
    with pytest.raises(FormatError) as caught:
        open_content(path)
    assert caught.value.message == (
        f"{path}: is an archive of numpy arrays (.npz), expected a file of JSON. Label maps go "
        "with `mean_iou`; arrays of predictions with `segeval.data.predictions_from_arrays`."
    )
