"""TOML that was made to take time and memory, or that Python's reader fails at."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from segeval.errors import FormatError, InputError
from segeval.limits import raised
from segeval.models.config import read_config


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = " + "9" * 5000, "not TOML: "),
        ("x = " + "[" * 5000, "not TOML: "),
        ("x = " + "[" * 5000 + "]" * 5000, "not TOML: nested too deep."),
        ("a" + ".a" * 300_000 + " = 1", "not TOML: line 1 has more than 50 dots"),
        ("y = 1\n[" + "1." * 200 + "1]", "not TOML: line 2 has more than 50 dots"),
        ("x = {a" + ".a" * 100 + " = 1}", "not TOML: line 1 has more than 50 dots"),
        ("schedule.learning_rate = 1" + "0" * 400, "schedule.learning_rate is 1000"),
        ("schedule.updates = 0x" + "f" * 9000, "schedule.updates is beyond any use, expected"),
        ("schedule.updates = 1" + "0" * 100, "schedule.updates is 1000"),
        ("input.mean = [" + "1.5, " * 200 + "]", "input.mean is [1.5, 1.5"),
        ("\x00", "not TOML: "),
    ],
)
def test_odd_toml_is_refused_at_once(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(content)
    began = time.process_time()
    with pytest.raises(InputError) as problem:
        read_config(path)
    assert time.process_time() - began < 2
    assert str(problem.value).startswith(f"{path}: {message}")
    assert len(str(problem.value)) < 600


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"x = '\xff'")
    with pytest.raises(FormatError, match=r"a\.toml: not TOML: "):
        read_config(tmp_path / "a.toml")


def test_a_file_above_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("# " + "a" * 2000)
    with raised(file_bytes=1000), pytest.raises(FormatError, match=r"has 2,002 bytes, expected at"):
        read_config(tmp_path / "a.toml")
    assert read_config(tmp_path / "a.toml").name == "a"
