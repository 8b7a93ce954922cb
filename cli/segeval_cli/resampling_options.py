"""Options of every command whose intervals come from images drawn anew, and their replicates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from segeval_cli import visible
from segeval_cli.options import OUTPUT, Panel
from segeval_cli.output import check_target, write_rows
from segeval_cli.streams import say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INTERVALS = Panel("Intervals")

REPLICATE_FILES = (".csv", ".npz")
"""Formats of the file of replicates."""

PATHS = "paths"
"""Name of the array of key paths; a model of this name gets a longer one."""

Ci = Annotated[
    bool,
    INTERVALS.option(
        "--ci", "Also compute 95 % intervals of all numbers, from images drawn with replacement."
    ),
]
Resamples = Annotated[
    int, INTERVALS.option("--resamples N", "How often images are drawn.", show_default=True)
]
Seed = Annotated[
    int, INTERVALS.option("--seed N", "Another seed draws other images.", show_default=True)
]
Groups = Annotated[
    str | None,
    INTERVALS.reading(
        "--groups SOURCE",
        "Images that are drawn together, such as the frames of a video: a field of the images in "
        "GT, or a .csv of image and label.",
    ),
]
Replicates = Annotated[
    Path | None,
    OUTPUT.option(
        "--replicates FILE", "Also write the numbers of every draw of images: .csv or .npz."
    ),
]


def check_replicates(path: Path | None, *, overwrite: bool) -> None:
    """Refuse a file of replicates that cannot be written, before any work; as `check_target`."""
    check_target(path, REPLICATE_FILES, overwrite=overwrite, option="--replicates")


def write_replicates(
    path: Path,
    paths: Sequence[Sequence[Any]],
    replicates: Mapping[str, NDArray[np.float64]],
    *,
    quiet: bool,
) -> None:
    """Write the numbers of every draw.

    Args:
        path: of the file; .csv has a row for each model and draw, .npz an array for each model and
            the key paths of its columns as `paths`.
        paths: key paths of the M numbers.
        replicates: numbers by name of the model, float64, shape (B, M); "" for a single one.
        quiet: do not say what was written.
    """
    names = [".".join(map(str, each)) for each in paths]
    if path.suffix.lower() == ".npz":
        _write_arrays(path, names, replicates)
    else:
        write_rows(path, _rows(names, replicates))
    if not quiet:
        say(f"wrote {path}")


def _write_arrays(
    path: Path, names: Sequence[str], replicates: Mapping[str, NDArray[np.float64]]
) -> None:
    """Write an .npz file; its arrays may have names that numpy's own function keeps for itself."""
    import zipfile

    import numpy as np

    from segeval.data.whole_files import whole_file

    arrays: dict[str, NDArray[Any]] = {PATHS: np.array(names)}
    for model, own in replicates.items():
        name = visible.shown(model) or "numbers"
        arrays[f"{name} (model)" if name == PATHS else name] = own
    with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, array in arrays.items():
            with packed.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)


def _rows(
    names: Sequence[str], replicates: Mapping[str, NDArray[np.float64]]
) -> Iterator[Sequence[Any]]:
    """The rows of a CSV file, its header first; undefined is an empty cell."""
    has_models = list(replicates) != [""]
    yield [*(["model"] if has_models else []), "replicate", *names]
    for model, own in replicates.items():
        first = [model] if has_models else []
        for place, row in enumerate(own.tolist()):
            yield [*first, place, *("" if value != value else value for value in row)]
