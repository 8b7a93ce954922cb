"""Part files, written and read array by array.

A part file is a zip archive of NumPy arrays, laid out like the bytes of `packing`: nothing is
compressed or pickled, every array has a checksum, and the member `header.npy` holds UTF-8 JSON with
the key `schema`. The comment of the archive is a hash of names and checksums of all members, which
tells two files that were joined byte by byte, and members of another file, from a part. No more
than one array is in memory at a time, unless the caller keeps it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from segeval.data.whole_files import whole_file
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.parts.beginning import HEADER
from segeval.metrics.parts.members import DAMAGE, array_of, members_of
from segeval.words import counted

SCHEMA = "segeval/part/6"
"""Name and version of part files."""

LONGEST_HEADER = 1 << 28
"""Most bytes of a header."""

READERS = {"ap": "ap_of_part", "miou": "mean_iou_of_part", "pq": "panoptic_quality_of_part"}
"""The function that reads the parts of each task."""


def seal(archive: zipfile.ZipFile) -> bytes:
    """A hash of names, lengths and checksums of the members of an archive, as its comment holds it.

    Args:
        archive: to read from, or whose last member was written.
    """
    members = [[each.filename, each.file_size, each.CRC] for each in archive.infolist()]
    return hashlib.sha256(json.dumps(members).encode()).hexdigest().encode()


class PartWriter:
    """Writes a part file array by array.

    Args:
        file: to write to.
        header: plain values.
    """

    def __init__(self, file: BinaryIO, header: Mapping[str, Any]) -> None:
        self._archive = zipfile.ZipFile(file, "w")
        text = json.dumps({"schema": SCHEMA, **header}, allow_nan=False, sort_keys=True)
        try:
            self.add(HEADER, np.frombuffer(text.encode(), np.uint8))
        except BaseException:
            self.abandon()
            raise

    def add(self, name: str, array: NDArray[Any]) -> None:
        """Write an array of numbers or bools under a name that no other has."""
        with self._archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)

    def close(self) -> None:
        """Write the list of members, without which nobody can read the file."""
        self._archive.comment = seal(self._archive)
        self._archive.close()

    def abandon(self) -> None:
        """Write no more: an archive that is let go of would end its file, which is closed then."""
        self._archive.fp = None


@contextmanager
def written_part(path: str | Path, header: Mapping[str, Any]) -> Iterator[PartWriter]:
    """A part file to write to, which appears whole or not at all.

    Raises:
        InputError: if the folder does not exist, or the path is no file.
    """
    with whole_file(Path(path)) as file:
        writer = PartWriter(file, header)
        try:
            yield writer
            writer.close()
        except BaseException:
            writer.abandon()
            raise


class PartReader:
    """A part file, whose arrays are read one at a time.

    Args:
        path: of the file.

    Attributes:
        name: of the file, for messages.
        header: the plain values.

    Raises:
        InputError: if there is no such file, or it is a pipe.
        FormatError: if it is something else, damaged, or of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.name = str(path)
        try:
            self._file = Path(path).open("rb")  # noqa: SIM115  (closed by `close`)
        except OSError as problem:
            why = problem.strerror or "cannot be read"
            raise InputError(
                f"{path}: {why[:1].lower()}{why[1:]}.", code="no-file", path=str(path)
            ) from None
        if not self._file.seekable():
            self.close()
            raise InputError(
                f"{path}: is a pipe, and a part is not read from front to back. Write it to a "
                "file.",
                code="standard-input",
                path=str(path),
            )
        try:
            self.header = self._opened()
        except FormatError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _opened(self) -> dict[str, Any]:
        """The header, once the list of members makes sense."""
        try:
            self._archive = zipfile.ZipFile(self._file)
            self._members = members_of(self._archive)
            if self._members[HEADER].file_size > LONGEST_HEADER:
                raise ValueError("the header is too long")
            header = json.loads(self._read(HEADER).tobytes())
            schema = header["schema"]
        except DAMAGE:
            raise self.damaged() from None
        if schema != SCHEMA:
            raise FormatError(
                f"{self.name}: schema is {schema!r}, expected {SCHEMA!r}. Match anew with this "
                "version.",
                code="schema",
                path=self.name,
            )
        self._check_seal()
        return dict(header)

    def _check_seal(self) -> None:
        """Refuse a file that holds other members than were written, or more than these.

        Raises:
            FormatError: for bytes before the part or behind it, and for other members.
        """
        comment = self._archive.comment
        self._file.seek(-len(comment), os.SEEK_END)
        if self._file.read() != comment or comment != seal(self._archive):
            raise self.damaged()
        before = min(each.header_offset for each in self._members.values())
        if before:
            raise FormatError(
                f"{self.name}: the part begins after {counted(before, 'byte')} of something else. "
                "Files of several parts are joined by `merge_parts` alone.",
                code="bad-part",
                path=self.name,
            )

    @property
    def task(self) -> str:
        """What was matched or counted: a key of `READERS`.

        Raises:
            FormatError: if it is something else.
        """
        found = self.header.get("task")
        if not isinstance(found, str) or found not in READERS:
            raise FormatError(
                f"{self.name}: is a part of {found!r}, expected one of {', '.join(READERS)}. It "
                "may be of a later version.",
                code="task",
                path=self.name,
            )
        return found

    def check_task(self, expected: str) -> None:
        """Refuse parts of another task.

        Args:
            expected: a key of `READERS`.

        Raises:
            FormatError: names the function for its task.
        """
        if self.task != expected:
            raise FormatError(
                f"{self.name}: is a part of {self.task}, expected one of {expected}. Read it by "
                f"`{READERS[self.task]}({self.name!r})`.",
                code="task",
                path=self.name,
            )

    @property
    def names(self) -> frozenset[str]:
        """Names of the arrays, that of the header included."""
        return frozenset(self._members)

    def has(self, name: str) -> bool:
        """Whether there is an array of a name."""
        return name in self._members

    def array(self, name: str) -> NDArray[Any]:
        """One array, after its checksum was found right.

        Raises:
            FormatError: if the file has none of that name, or it is damaged.
        """
        try:
            return self._read(name)
        except DAMAGE:
            raise self.damaged(name) from None

    def _read(self, name: str) -> NDArray[Any]:
        return array_of(self._archive.read(self._members[name]))

    def damaged(self, name: str | None = None) -> FormatError:
        """The error for a file that is something else, or damaged."""
        where = "" if name is None else f" ({name})"
        return FormatError(
            f"{self.name}: is no part of an evaluation, or is damaged{where}.",
            code="bad-part",
            path=self.name,
        )


def check_some(paths: Sequence[str | Path]) -> None:
    """Refuse a list of no part files.

    Raises:
        InputError: for it.
    """
    if not paths:
        raise InputError("`parts` is empty, expected at least one.", code="parts", option="parts")


def task_of_parts(paths: Sequence[str | Path]) -> str:
    """The task of some part files, which all must share: a key of `READERS`.

    Raises:
        InputError: if there is no such file, or no file at all.
        FormatError: if one is something else, damaged, or of another version.
        MismatchError: if two have different tasks.
    """
    check_some(paths)
    found = []
    for path in paths:
        with PartReader(path) as reader:
            found.append(reader.task)
        if found[-1] != found[0]:
            raise MismatchError(
                f"{path}: is a part of {found[-1]}, {paths[0]} one of {found[0]}. Only parts of "
                "one task go together.",
                code="task",
                path=str(path),
            )
    return found[0]
