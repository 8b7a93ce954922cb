"""Names of the files of each part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from segeval.data.files import STANDARD_INPUT, is_same_file
from segeval.data.opening import is_pipe
from segeval.data.paths import PACKED
from segeval.errors import InputError

WRITTEN = ".gz"
"""The ending of packed files that are written as well as read."""


def name_of_part(path: str | Path, part: str) -> str:
    """The name of a file of a part.

    Example:
        >>> name_of_part("runs/preds.json.gz", "fit"), name_of_part("gt.json.xz", "fit")
        ('preds.fit.json.gz', 'gt.fit.json')
    """
    name = Path(path).name
    packed = next((ending for ending in PACKED if name.endswith(ending)), "")
    plain = Path(name.removesuffix(packed))
    return f"{plain.stem}.{part}{plain.suffix or '.json'}{packed if packed == WRITTEN else ''}"


def check_names(paths: Sequence[str | Path], parts: Iterable[str], folder: Path) -> None:
    """Refuse files whose parts would have one name, or replace an input.

    Raises:
        InputError: names the files.
    """
    first: dict[str, str | Path] = {}
    for path in paths:
        if str(path) == STANDARD_INPUT or is_pipe(path):
            what = "standard input" if str(path) == STANDARD_INPUT else f"{path}: is a pipe, which"
            raise InputError(
                f"{what} has no name that those of its parts could follow. Give the path of a "
                "file.",
                code="standard-input",
            )
        if paths.count(path) > 1:
            raise _twice(path)
        for part in parts:
            name = name_of_part(path, part)
            other = first.setdefault(name.casefold(), path)
            if other != path:
                if is_same_file(Path(path), Path(other)):
                    raise _twice(path)
                raise InputError(
                    f"{path}: its parts would have the names of those of {other}, such as {name}. "
                    "Split them one after the other, into a folder each: the parts depend on the "
                    "ground truth and the seed alone.",
                    code="split-names",
                    path=str(path),
                )
            for read in paths:
                if is_same_file(folder / name, Path(read)):
                    raise InputError(
                        f"{folder / name}: is an input file and would be lost. Name another "
                        "folder.",
                        code="output",
                        path=str(folder / name),
                    )


def _twice(path: str | Path) -> InputError:
    """The error for a file that is given twice."""
    return InputError(f"{path}: is given twice.", code="input-twice", path=str(path))
