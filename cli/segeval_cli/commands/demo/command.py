"""`segeval demo`: a first result without your own data."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from segeval.errors import InputError
from segeval.words import percent
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.options import Overwrite, Quiet
from segeval_cli.progress import working
from segeval_cli.results import result_text
from segeval_cli.streams import emit
from segeval_cli.tables import terminal_width

SIZES = "3dfuture"

NEXT = (
    f"ap model_b.json gt.json --sizes {SIZES} --per category",
    "check model_a.json gt.json",
    f"plot size-hist gt.json --sizes {SIZES}",
    f"plot size-hist gt.json model_a.json --sizes {SIZES} -o sizes.png",
)
"""Commands to try next in the demo's folder."""


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where to write the three files.")
    ] = Path("segeval-demo"),
    *,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a small data set with predictions of two models, and evaluate it.

    The data are 40 drawn rooms: furniture of many sizes, some with thin
    legs or holes. FOLDER gets gt.json, model_a.json and the weaker
    model_b.json.
    """
    with working("drawing furniture and evaluating two models", quiet=quiet):
        from segeval import average_precision
        from segeval.data.synthetic import furniture

        _write(folder, furniture().to_json(), overwrite=overwrite)
        best, other = (
            average_precision(folder / model, folder / "gt.json", sizes=SIZES)
            for model in ("model_a.json", "model_b.json")
        )
    width = terminal_width()
    emit(result_text(best, width, every_row=False, notes=not quiet, view=ap_view(best)))
    emit(f"\nThe weaker model_b.json: AP {percent(other.ap)}, AP50 {percent(other.ap50)}")
    emit(f"\nThe files are in {folder}. Try next:\n\n  cd {shlex.quote(str(folder))}")
    emit("\n".join(f"  {_program()} {command}" for command in NEXT))


def _program() -> str:
    """The program as the next commands must call it: by its path where no folder of PATH has it."""
    path = Path(sys.argv[0])
    if shutil.which("segeval") or path.name != "segeval" or not path.is_file():
        return "segeval"
    return shlex.quote(str(path.absolute()))


def _write(folder: Path, files: dict[str, bytes], *, overwrite: bool) -> None:
    """Write the files, each whole or not at all, and replace no foreign one without being told."""
    from segeval.data.whole_files import whole_file

    foreign = [name for name, data in files.items() if _differs(folder / name, data)]
    if foreign and not overwrite:
        raise InputError(
            f"{folder / foreign[0]}: exists already and is not from this demo. "
            "Name another folder, or replace it with --overwrite.",
            code="exists",
            path=str(folder / foreign[0]),
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        with whole_file(folder / name) as file:
            file.write(data)


def _differs(path: Path, data: bytes) -> bool:
    """Whether a path holds anything other than these bytes."""
    return path.exists() and not (path.is_file() and path.read_bytes() == data)
