"""`segeval pq`: panoptic quality."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from segeval_cli import failures
from segeval_cli.options import (
    OUTPUT,
    WHAT,
    Json,
    Output,
    Quiet,
    Workers,
    check_fraction,
    check_inputs,
)
from segeval_cli.output import check_target
from segeval_cli.progress import working
from segeval_cli.results import finish, reaches

FILES = "Files"


class Kind(StrEnum):
    """What two segments are compared by."""

    SEGM = "segm"
    BOUNDARY = "boundary"


class PanopticCompat(StrEnum):
    """Whose mistakes are reproduced."""

    OFFICIAL = "official"


def pq(
    preds: Annotated[
        str,
        typer.Argument(
            metavar="PREDS", help="Predictions, a panoptic JSON file.", show_default=False
        ),
    ],
    gt: Annotated[
        str,
        typer.Argument(
            metavar="GT",
            help="Ground truth, a panoptic JSON file with categories.",
            show_default=False,
        ),
    ],
    *,
    iou: Annotated[
        list[Kind],
        typer.Option(
            "--iou",
            help="Masks, or the worse of masks and boundaries (boundary PQ); repeat it for both.",
            rich_help_panel=WHAT,
        ),
    ] = [Kind.SEGM],  # noqa: B006
    boundary_ratio: Annotated[
        float,
        typer.Option(
            "--boundary-ratio",
            metavar="R",
            help="Width of the boundary as a part of the image's diagonal; Cityscapes: 0.005.",
            rich_help_panel=WHAT,
        ),
    ] = 0.02,
    compat: Annotated[
        PanopticCompat | None,
        typer.Option(
            "--compat",
            help="Reproduce panopticapi and its fork for boundaries, known bugs included.",
            rich_help_panel=WHAT,
            show_default=False,
        ),
    ] = None,
    preds_dir: Annotated[
        Path | None,
        typer.Option(
            "--preds-dir",
            metavar="DIR",
            help="Pictures of the predictions. Default: PREDS without .json.",
            rich_help_panel=FILES,
            show_default=False,
        ),
    ] = None,
    gt_dir: Annotated[
        Path | None,
        typer.Option(
            "--gt-dir",
            metavar="DIR",
            help="Pictures of the ground truth. Default: GT without .json.",
            rich_help_panel=FILES,
            show_default=False,
        ),
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Every category.", rich_help_panel=OUTPUT)
    ] = False,
    fail_under: Annotated[
        float | None,
        typer.Option(
            "--fail-under",
            metavar="PQ",
            help="Exit with 1 if PQ is lower; a fraction, such as 0.4.",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = None,
    json: Json = False,
    output: Output = None,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Panoptic quality: PQ, SQ and RQ of all, things and stuff, and per category.

    Numbers are percent in tables, fractions in files; "-" is undefined (no segment).

    Example: segeval pq panoptic_preds.json panoptic_gt.json --iou segm --iou boundary
    """
    check_inputs(preds, gt)
    check_target(output, inputs=(preds, gt))
    check_fraction(fail_under, "--fail-under")
    import segeval

    with working(f"evaluating {preds}", quiet=quiet) as advance:
        result = segeval.panoptic_quality(
            preds,
            gt,
            preds_dir=preds_dir,
            gt_dir=gt_dir,
            iou=[kind.value for kind in iou],
            boundary_ratio=boundary_ratio,
            compat=compat and compat.value,
            workers=workers,
            on_progress=advance,
        )
    finish(
        result,
        {"preds": preds, "gt": gt},
        json=json,
        output=output,
        quiet=quiet,
        every_row=show_all,
    )
    if not reaches(result.primary, fail_under, "PQ"):
        raise typer.Exit(failures.ANSWER_IS_NO)
