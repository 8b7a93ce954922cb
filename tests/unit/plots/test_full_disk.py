"""Figures on a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.plots.style import new_figure, save
from tests.full_disk import most_bytes


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_full_disk_is_named_whatever_the_format(suffix: str, tmp_path: Path) -> None:
    figure, _ = new_figure()
    path = tmp_path / f"a{suffix}"
    with most_bytes(500), pytest.raises(OSError, match="File too large") as problem:
        save(figure, path)
    assert problem.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []
