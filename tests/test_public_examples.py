"""Every public name of the reference has an example, which runs as a test of its module."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, is_typeddict

import pytest

import segeval

REFERENCE = Path(__file__).parent.parent / "docs" / "pages" / "reference"
SHOWN = re.compile(r"^::: (\S+)\n((?: +\S.*\n)*)", re.MULTILINE)
MEMBER = re.compile(r"^ +- (\w+)$", re.MULTILINE)
OTHERS = {
    "segeval.adapters": ("detectron2", "lightning", "mmengine", "torchmetrics", "transformers"),
    "segeval.models": ("torch",),
}
"""Rooms that need packages of other people."""


def shown() -> Iterator[tuple[str, str]]:
    """Places in the reference, and a public name in each."""
    yield from (("segeval", name) for name in segeval.__all__)
    for page in sorted(REFERENCE.glob("*.md")):
        for place, options in SHOWN.findall(page.read_text(encoding="utf-8") + "\n"):
            if not _can_be_had(place):
                continue
            found = _value(place)
            if not isinstance(found, ModuleType):
                home, _, name = place.rpartition(".")
                yield home, name
                continue
            own = [
                name
                for name, value in vars(found).items()
                if not name.startswith("_") and getattr(value, "__module__", None) == place
            ]
            names = MEMBER.findall(options) or getattr(found, "__all__", own)
            yield from ((place, name) for name in names)


def _can_be_had(place: str) -> bool:
    """Whether all that a place of the reference imports is installed."""
    for room, packages in OTHERS.items():
        if place.startswith(room):
            wanted = [each for each in packages if each in place] or packages[:1]
            return all(find_spec(each) is not None for each in wanted)
    return True


def _value(place: str) -> Any:
    try:
        return import_module(place)
    except ModuleNotFoundError:
        home, _, name = place.rpartition(".")
        return getattr(import_module(home), name)


def _has_example(value: Any) -> bool:
    """Whether it, or a method of a class, shows how it is used."""
    texts = [value.__doc__ or ""]
    if inspect.isclass(value):
        members = inspect.getmembers(value)
        texts += [inspect.getdoc(each) or "" for name, each in members if not name.startswith("_")]
    return any(">>> " in text or "Example:" in text for text in texts)


def _is_told_elsewhere(value: Any) -> bool:
    """What others make: records, errors, and what a class of somebody's own has to offer."""
    return inspect.isclass(value) and (
        is_dataclass(value)
        or issubclass(value, Exception)
        or getattr(value, "_is_protocol", False)
        or is_typeddict(value)
        or hasattr(value, "_fields")
    )


def test_every_public_name_has_an_example() -> None:
    lacking = {
        f"{home}.{name}"
        for home, name in shown()
        for value in [getattr(_value(home), name)]
        if callable(value) and not _is_told_elsewhere(value) and not _has_example(value)
    }
    assert lacking == set()


@pytest.mark.parametrize("name", segeval.__all__)
def test_every_name_of_the_package_has_a_docstring(name: str) -> None:
    value = getattr(segeval, name)
    assert isinstance(value, str) or value.__doc__
