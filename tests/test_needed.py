"""What needs a package is left out where the package is missing."""

from __future__ import annotations

import re
from pathlib import Path

from tests.needed import NEED

IMPORTS = re.compile(rf"^(?:import|from) (?:{'|'.join(NEED)})\b", re.MULTILINE)


def test_every_module_that_imports_such_a_package_is_listed(root: Path) -> None:
    listed = [root / each for paths in NEED.values() for each in paths]
    assert [path for path in listed if not path.exists()] == []
    collected = [
        path
        for folder in ("tests", "segeval", "cli")
        for path in (root / folder).rglob("*.py")
        if "bench" not in path.parts
    ]
    assert [
        path
        for path in collected
        if IMPORTS.search(path.read_text()) and not any(map(path.is_relative_to, listed))
    ] == []
