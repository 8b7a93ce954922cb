"""Lists of predictions whose lines are far too long."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.data.cityscapes.prediction_lists import read_list
from segeval.errors import FormatError


@pytest.mark.parametrize("line", ["m" * 300_000 + " 26 0.9", "\0" * 300_007])
def test_a_line_without_end_is_not_shown_whole(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(line)
    with pytest.raises(FormatError) as problem:
        read_list(path, tmp_path, None)
    assert problem.value.message == (
        f"{path} line 1: {line[:40]!r}... has 300,007 characters, expected at most 4,200."
    )
