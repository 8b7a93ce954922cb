"""The log of a run on a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.models.training.events import Evaluated
from segeval.models.training.log import Log
from tests.full_disk import most_bytes


def test_a_full_disk_is_told_with_the_path_of_the_log(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.jsonl")
    event = Evaluated(9, {"AP": 0.5}, "AP", True, 1.0)
    log.write(event)
    with most_bytes(50), pytest.raises(OSError, match="File too large") as problem:
        log.write(event)
    log.close()
    assert problem.value.filename == str(tmp_path / "log.jsonl")
