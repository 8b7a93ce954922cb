"""Where a result came from, for those who look at its images later; the files are not kept."""

from __future__ import annotations

import os
import stat
import weakref
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from segeval.data import GroundTruth, Predictions
from segeval.data.files import STANDARD_INPUT
from segeval.data.folder_files import files_below
from segeval.data.panoptic.columns import PanopticSegments
from segeval.errors import InputError

Stamp = tuple[int, int]
"""Bytes of a file, or of all files of a folder, and when it, or the newest one, was written."""


@dataclass(frozen=True, eq=False)
class Source:
    """One input as the caller gave it: paths, or columns as long as others keep them in memory.

    Attributes:
        paths: of files or folders; empty for columns and records in memory.
        beside: of folders that belong to them, such as that of the pictures of a panoptic file.
        stamps: of both as they were evaluated, None for what is neither file nor folder.
        column: gives the columns, or None once they are gone; None where there are none.
        is_list: whether the paths were given as a list.
    """

    paths: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    stamps: tuple[Stamp | None, ...] = ()
    column: Callable[[], Any] | None = None
    is_list: bool = False

    @classmethod
    def of(cls, given: Any, *beside: str | Path) -> Source:
        """The source of an input.

        Args:
            given: as the function of the evaluation takes it; nothing is kept of records and arrays
                in memory.
            beside: folders that belong to it.
        """
        if isinstance(given, GroundTruth | Predictions | PanopticSegments):
            return cls(column=weakref.ref(given))
        is_list = isinstance(given, list | tuple)
        several = given if is_list else [given]
        if not several or not all(isinstance(each, str | Path) for each in several):
            return cls()
        paths, more = tuple(map(str, several)), tuple(map(str, beside))
        if STANDARD_INPUT in paths:
            return cls()
        return cls(paths, more, tuple(map(_stamp, (*paths, *more))), is_list=is_list)

    def get(self) -> Any:
        """What to evaluate again; None if it is gone.

        Raises:
            InputError: for a file, or files of a folder, that have changed.
        """
        if self.column is not None:
            return self.column()
        for path, stamp in zip((*self.paths, *self.beside), self.stamps, strict=True):
            if stamp != _stamp(path):
                raise InputError(
                    f"{path}: has changed since it was evaluated, expected the same file. Evaluate "
                    "it again.",
                    code="changed-file",
                    path=path,
                )
        return [*self.paths] if self.is_list else next(iter(self.paths), None)


@dataclass(frozen=True, eq=False)
class Sources:
    """Both inputs of an evaluation, and its arguments: those that were given, or all of them."""

    preds: Source
    gt: Source
    arguments: Any

    @classmethod
    def of(cls, preds: Any, gt: Any, arguments: Any) -> Sources:
        """The sources of an evaluation that begins."""
        return cls(Source.of(preds), Source.of(gt), arguments)


def arguments_given(arguments: Any) -> dict[str, Any]:
    """The arguments of an evaluation that differ from their defaults, by name.

    Args:
        arguments: of `Sources`.
    """
    if isinstance(arguments, Mapping):
        return dict(arguments)
    return {
        each.name: getattr(arguments, each.name)
        for each in fields(arguments)
        if each.default is MISSING or getattr(arguments, each.name) != each.default
    }


def _stamp(path: str) -> Stamp | None:
    """The stamp of a file or folder."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a name may be no path at all
        if not stat.S_ISDIR(found.st_mode):
            return found.st_size, found.st_mtime_ns
        files = [each.stat() for each in files_below(Path(path), "*")]
    except (OSError, ValueError):
        return None
    return sum(each.st_size for each in files), max((each.st_mtime_ns for each in files), default=0)


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
