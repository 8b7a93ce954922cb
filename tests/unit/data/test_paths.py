"""Questions about paths that no file system takes."""

from __future__ import annotations

import pytest

from segeval.data.paths import exists, is_file, is_folder


@pytest.mark.parametrize("name", ["x" * 9999, "null\x00inside", "a/" * 5000, ""])
def test_an_impossible_name_is_no_file_and_no_folder(name: str) -> None:
    assert not is_file(name)
    assert is_folder(name) is (name == "")  # the current one
    assert not exists(name) or name == ""
