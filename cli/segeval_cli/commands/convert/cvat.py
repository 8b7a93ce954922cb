"""`segeval convert cvat-to-coco`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval_cli.commands.convert import options as own
from segeval_cli.commands.convert.written import write_ground_truth
from segeval_cli.options import Overwrite, Quiet, argument, output_option
from segeval_cli.output import check_target
from segeval_cli.progress import working


def cvat_to_coco(
    annotations: Annotated[str, argument("XML", "annotations.xml of CVAT for images 1.1.")],
    *,
    output: Annotated[Path, output_option("Ground truth to write: .json.")],
    skip_unknown: own.SkipUnknown = False,
    boxes_as_masks: own.BoxesAsMasks = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write COCO ground truth from CVAT's XML for images: polygons, masks, boxes.

    Example: segeval convert cvat-to-coco annotations.xml -o gt.json
    """
    check_target(output, (".json",), overwrite=overwrite)
    from segeval.data.cvat.to_coco import cvat_to_coco as convert

    with working(f"converting {annotations}", quiet=quiet):
        found = convert(annotations, skip_unknown=skip_unknown, boxes_as_masks=boxes_as_masks)
    write_ground_truth(found, output, quiet=quiet)
