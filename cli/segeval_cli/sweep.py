"""`segeval sweep`: the same number for several values of a setting."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segeval.errors import InputError
from segeval_cli.memory import give_back_large_blocks
from segeval_cli.options import WHAT, Iou, Json, Quiet, Workers, check_inputs, output_option
from segeval_cli.output import SUFFIXES, check_target
from segeval_cli.progress import say, working
from segeval_cli.results import finish

if TYPE_CHECKING:
    from segeval.analysis import SweepResult


class Rules(StrEnum):
    """Protocols that a sweep knows."""

    COCO = "coco"
    LVIS = "lvis"
    LVIS_FIXED = "lvis-fixed"
    LVIS_2021 = "lvis-2021"
    AP_STAR = "ap-star"


FIGURES = (".png", ".pdf", ".svg")

sweep_app = typer.Typer(
    no_args_is_help=True, help="The same number for several values of a setting."
)


@sweep_app.callback()
def sweep() -> None:
    """The same number for several values of a setting."""


@sweep_app.command("max-dets")
def max_dets(
    preds: Annotated[
        str,
        typer.Argument(
            metavar="PREDS",
            help='Predictions: .json, .json.gz, .jsonl, or "-" for standard input.',
            show_default=False,
        ),
    ],
    gt: Annotated[
        str,
        typer.Argument(
            metavar="GT", help="Ground truth, COCO or LVIS: .json, .json.gz.", show_default=False
        ),
    ],
    *,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="N,N,...",
            help="Caps: the best so many predictions of each image are kept.",
            rich_help_panel=WHAT,
        ),
    ] = "100,300,500,800,1000",
    iou: Annotated[
        Iou | None,
        typer.Option(
            "--iou",
            help="Masks, their boundaries, or boxes. Default: segm (lvis-2021: boundary).",
            rich_help_panel=WHAT,
            show_default=False,
        ),
    ] = None,
    protocol: Annotated[
        Rules | None,
        typer.Option(
            "--protocol",
            help="Whose rules. Default: lvis if the ground truth has its keys, else coco.",
            rich_help_panel=WHAT,
            show_default=False,
        ),
    ] = None,
    boundary_ratio: Annotated[
        float | None,
        typer.Option(
            "--boundary-ratio",
            metavar="R",
            help="Width of the boundary as a part of the image's diagonal. Default: 0.02.",
            rich_help_panel=WHAT,
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    output: Annotated[
        Path | None,
        output_option("Write to a file as well: .json, .csv, .md; .png, .pdf, .svg for a figure."),
    ] = None,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """AP if every image kept only its best N predictions, for several N.

    The protocol's own cap comes after that.

    Example: segeval sweep max-dets preds.json gt.json --protocol lvis-2021 --at 300,500,1000
    """
    check_inputs(preds, gt)
    check_target(output, (*SUFFIXES, *FIGURES), inputs=(preds, gt))
    caps = parse_caps(at)
    give_back_large_blocks()
    from segeval.analysis import sweep_max_dets

    with working(f"evaluating {preds}", quiet=quiet):
        result = sweep_max_dets(
            preds,
            gt,
            at=caps,
            iou=iou and iou.value,
            protocol=protocol and protocol.value,
            boundary_ratio=boundary_ratio,
            workers=workers,
        )
    figure = output if output is not None and output.suffix.lower() in FIGURES else None
    finish(
        result,
        {"preds": preds, "gt": gt},
        json=json,
        output=None if figure is not None else output,
        quiet=quiet,
        every_row=True,
    )
    if figure is not None:
        _draw(result, figure)
        if not quiet:
            say(f"wrote {figure}")


def parse_caps(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between.

    Raises:
        InputError: if a part is none.

    Example:
        >>> parse_caps("100, 300")
        (100, 300)
    """
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        if not part.isdecimal():
            raise InputError(
                f"--at {text}: {part!r} is not a number of predictions, expected whole numbers "
                "that increase, such as 100,300,1000.",
                code="at",
            )
    return tuple(int(part) for part in parts)


def _draw(result: SweepResult, path: Path) -> None:
    """AP against the cap, as a figure."""
    from segeval.plots import plot_sweep, save

    figure = plot_sweep(result).get_figure(root=True)
    if figure is not None:
        save(figure, path)
