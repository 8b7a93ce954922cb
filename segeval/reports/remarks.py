"""Section 2 of any page: what is doubtful about its numbers, and what they were made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from segeval.reports.page_table import PageTable
from segeval.version import __version__

LEVELS = ("error", "warning", "note", "fine")
"""The gravest first."""


@dataclass(frozen=True)
class Remark:
    """Something worth knowing.

    Attributes:
        level: "error", "warning", "note" or "fine".
        text: one sentence or two.
    """

    level: str
    text: str


@dataclass(frozen=True)
class TrustSection:
    """Whether the numbers can be trusted.

    Attributes:
        remarks: the gravest first.
        files: what the numbers were made from.
        command: what makes the page again; "" if that cannot be said.
    """

    remarks: tuple[Remark, ...]
    files: PageTable
    command: str


def gravest_first(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Each remark once, the gravest first."""
    return tuple(sorted(dict.fromkeys(remarks), key=lambda each: LEVELS.index(each.level)))


def package_versions() -> tuple[str, ...]:
    """The packages behind the numbers of any page."""
    own = {"segeval": __version__, **{name: version(name) for name in ("numpy", "numba")}}
    return tuple(map(" ".join, own.items()))
