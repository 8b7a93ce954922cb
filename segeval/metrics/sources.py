"""Where a result came from, for those who look at its images later; the files are not kept."""

from __future__ import annotations

import filecmp
import hashlib
import os
import stat
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, field, fields
from pathlib import Path
from typing import Any

from segeval.data import GroundTruth, Predictions
from segeval.data.files import STANDARD_INPUT
from segeval.data.folder_files import files_below
from segeval.data.panoptic.columns import PanopticSegments
from segeval.errors import InputError
from segeval.frozen import frozen

FilesRead = Callable[[Path], Iterable[Path]]
"""The files of a folder that an evaluation reads; others may come and go."""


def every_file(folder: Path) -> list[Path]:
    """All files of a folder and its subfolders."""
    return files_below(folder, "*")


class HeldColumns:
    """Columns as long as others keep them in memory; a pickled result leaves them behind."""

    def __init__(self, columns: Any = None) -> None:
        self._columns = None if columns is None else weakref.ref(columns)

    def __call__(self) -> Any:
        """The columns, None once they are gone."""
        return None if self._columns is None else self._columns()

    def __deepcopy__(self, memo: dict[int, Any]) -> HeldColumns:
        return self

    def __reduce__(self) -> tuple[type[HeldColumns], tuple[()]]:
        return HeldColumns, ()


@frozen(eq=False)
class Source:
    """One input as the caller gave it: paths, or columns as long as others keep them in memory.

    Attributes:
        paths: of files or folders; empty for columns and records in memory.
        beside: of folders that belong to them, such as that of the pictures of a panoptic file.
        places: both as absolute paths, by which they are found from another working directory.
        stamps: of both as they were evaluated, None for what is neither file nor folder.
        column: gives the columns, or None once they are gone; None where there are none.
        is_list: whether the paths were given as a list.
        files: of a folder, those that are read.
    """

    paths: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    stamps: tuple[str | None, ...] = ()
    column: Callable[[], Any] | None = None
    is_list: bool = False
    files: FilesRead = every_file

    @classmethod
    def of(cls, given: Any, *beside: str | Path, files: FilesRead = every_file) -> Source:
        """The source of an input.

        Args:
            given: as the function of the evaluation takes it; nothing is kept of records and arrays
                in memory.
            beside: folders that belong to it.
            files: those of a folder that are read.
        """
        if isinstance(given, GroundTruth | Predictions | PanopticSegments):
            return cls(column=HeldColumns(given))
        is_list = isinstance(given, list | tuple)
        several = given if is_list else [given]
        if not several or not all(isinstance(each, str | Path) for each in several):
            return cls()
        paths, more = tuple(map(str, several)), tuple(map(str, beside))
        if STANDARD_INPUT in paths:
            return cls()
        places = tuple(map(_absolute, (*paths, *more)))
        stamps = tuple(_stamp(place, files) for place in places)
        return cls(paths, more, places, stamps, is_list=is_list, files=files)

    def get(self) -> Any:
        """What to evaluate again; None if it is gone.

        Returns:
            Columns, or paths as they were given: absolute ones from another working directory.

        Raises:
            InputError: for a file or folder that is not there any more, or has changed.
        """
        if self.column is not None:
            return self.column()
        for path, place, stamp in zip(
            (*self.paths, *self.beside), self.places, self.stamps, strict=True
        ):
            now = _stamp(place, self.files)
            if now != stamp:
                _refuse(path, place)
        found = [
            path if _absolute(path) == place else place
            for path, place in zip(self.paths, self.places, strict=False)
        ]
        return found if self.is_list else next(iter(found), None)

    def holds_the_same(self, other: Source) -> bool | None:
        """Whether two inputs are the same, wherever they are; None where that cannot be told.

        Args:
            other: as it was evaluated; both are as they were then.
        """
        if self.column is not None and other.column is not None:
            return True if self.column() is other.column() is not None else None
        if not (self.paths and other.paths):
            return None
        if len(self.paths) != len(other.paths):
            return False
        own, its = (zip(each.places, each.stamps, strict=True) for each in (self, other))
        return all(
            (place, stamp) == found or _same_files(Path(place), Path(found[0]), self.files)
            for (place, stamp), found in zip(own, its, strict=False)  # a file may lack its folder
        )


@frozen(eq=False)
class Sources:
    """Both inputs of an evaluation, and its arguments: those that were given, or all of them.

    Attributes:
        preds: the predictions.
        gt: the ground truth.
        arguments: a mapping of those that were given, or a dataclass of all.
        named: arguments that are paths, by their names.
    """

    preds: Source
    gt: Source
    arguments: Any
    named: Mapping[str, Source] = field(default_factory=dict)

    @classmethod
    def of(cls, preds: Any, gt: Any, arguments: Any) -> Sources:
        """The sources of an evaluation that begins."""
        return cls(Source.of(preds), Source.of(gt), arguments)

    def given(self) -> dict[str, Any]:
        """The arguments that differ from their defaults, by name; paths are found again.

        Raises:
            InputError: for a file that is not there any more, or has changed.
        """
        named = {name: source.get() for name, source in self.named.items()}
        return arguments_given(self.arguments) | named


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


def _absolute(path: str) -> str:
    """The absolute path of an input, whose links stay."""
    return os.path.abspath(path)  # noqa: PTH100 - a name may be no path at all


def _same_files(own: Path, other: Path, files: FilesRead) -> bool:
    """Whether two files, or two folders with what is read of them, have the same bytes."""
    if own.is_dir() != other.is_dir():
        return False
    if not own.is_dir():
        return filecmp.cmp(own, other, shallow=False)
    names = [[each.relative_to(folder) for each in files(folder)] for folder in (own, other)]
    return names[0] == names[1] and all(
        filecmp.cmp(own / name, other / name, shallow=False) for name in names[0]
    )


def _refuse(path: str, place: str) -> None:
    """Refuse an input that is not as it was evaluated.

    Raises:
        InputError: says what became of it.
    """
    if not os.path.exists(place):  # noqa: PTH110 - a name may be no path at all
        where = "" if path == place else f" It was {place}."
        raise InputError(
            f"{path}: not found, expected what was evaluated.{where}", code="no-file", path=path
        )
    raise InputError(
        f"{path}: has changed since it was evaluated, expected the same file. Evaluate it again.",
        code="changed-file",
        path=path,
    )


def _stamp(path: str, files: FilesRead) -> str | None:
    """Names, sizes and times of a file, or of those of a folder that are read, as a digest."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a name may be no path at all
        if not stat.S_ISDIR(found.st_mode):
            return f"{found.st_size} {found.st_mtime_ns}"
        digest = hashlib.sha256()
        for name in map(str, files(Path(path))):
            own = os.stat(name)  # noqa: PTH116 - of thousands of files
            digest.update(f"{name} {own.st_size} {own.st_mtime_ns}\n".encode("utf-8", "replace"))
    except (OSError, ValueError, InputError):  # not there, no path, or a folder without such files
        return None
    return digest.hexdigest()


def found_again(sources: Sources | None, name: str, given: Any, call: str) -> Any:
    """One of the inputs of a result: what the caller gives, or what the result came from.

    Args:
        sources: of the result; None where it was not made from inputs.
        name: "preds" or "gt".
        given: by the caller, None for nothing.
        call: a call with the input, for the message.

    Raises:
        InputError: if it is gone, or a file is not there any more, or has changed.
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
