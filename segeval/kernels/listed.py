"""The list of kernels that ordinary work needs, with the types of their arguments.

It lets kernels be compiled before they are called: several at a time on the first run (`crew`), or
all when a wheel is built (`wheel`). `python -m tests.kernel_list` makes it by doing the work.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from segeval.kernels.call import Signature
from segeval.kernels.function import KernelFunction
from segeval.kernels.store import as_tuples

FILE = Path(__file__).with_suffix(".json")


class Listed(NamedTuple):
    """A kernel of the list.

    Attributes:
        module: where it is defined.
        name: of its function there.
        signature: the types of its arguments.
    """

    module: str
    name: str
    signature: Signature

    def function(self) -> Callable[..., Any]:
        """Its Python function.

        Raises:
            LookupError: if there is no such kernel.
        """
        found = getattr(import_module(self.module), self.name, None)
        if not isinstance(found, KernelFunction):
            raise LookupError(f"{self.module} has no kernel {self.name}")
        return found.function


@cache
def by_purpose() -> dict[str, list[Listed]]:
    """Kernels of each kind of work, in the best order to compile them; none without the list."""
    try:
        told = json.loads(FILE.read_bytes())
    except OSError:  # in an archive, or left out by who has put a program together
        return {}
    return {purpose: [_listed(row) for row in rows] for purpose, rows in told.items()}


def all_listed() -> list[Listed]:
    """Every kernel of the list, once."""
    return list(dict.fromkeys(each for listed in by_purpose().values() for each in listed))


def written(purposes: dict[str, list[Listed]]) -> str:
    """The content of the list's file, a line for each kernel.

    Example:
        >>> print(written({"masks": [Listed("segeval.masks.area", "sums", ("i8",))]}))
        {"masks": [
         ["segeval.masks.area", "sums", ["i8"]]
        ]}
    """
    parts = (
        f"{json.dumps(purpose)}: [\n " + ",\n ".join(json.dumps(row) for row in rows) + "\n]"
        for purpose, rows in purposes.items()
    )
    return "{" + ",\n".join(parts) + "}"


def _listed(row: list[Any]) -> Listed:
    """A kernel from its row of the file."""
    module, name, signature = row
    return Listed(module, name, as_tuples(signature))
