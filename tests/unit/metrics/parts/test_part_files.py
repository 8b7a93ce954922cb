"""Part files hold what was written to them, and nothing else."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval.errors import FormatError, InputError
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from segeval.metrics.parts.beginning import is_part


@pytest.fixture(scope="module")
def two_models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("parts")
    files = furniture(images=6)
    match_part(files.better, files.ground_truth, folder / "a.match")
    match_part(files.weaker, files.ground_truth, folder / "b.match")
    return folder / "a.match", folder / "b.match"


def test_two_parts_in_one_file_are_refused_by_name(
    tmp_path: Path, two_models: tuple[Path, Path]
) -> None:
    path = tmp_path / "both.match"
    first, second = (each.read_bytes() for each in two_models)
    path.write_bytes(first + second)
    words = (
        rf"both\.match: the part begins after {len(first):,} bytes of something else\. "
        r"Files of several parts are joined by `merge_parts` alone\."
    )
    with pytest.raises(FormatError, match=words):
        ap_of_part(path)
    with pytest.raises(FormatError, match=words):
        merge_parts([path], tmp_path / "all.match")


@pytest.mark.parametrize("behind", [b"\0", b"more", b"PK\x05\x06" + bytes(18)])
def test_bytes_behind_a_part_are_refused(
    tmp_path: Path, two_models: tuple[Path, Path], behind: bytes
) -> None:
    path = tmp_path / "longer.match"
    path.write_bytes(two_models[0].read_bytes() + behind)
    with pytest.raises(FormatError, match=r"is no part of an evaluation, or is damaged\."):
        ap_of_part(path)


def test_members_of_another_part_are_refused_though_their_checksums_are_right(
    tmp_path: Path, two_models: tuple[Path, Path]
) -> None:
    one, other = (zipfile.ZipFile(each) for each in two_models)
    path = tmp_path / "mixed.match"
    tried = 0
    with one, other:
        for name in set(one.namelist()) & set(other.namelist()):
            if one.getinfo(name).CRC == other.getinfo(name).CRC:
                continue
            with zipfile.ZipFile(path, "w") as archive:
                archive.comment = one.comment
                for each in one.infolist():
                    source = other if each.filename == name else one
                    archive.writestr(each.filename, source.read(each.filename))
            with pytest.raises(FormatError, match=r"mixed\.match: "):
                ap_of_part(path)
            tried += 1
    assert tried > 5


@pytest.mark.parametrize("name", ["more.npy", "../more.npy", "/more.npy", "rows/0/00000001/score"])
def test_further_members_are_refused(
    tmp_path: Path, two_models: tuple[Path, Path], name: str
) -> None:
    path = shutil.copy(two_models[0], tmp_path / "more.match")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"")
    with pytest.raises(FormatError, match=r"is no part of an evaluation, or is damaged\."):
        ap_of_part(path)


def test_a_part_cut_anywhere_is_refused(tmp_path: Path, two_models: tuple[Path, Path]) -> None:
    data = two_models[0].read_bytes()
    path = tmp_path / "cut.match"
    for length in [*range(0, len(data), len(data) // 50), *range(len(data) - 90, len(data))]:
        path.write_bytes(data[:length])
        with pytest.raises(FormatError, match=r"is no part of an evaluation, or is damaged"):
            ap_of_part(path)


def test_an_image_that_a_part_lacks_is_looked_for_in_the_part(
    tmp_path: Path, two_models: tuple[Path, Path]
) -> None:
    files = furniture(images=6)
    match_part(files.better, files.ground_truth, tmp_path / "half.match", shard=(1, 2))
    with pytest.raises(InputError, match=r"half\.match has no image \"6\"\."):
        ap_of_part(tmp_path / "half.match", images=[6])


def test_a_part_in_place_of_predictions_is_said(two_models: tuple[Path, Path]) -> None:
    from segeval import load_predictions

    words = r"a\.match: is a part file of `match_part`, expected a file of JSON\. It holds matches"
    with pytest.raises(FormatError, match=words):
        load_predictions(two_models[0])


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="needs names of pipes")
def test_a_part_in_a_pipe_is_said(two_models: tuple[Path, Path]) -> None:
    reads, writes = os.pipe()
    os.write(writes, two_models[0].read_bytes()[:4096])
    os.close(writes)
    try:
        with pytest.raises(InputError, match=r"is a pipe, and a part is not read from front"):
            ap_of_part(f"/dev/fd/{reads}")
    finally:
        os.close(reads)


def test_a_pipe_is_no_part_file_and_keeps_its_bytes(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    both_ends = os.open(tmp_path / "pipe", os.O_RDWR)
    os.write(both_ends, b"[]")
    assert not is_part(tmp_path / "pipe")
    assert os.read(both_ends, 9) == b"[]"
    os.close(both_ends)
