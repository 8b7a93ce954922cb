"""No module imports itself through others; imports in functions and for types alone count too."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCES = {"segeval": "segeval", "segeval_cli": "cli/segeval_cli"}


def modules(root: Path) -> dict[str, Path]:
    """Files of all modules, by name."""
    found = {}
    for package, folder in SOURCES.items():
        for path in (root / folder).rglob("*.py"):
            parts = path.relative_to(root / folder).with_suffix("").parts
            names = [package, *(part for part in parts if part != "__init__")]
            found[".".join(names)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Modules that a file imports anywhere; a name counts for its module, not for the package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else str(node.module) for name in names}
    return found & known.keys()


def test_no_imports_run_in_a_circle(root: Path) -> None:
    known = modules(root)
    graph = {name: imports(path, known) - {name} for name, path in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))
