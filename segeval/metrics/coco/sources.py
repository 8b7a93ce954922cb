"""Where a result came from, for those who look at its images later; the files are not kept."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segeval.data import GroundTruth, Predictions
from segeval.data.files import STANDARD_INPUT
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments

Stamp = tuple[int, int]
"""Bytes of a file, and when it was written."""


@dataclass(frozen=True, eq=False)
class Source:
    """One input as the caller gave it: paths, or columns as long as others keep them in memory.

    Attributes:
        paths: of files; empty for columns and records in memory.
        stamps: of the files as they were evaluated, None for what is no file.
        column: gives the columns, or None once they are gone; None where there are none.
    """

    paths: tuple[str, ...] = ()
    stamps: tuple[Stamp | None, ...] = ()
    column: Callable[[], Any] | None = None

    @classmethod
    def of(cls, given: Any) -> Source:
        """The source of an input.

        Args:
            given: as `average_precision` takes it; nothing is kept of records in memory.
        """
        if isinstance(given, GroundTruth | Predictions):
            return cls(column=weakref.ref(given))
        several = given if isinstance(given, list | tuple) else [given]
        if not several or not all(isinstance(each, str | Path) for each in several):
            return cls()
        paths = tuple(str(each) for each in several)
        return cls() if STANDARD_INPUT in paths else cls(paths, tuple(map(_stamp, paths)))

    def get(self) -> Any:
        """What to evaluate again; None if it is gone.

        Raises:
            InputError: for a file that has changed.
        """
        if self.column is not None:
            return self.column()
        for path, stamp in zip(self.paths, self.stamps, strict=True):
            if stamp != _stamp(path):
                raise InputError(
                    f"{path}: has changed since it was evaluated, expected the same file. Evaluate "
                    "it again.",
                    code="changed-file",
                    path=path,
                )
        return list(self.paths) if len(self.paths) > 1 else next(iter(self.paths), None)


@dataclass(frozen=True, eq=False)
class Sources:
    """Both inputs of an evaluation, and its arguments."""

    preds: Source
    gt: Source
    arguments: Arguments

    @classmethod
    def of(cls, preds: Any, gt: Any, arguments: Arguments) -> Sources:
        """The sources of an evaluation that begins."""
        return cls(Source.of(preds), Source.of(gt), arguments)


def _stamp(path: str) -> Stamp | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - a name may be no path at all
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns


def found_again(sources: Sources | None, name: str, given: Any, call: str) -> Any:
    """One of the inputs of a result: what the caller gives, or what the result came from.

    Args:
        sources: of the result; None where it was not made from inputs.
        name: "preds" or "gt".
        given: by the caller, None for nothing.
        call: a call with the input, for the message.

    Raises:
        InputError: if it is gone, or a file has changed.
    """
    source = None if sources is None else getattr(sources, name)
    found = given if given is not None or source is None else source.get()
    if found is None:
        what = "predictions" if name == "preds" else "ground truth"
        raise InputError(
            f"the result no longer holds its {what}: only files, and columns that are still in "
            f"memory, are found again. Give them: `{call}`.",
            code="files-gone",
            option=name,
        )
    return found
