"""`segeval demo`: a first result without your own data."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from segeval.errors import InputError
from segeval.words import percent
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.options import OUTPUT, Overwrite, Quiet
from segeval_cli.progress import working
from segeval_cli.results import result_text
from segeval_cli.streams import emit
from segeval_cli.tables import terminal_width
from segeval_cli.visible import shown

SIZES = "3dfuture"

NEXT = (
    f"ap model_b.json gt.json --sizes {SIZES} --per category",
    "compare model_a.json model_b.json gt.json",
    "ensemble model_a.json model_b.json --fit gt.json -o merged.json",
    "errors model_b.json gt.json",
    "check model_a.json gt.json",
    f"plot size-hist gt.json model_a.json --sizes {SIZES} -o sizes.png",
)
"""Commands to try next in the demo's folder."""


PICTURES = 24, 8
"""Pictures to learn from, and to measure on."""

TRAIN = (
    "train --config pointrend-r50 --images train/ --annotations train.json --val-images val/ "
    "--val-annotations val.json --updates 300 --batch 2 --set 'input.train_sizes=[160]' "
    "--set input.test_size=160 -o run"
)

NEXT_WITH_PICTURES = (
    TRAIN,
    "predict val.json --images val/ --weights run/best.safetensors -o preds.json",
    "ap preds.json val.json --iou segm --iou boundary",
)
"""Commands to try next in the folder of pictures."""


def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="Where to write the files. Default: segeval-demo, with --images segeval-pictures.",
        ),
    ] = None,
    *,
    images: Annotated[
        bool,
        OUTPUT.option(
            "--images",
            "Write pictures to train on instead, with objects (COCO) and label maps.",
        ),
    ] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a small data set with predictions of two models, and evaluate it.

    The data are 40 drawn rooms: furniture of many sizes, some with thin
    legs or holes. FOLDER gets gt.json, model_a.json and the weaker
    model_b.json. With --images it gets small pictures of furniture to train
    on: train/ and val/, their objects in train.json and val.json, their label
    maps in train-maps/ and val-maps/, and classes.txt.
    """
    if images:
        _write_pictures(folder or Path("segeval-pictures"), overwrite=overwrite, quiet=quiet)
        return
    folder = folder or Path("segeval-demo")
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
    _say_next(folder, NEXT)


def _write_pictures(folder: Path, *, overwrite: bool, quiet: bool) -> None:
    """Write pictures to train on, and say what to do with them."""
    with working("drawing pictures", quiet=quiet):
        from segeval.data.synthetic import classes_text, draw_pictures

        files = {"classes.txt": classes_text().encode()}
        for seed, (part, number) in enumerate(zip(("train", "val"), PICTURES, strict=True)):
            files |= draw_pictures(seed, images=number).to_files(part)
        _write(folder, files, overwrite=overwrite)
    learnt, measured = PICTURES
    emit(f"{learnt} pictures to train on, {measured} to measure on, with objects and label maps")
    _say_next(folder, NEXT_WITH_PICTURES)


def _say_next(folder: Path, commands: Sequence[str]) -> None:
    """Print commands to try next in a folder."""
    emit(f"\nThe files are in {shown(str(folder))}. Try next:\n\n  cd {shlex.quote(str(folder))}")
    emit("\n".join(f"  {_program()} {command}" for command in commands))


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
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with whole_file(folder / name) as file:
            file.write(data)


def _differs(path: Path, data: bytes) -> bool:
    """Whether a path holds anything other than these bytes."""
    return path.exists() and not (path.is_file() and path.read_bytes() == data)
