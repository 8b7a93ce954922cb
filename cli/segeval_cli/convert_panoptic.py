"""`segeval convert panoptic-to-coco`: instances from panoptic pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segeval_cli.options import WHICH, Quiet, Workers, output_option
from segeval_cli.output import check_target
from segeval_cli.progress import say, working
from segeval_cli.tables import amount

FILES = "Files"


def panoptic_to_coco(
    gt: Annotated[
        str,
        typer.Argument(
            metavar="GT", help="Ground truth, a panoptic JSON file.", show_default=False
        ),
    ],
    *,
    output: Annotated[Path, output_option("The file of instances to write: .json.")],
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
    stuff: Annotated[
        bool,
        typer.Option(
            "--stuff", help="Write segments of stuff as well as things.", rich_help_panel=WHICH
        ),
    ] = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Write instances with run-length masks from COCO panoptic ground truth.

    Example: segeval convert panoptic-to-coco panoptic_val2017.json -o instances.json
    """
    check_target(output, (".json",), inputs=(gt,))
    from segeval.data import save_ground_truth
    from segeval.data.panoptic import load_panoptic
    from segeval.data.panoptic_instances import panoptic_to_instances

    with working(f"converting {gt}", quiet=quiet) as advance:
        panoptic = load_panoptic(gt, gt_dir)
        found = panoptic_to_instances(panoptic, stuff=stuff, workers=workers, on_progress=advance)
    save_ground_truth(found, output)
    if not quiet:
        for note in found.notes:
            say(f"note: {note.message}")
        written = f"{amount(len(found), 'annotation')} of {amount(len(panoptic), 'image')}"
        say(f"wrote {output}: {written}")
