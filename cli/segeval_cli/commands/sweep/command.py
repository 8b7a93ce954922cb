"""`segeval sweep`: one number for several values of a setting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segeval_cli.ap_options import CocoProtocolChoice
from segeval_cli.commands import COMMANDS
from segeval_cli.commands.sweep import options as own
from segeval_cli.groups import group
from segeval_cli.measured import CocoPreds
from segeval_cli.memory import give_back_blocks
from segeval_cli.options import (
    BoundaryPx,
    BoundaryRatio,
    GroundTruthPath,
    Iou,
    Json,
    Overwrite,
    Quiet,
    SkipUnknown,
    Workers,
)
from segeval_cli.output import FIGURES, SUFFIXES
from segeval_cli.progress import working
from segeval_cli.results import Output
from segeval_cli.values import parse_choices, parse_whole_numbers, refused

if TYPE_CHECKING:
    from segeval.analysis import SweepResult

app = group("sweep", COMMANDS["sweep"])


@app.command("max-dets")
def max_dets(
    preds: CocoPreds,
    gt: GroundTruthPath,
    *,
    at: own.At = "100,300,500,800,1000",
    iou: own.IouKind = None,
    protocol: CocoProtocolChoice = None,
    boundary_ratio: BoundaryRatio = None,
    boundary_px: BoundaryPx = None,
    skip_unknown: SkipUnknown = False,
    json: Json = False,
    output: own.Output = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """AP with only the best N predictions of each image, for several N.

    The protocol's own cap applies afterwards.

    Example: segeval sweep max-dets preds.json gt.json --protocol lvis-2021 --at 300,500,1000
    """
    out = Output(
        inputs={"preds": preds, "gt": gt},
        number="AP",
        json=json,
        path=output,
        overwrite=overwrite,
        suffixes=(*SUFFIXES, *FIGURES),
        quiet=quiet,
        every_row=True,
    )
    caps = parse_whole_numbers(at, "--at", "increasing whole numbers, such as 100,300,1000")
    kinds = parse_choices(iou or (), "--iou", list(Iou), "kind of IoU")
    if len(kinds) > 1:
        raise refused("--iou", ",".join(kinds), "a sweep has one kind of IoU. Run one for each.")
    give_back_blocks()
    from segeval.analysis import sweep_max_dets

    with working(f"evaluating {preds}", quiet=quiet):
        result = sweep_max_dets(
            preds,
            gt,
            at=caps,
            iou=kinds[0] if kinds else None,
            protocol=protocol,
            boundary_ratio=boundary_ratio,
            boundary_px=boundary_px,
            skip_unknown=skip_unknown,
            workers=workers,
        )
    out.show(result, draw=lambda path: _draw(result, path))


def _draw(result: SweepResult, path: Path) -> None:
    """AP against the cap, as a figure."""
    from segeval.plots import plot_sweep, save

    figure = plot_sweep(result).get_figure(root=True)
    if figure is not None:
        save(figure, path)
