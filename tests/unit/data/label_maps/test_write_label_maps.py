"""Label maps are written as they are, and a folder of them whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval.data.label_maps import write as write_label_maps
from segeval.data.label_maps.write import whole_folder, write_label_map
from segeval.data.pictures.png import read_label_map
from segeval.errors import InputError


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_labels_come_back(tmp_path: Path, dtype: type[Any]) -> None:
    labels: NDArray[Any] = np.array([[0, 7, 255], [1, 2, np.iinfo(dtype).max]], dtype)
    write_label_map(tmp_path / "new" / "a.png", labels)
    found, has_palette = read_label_map(tmp_path / "new" / "a.png")
    assert found.dtype == dtype
    assert found.tolist() == labels.tolist()
    assert not has_palette


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_appears_when_it_is_complete(tmp_path: Path, exists: bool) -> None:
    target = tmp_path / "maps"
    if exists:
        target.mkdir()
    with whole_folder(target) as folder:
        (folder / "a").touch()
        assert not (target / "a").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["maps", "a"]


def test_nothing_is_left_of_a_folder_that_was_not_finished(tmp_path: Path) -> None:
    with suppress(KeyError), whole_folder(tmp_path / "maps") as folder:
        (folder / "a").touch()
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / f".{'0' * 32}.maps"
    other = tmp_path / f".{'0' * 32}.others"
    for folder in (left, other):
        folder.mkdir()
        (folder / "a.png").touch()
    with whole_folder(tmp_path / "maps"):
        assert left.exists()  # it may just have been made
    monkeypatch.setattr(write_label_maps, "BEGINNING", -1.0)
    (tmp_path / "maps").rmdir()
    with whole_folder(tmp_path / "maps") as one, whole_folder(tmp_path / "maps"):
        assert one.exists()  # in use
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.name, "maps"]


def test_files_that_are_there_are_not_lost(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "old").touch()
    with pytest.raises(InputError, match="maps: is not empty"):
        whole_folder(tmp_path / "maps").__enter__()
    with pytest.raises(InputError, match="old: is a file, expected a folder"):
        whole_folder(tmp_path / "maps" / "old").__enter__()
    with pytest.raises(InputError, match="there is no folder"):
        whole_folder(tmp_path / "a" / "b").__enter__()
