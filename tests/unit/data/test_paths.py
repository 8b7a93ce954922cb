"""Questions about paths that no file system takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.data.paths import exists, is_csv, is_file, is_folder


@pytest.mark.parametrize("name", ["x" * 9999, "null\x00inside", "a/" * 5000, ""])
def test_an_impossible_name_is_no_file_and_no_folder(name: str) -> None:
    assert not is_file(name)
    assert is_folder(name) is (name == "")  # the current one
    assert not exists(name) or name == ""
    assert not is_csv(name)


def test_a_csv_file_is_known_by_the_end_of_its_name_and_a_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    names = ("a.csv", "b.CSV", "c.csv.gz", "d.csv.xz", "e.csv.json", "f.csv.2023", "folder.csv")
    assert [name for name in names if is_csv(tmp_path / name)] == list(names[:4])
    assert not is_csv({"images": []})
