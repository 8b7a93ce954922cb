"""Headers of part files with one value replaced or missing: read, or refused in plain words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval.errors import SegevalError
from tests.fuzz.formats import formats
from tests.fuzz.part_formats import HEADER, MEMBERS
from tests.spoilt_json import ABSENT, places, with_value

VALUES: tuple[Any, ...] = (2**64, 10**400, "x", [1], ABSENT)
"""Values that a field may not expect; each field is tried with two of them."""


@pytest.mark.parametrize("task", ["ap", "miou", "pq"])
def test_any_value_of_a_header_gives_a_result_or_a_refusal(task: str, tmp_path: Path) -> None:
    format_ = formats()[f"part-{task}-members"]
    format_.make(tmp_path)
    format_.run(tmp_path)
    header = tmp_path / MEMBERS / HEADER
    sound = json.loads(header.read_text())
    refused = 0
    for number, place in enumerate(places(sound, most=2)):
        for value in (VALUES[number % len(VALUES)], VALUES[(number + 2) % len(VALUES)]):
            header.write_text(json.dumps(with_value(sound, place, value)))
            try:
                format_.run(tmp_path)
            except SegevalError:
                refused += 1
            except Exception as fault:
                fault.add_note(f"{place} = {value!r:.40}")
                raise
    assert refused > 40
