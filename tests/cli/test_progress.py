"""What a command says while it works."""

from __future__ import annotations

import sys
import time

import pytest

from segeval_cli.progress import searching


def test_a_search_says_what_is_known_so_far(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with searching("searching") as tell:
        tell("3 candidates, best AP 44.1")
        time.sleep(0.3)
    out, err = capsys.readouterr()
    assert out == ""
    assert "searching: 3 candidates, best AP 44.1" in err


def test_a_file_hears_nothing_of_a_search(capsys: pytest.CaptureFixture[str]) -> None:
    with searching("searching") as tell:
        tell("3 candidates")
    assert capsys.readouterr() == ("", "")
