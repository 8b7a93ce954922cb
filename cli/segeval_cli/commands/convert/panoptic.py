"""`segeval convert panoptic-to-coco`: instances from panoptic pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval.words import counted
from segeval_cli.options import WHICH, GtDir, Overwrite, Quiet, Workers, argument, output_option
from segeval_cli.output import check_target
from segeval_cli.progress import say_notes, working
from segeval_cli.streams import say


def panoptic_to_coco(
    gt: Annotated[str, argument("GT", "Ground truth: a panoptic JSON file.")],
    *,
    output: Annotated[Path, output_option("Instances to write: .json.")],
    gt_dir: GtDir = None,
    stuff: Annotated[
        bool, WHICH.option("--stuff", "Write segments of stuff as well as of things.")
    ] = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    workers: Workers = None,
) -> None:
    """Write instances with run-length masks from COCO panoptic ground truth.

    Example: segeval convert panoptic-to-coco panoptic_val2017.json -o instances.json
    """
    check_target(output, (".json",), overwrite=overwrite)
    from segeval.data import save_ground_truth
    from segeval.data.panoptic.instances import panoptic_to_instances
    from segeval.data.panoptic.read import load_panoptic

    with working(f"converting {gt}", quiet=quiet) as advance:
        panoptic = load_panoptic(gt, gt_dir, option="gt_dir")
        found = panoptic_to_instances(panoptic, stuff=stuff, workers=workers, on_progress=advance)
    save_ground_truth(found, output)
    if not quiet:
        say_notes(found.notes)
        written = f"{counted(len(found), 'annotation')} of {counted(len(panoptic), 'image')}"
        say(f"wrote {output}: {written}")
